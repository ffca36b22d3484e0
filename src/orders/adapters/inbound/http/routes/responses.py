"""Makes responses from results of use cases: JSON bodies, and responses that can be replayed byte for byte."""

from collections.abc import Mapping
from typing import Any

from litestar import Response

from orders.adapters.inbound.http.representations.order_states import accepted_view, erasing_view, status_view
from orders.adapters.inbound.http.representations.orders import etag, order_view
from orders.adapters.inbound.http.representations.values import BASE
from orders.adapters.wire import json_body
from orders.adapters.wire.keyed_answers import KeyedAnswer
from orders.application.policy.caller import Caller
from orders.domain.order import Order

JSON = "application/json"


def json_response(content: Any, status_code: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """Makes a JSON response."""
    return Response(json_body.encode(content), status_code=status_code, media_type=JSON, headers=headers or {})


def order_answer(order: Order, caller: Caller, status: int = 200, **headers: str) -> KeyedAnswer:
    """Responds with the order as this caller sees it, and its ETag."""
    return _answer(order, caller, order_view(order, caller), status, headers)


def status_answer(order: Order, caller: Caller) -> KeyedAnswer:
    """Responds with the order's status as this caller sees it, and its ETag."""
    return _answer(order, caller, status_view(order, caller), 200, {})


def accepted_answer(order: Order) -> KeyedAnswer:
    """Responds that the order is accepted under its final id, and placed soon (RFC 7240, section 4.1)."""
    here = f"{BASE}/{order.order_id}"
    return KeyedAnswer(
        202, (("Location", here), ("Preference-Applied", "respond-async")), json_body.encode(accepted_view(order))
    )


def erasing_answer(order: Order, caller: Caller) -> KeyedAnswer:
    """Responds that the order is erased and other copies will be, with the order's ETag."""
    return _answer(order, caller, erasing_view(order), 202, {})


def no_content(order: Order) -> KeyedAnswer:  # noqa: ARG001 - the same whatever the order has become
    """Responds 204, without a body."""
    return KeyedAnswer(204)


def to_response(answer: KeyedAnswer, **headers: str) -> Response[bytes]:
    """Converts a stored response to one of the framework, with more headers."""
    media_type = JSON if answer.body else None
    return Response(
        answer.body, status_code=answer.status, media_type=media_type, headers={**dict(answer.headers), **headers}
    )


def _answer(
    order: Order, caller: Caller, view: Mapping[str, object], status: int, headers: dict[str, str]
) -> KeyedAnswer:
    named = {"ETag": etag(order, caller.roles), **headers}
    return KeyedAnswer(status, tuple(named.items()), json_body.encode(view))
