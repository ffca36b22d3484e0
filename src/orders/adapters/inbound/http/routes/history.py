"""The routes that tell what happened to an order: its history, and its events."""

from functools import partial

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from orders.adapters.inbound.http.routes.pages import page_response
from orders.adapters.inbound.http.routes.parameters import (
    page_parameters,
)
from orders.adapters.inbound.http.routes.read_order import opened
from orders.adapters.inbound.http.routes.representations import history_entry
from orders.adapters.inbound.http.routes.request_bodies import Call
from orders.adapters.inbound.http.security.cursor import CursorCodec, InvalidCursor
from orders.adapters.wire.off_loop import LINE_BYTES, off_loop
from orders.application.orders.open_order import OpenOrder
from orders.application.orders.read_history import ReadHistory
from orders.application.policy.caller import Caller
from orders.contracts.cloud_event import to_cloud_event


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
    return page_response(request, [partial(history_entry, entry) for entry in page.entries], following, page.unreadable)


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
    return await off_loop(size, lambda: page_response(request, shown, following, len(page.unreadable)))


def _sequence(position: str) -> int:
    if not position.isdigit():
        raise InvalidCursor
    return int(position)
