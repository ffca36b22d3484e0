"""Responds about an order that is accepted and not placed yet ([API-7]): never with 404."""

from typing import Any

from litestar import Request, Response

from orders.adapters.inbound.http.problems import ILLEGAL_TRANSITION, problem
from orders.adapters.inbound.http.representations.order_states import (
    AcceptedOrder,
    OrderStatus,
    Tracking,
    acceptance_view,
)
from orders.adapters.inbound.http.representations.values import given
from orders.adapters.inbound.http.routes.documents import rendering_view
from orders.adapters.inbound.http.routes.history import HistoryPage
from orders.adapters.inbound.http.routes.responses import JSON, json_response
from orders.adapters.wire import json_body
from orders.application.policy.errors import NotPlacedYet
from orders.ports.acceptances import Acceptance, AcceptanceState

RETRY_AFTER_SECONDS = 1


def not_placed_yet(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Makes the response of any route about one order."""
    assert isinstance(error, NotPlacedYet)
    acceptance = error.acceptance
    waiting = acceptance.state is not AcceptanceState.REJECTED
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if waiting else {}
    if request.method not in {"GET", "HEAD"}:
        return problem(request, ILLEGAL_TRANSITION, str(error), headers=headers, allowed_actions=[])
    part = request.url.path.rstrip("/").rpartition("/")[2]
    if part == "document":
        content = json_body.encode(rendering_view(acceptance.order_id))
        return Response(content, status_code=202, media_type=JSON, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    return json_response(_view(acceptance, part), headers=headers)


def _view(acceptance: Acceptance, part: str) -> AcceptedOrder | OrderStatus | Tracking | HistoryPage:
    if part in {"history", "events"}:
        return {"items": [], "next_cursor": None}
    whole = acceptance_view(acceptance)
    if part == "status":
        status: OrderStatus = {
            "order_id": whole["order_id"],
            "order_number": whole["order_number"],
            "status": whole["status"],
            "allowed_actions": [],
            "reason": whole.get("reason"),
            "updated_at": whole["created_at"],
        }
        return given(status)
    if part == "track":
        return {
            "order_id": whole["order_id"],
            "order_number": whole["order_number"],
            "status": whole["status"],
            "parcels": [],
            "open_items": [],
            "updated_at": whole["created_at"],
        }
    return whole
