"""What is answered about an order that is accepted and not placed yet ([API-7]): never that there is none."""

from typing import Any

from litestar import Request, Response

from orders.adapters.inbound.http.problems import ILLEGAL_TRANSITION, problem
from orders.adapters.inbound.http.routes.representations import acceptance_view
from orders.adapters.inbound.http.routes.responses import JSON, json_response
from orders.adapters.wire import json_body
from orders.application.policy.errors import NotPlacedYet
from orders.ports.acceptances import Acceptance, AcceptanceState

RETRY_AFTER_SECONDS = 1


def not_placed_yet(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The answer of any route about one order."""
    assert isinstance(error, NotPlacedYet)
    acceptance = error.acceptance
    waiting = acceptance.state is not AcceptanceState.REJECTED
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if waiting else {}
    if request.method not in {"GET", "HEAD"}:
        return problem(request, ILLEGAL_TRANSITION, str(error), headers=headers, allowed_actions=[])
    part = request.url.path.rstrip("/").rpartition("/")[2]
    if part == "document":
        content = json_body.encode({"order_id": acceptance.order_id, "document": "rendering"})
        return Response(content, status_code=202, media_type=JSON, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    return json_response(_view(acceptance, part), headers=headers)


def _view(acceptance: Acceptance, part: str) -> dict[str, Any]:
    whole = acceptance_view(acceptance)
    if part in {"history", "events"}:
        return {"items": [], "next_cursor": None}
    if part in {"status", "track"}:
        of_order = {name: whole[name] for name in ("order_id", "order_number", "status")}
        if part == "track":
            return of_order | {"parcels": [], "open_items": [], "updated_at": whole["created_at"]}
        reason = {"reason": whole["reason"]} if "reason" in whole else {}
        return of_order | {"allowed_actions": [], **reason, "updated_at": whole["created_at"]}
    return whole
