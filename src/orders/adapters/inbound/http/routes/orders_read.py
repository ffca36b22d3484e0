"""The routes under ``/v1.0/orders`` that read."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from orders.adapters.inbound.http.middleware.compression import varying
from orders.adapters.inbound.http.routes.parameters import (
    asks_for_deleted,
    check_read_parameters,
    list_parameters,
    page_parameters,
)
from orders.adapters.inbound.http.routes.preconditions import unchanged
from orders.adapters.inbound.http.routes.representations import etag, history_entry, order_summary, track_view
from orders.adapters.inbound.http.routes.responses import json_response, order_answer, status_answer, to_response
from orders.adapters.inbound.http.security.cursor import CursorCodec, InvalidCursor
from orders.adapters.wire.off_loop import LINE_BYTES, off_loop
from orders.application.orders.list_orders import ListOrders
from orders.application.orders.open_order import OpenOrder
from orders.application.orders.read_history import ReadHistory
from orders.application.policy.caller import Caller, Operation, permit
from orders.contracts.cloud_event import to_cloud_event
from orders.domain.order import Order
from orders.ports.order_repository import OrderQuery

Call = Request[Any, Any, Any]


@get("/")
async def list_orders(
    request: Call,
    caller: NamedDependency[Caller],
    list_orders: NamedDependency[ListOrders],
    cursors: NamedDependency[CursorCodec],
) -> Response[bytes]:
    """List the tenant's orders, or a customer's own."""
    permit(Operation.LIST, caller.roles)
    if asks_for_deleted(request.query_params):
        permit(Operation.READ_DELETED, caller.roles)
    asked = list_parameters(request.query_params)
    own = "" if caller.acts_for_shop else str(caller.customer_id)
    bound_to = f"orders|{caller.tenant_id}|{own}|{asked.binding()}"
    query = OrderQuery(
        tenant_id=caller.tenant_id,
        customer_id=asked.customer_id,
        statuses=asked.statuses,
        order_number=asked.order_number,
        created_from=asked.created_from,
        created_to=asked.created_to,
        include_deleted=asked.include_deleted,
        ascending=asked.ascending,
        limit=asked.limit,
        after=None if asked.cursor is None else await cursors.open(asked.cursor, bound_to),
    )
    page = await list_orders.execute(caller, query)
    following = None if page.next_position is None else await cursors.seal(page.next_position, bound_to)
    size = LINE_BYTES * sum(len(order.lines) for order in page.orders)
    shown = [partial(order_summary, order, caller) for order in page.orders]
    return await off_loop(size, lambda: _page(request, shown, following, page.unreadable))


async def opened(request: Call, order_id: str, caller: Caller, open_order: OpenOrder) -> Order:
    """The order to be read, deleted ones where asked for; what else is asked is looked at after that ([API-3]).

    Raises: as ``OpenOrder.execute``.
    """
    return await open_order.execute(caller, order_id, include_deleted=asks_for_deleted(request.query_params))


@get("/{order_id:str}")
async def read(
    request: Call,
    order_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
) -> Response[bytes]:
    """Get an order."""
    order = await opened(request, order_id, caller, open_order)
    check_read_parameters(request.query_params)
    answer = order_answer(order, caller)
    if unchanged(request, etag(order, caller.roles)):
        # With the fields that the whole answer would have (RFC 9110, section 15.4.5).
        return Response(b"", status_code=304, headers={**dict(answer.headers), **varying(answer.body)})
    return to_response(answer)


@get("/{order_id:str}/status")
async def read_status(
    request: Call, order_id: FromPath[str], caller: NamedDependency[Caller], open_order: NamedDependency[OpenOrder]
) -> Response[bytes]:
    """Get an order's status."""
    order = await opened(request, order_id, caller, open_order)
    check_read_parameters(request.query_params)
    return to_response(status_answer(order, caller))


@get("/{order_id:str}/track")
async def track(
    request: Call, order_id: FromPath[str], caller: NamedDependency[Caller], open_order: NamedDependency[OpenOrder]
) -> Response[bytes]:
    """Where an order's goods are."""
    order = await opened(request, order_id, caller, open_order)
    check_read_parameters(request.query_params)
    return json_response(track_view(order))


@get("/{order_id:str}/history")
async def history(
    request: Call,
    order_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
    read_history: NamedDependency[ReadHistory],
    cursors: NamedDependency[CursorCodec],
) -> Response[bytes]:
    """What happened to an order, by whom, and which mails were sent."""
    order = await opened(request, order_id, caller, open_order)
    limit, cursor = page_parameters(request.query_params)
    bound_to = f"history|{order.tenant_id}|{order.order_id}"
    after = 0 if cursor is None else _sequence(await cursors.open(cursor, bound_to))
    page = await read_history.execute(caller, order, after=after, limit=limit)
    following = None if page.next_sequence is None else await cursors.seal(str(page.next_sequence), bound_to)
    return _page(request, [partial(history_entry, entry) for entry in page.entries], following, page.unreadable)


@get("/{order_id:str}/events")
async def events(
    request: Call,
    order_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
    read_history: NamedDependency[ReadHistory],
    cursors: NamedDependency[CursorCodec],
) -> Response[bytes]:
    """An order's events as other systems get them: CloudEvents, by sequence."""
    order = await opened(request, order_id, caller, open_order)
    limit, cursor = page_parameters(request.query_params)
    bound_to = f"events|{order.tenant_id}|{order.order_id}"
    after = 0 if cursor is None else _sequence(await cursors.open(cursor, bound_to))
    page = await read_history.events(order, after=after, limit=limit)
    following = None if page.next_sequence is None else await cursors.seal(str(page.next_sequence), bound_to)
    # Events that tell of lines tell of no more than the order has.
    size, shown = (
        LINE_BYTES * len(order.lines) * len(page.events),
        [partial(to_cloud_event, each) for each in page.events],
    )
    return await off_loop(size, lambda: _page(request, shown, following, len(page.unreadable)))


def _page(
    request: Call, items: Iterable[Callable[[], dict[str, Any]]], cursor: str | None, unreadable: int
) -> Response[bytes]:
    headers = {}
    if cursor is not None:
        query = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        headers["Link"] = f'<{request.url.path}?{urlencode([*query, ("cursor", cursor)])}>; rel="next"'
    left_out = {"unreadable": unreadable} if unreadable else {}
    return json_response({"items": [shown() for shown in items], "next_cursor": cursor, **left_out}, headers=headers)


def _sequence(position: str) -> int:
    if not position.isdigit():
        raise InvalidCursor
    return int(position)


ROUTES = (list_orders, read, read_status, track, history, events)
