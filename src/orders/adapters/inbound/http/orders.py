"""The routes under ``/v1.0/orders``."""

from typing import Any, TypeVar
from urllib.parse import urlencode

from litestar import Request, Response, Router, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from pydantic import BaseModel

from orders.adapters.inbound.http import json_body
from orders.adapters.inbound.http.cursor import CursorCodec, InvalidCursor
from orders.adapters.inbound.http.documents import document
from orders.adapters.inbound.http.parameters import list_parameters, page_parameters, read_parameters
from orders.adapters.inbound.http.parsing import InvalidBody, parse_body, parse_object, validate
from orders.adapters.inbound.http.preconditions import expected_version, unchanged
from orders.adapters.inbound.http.requests import (
    CancelBody,
    CreateOrderBody,
    DeliverBody,
    FulfilBody,
    StatusBody,
    faults_of_amounts,
)
from orders.adapters.inbound.http.responses import (
    BASE,
    etag,
    history_entry,
    order_summary,
    order_view,
    status_view,
    track_view,
)
from orders.adapters.inbound.http.revisions import merged, read_revision
from orders.application.caller import Caller, Operation, permit
from orders.application.change_status import ChangeStatus
from orders.application.cloud_event import to_cloud_event
from orders.application.fulfil_order import DeliverParcel, FulfilOrder
from orders.application.list_orders import ListOrders
from orders.application.open_order import OpenOrder
from orders.application.place_order import PlaceOrder
from orders.application.read_history import ReadHistory
from orders.application.update_order import DeleteOrder, UpdateOrder
from orders.domain.errors import Fault
from orders.domain.lifecycle import Action
from orders.domain.order import Order
from orders.domain.revising import Revision
from orders.ports.order_repository import OrderQuery

Call = Request[Any, Any, Any]
Body = TypeVar("Body", bound=BaseModel)

_ACTION_FOR = {
    "processing": Action.PROCESS,
    "rejected": Action.REJECT,
    "cancelled": Action.CANCEL,
    "completed": Action.COMPLETE,
}
_BY_FULFILMENT = {"partially_fulfilled", "fulfilled"}


def _json(content: Any, status_code: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(
        json_body.encode(content), status_code=status_code, media_type="application/json", headers=headers or {}
    )


def _order(order: Order, caller: Caller, *, status_code: int = 200, **headers: str) -> Response[bytes]:
    return _json(order_view(order, caller), status_code, {"ETag": etag(order, caller.roles), **headers})


async def _body(request: Call, model: type[Body]) -> Body:
    return parse_body(model, await request.body(), request.headers.get("content-type", ""))


async def _object(request: Call) -> dict[str, Any]:
    return parse_object(await request.body(), request.headers.get("content-type", ""))


@post("/", status_code=201)
async def create(
    request: Call, caller: NamedDependency[Caller], place_order: NamedDependency[PlaceOrder]
) -> Response[bytes]:
    """Place an order."""
    permit(Operation.PLACE, caller.roles)
    raw = await _object(request)
    try:
        body = validate(CreateOrderBody, raw)
    except InvalidBody as error:
        known = {fault.pointer for fault in error.faults}
        raise InvalidBody([*error.faults, *faults_of_amounts(raw, known)]) from None
    order = await place_order.execute(caller, body.to_draft())
    return _order(order, caller, status_code=201, Location=f"{BASE}/{order.order_id}")


@get("/")
async def list_orders(
    request: Call,
    caller: NamedDependency[Caller],
    list_orders: NamedDependency[ListOrders],
    cursors: NamedDependency[CursorCodec],
) -> Response[bytes]:
    """List the tenant's orders, or a customer's own."""
    permit(Operation.LIST, caller.roles)
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
        after=None if asked.cursor is None else cursors.open(asked.cursor, bound_to),
    )
    page = await list_orders.execute(caller, query)
    following = None if page.next_position is None else cursors.seal(page.next_position, bound_to)
    return _page(request, [order_summary(order, caller) for order in page.orders], following)


def _page(request: Call, items: list[dict[str, Any]], cursor: str | None) -> Response[bytes]:
    headers = {}
    if cursor is not None:
        query = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        headers["Link"] = f'<{request.url.path}?{urlencode([*query, ("cursor", cursor)])}>; rel="next"'
    return _json({"items": items, "next_cursor": cursor}, headers=headers)


@get("/{order_id:str}")
async def read(
    request: Call,
    order_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
) -> Response[bytes]:
    """Get an order."""
    order = await open_order.execute(caller, order_id, include_deleted=read_parameters(request.query_params))
    tag = etag(order, caller.roles)
    if unchanged(request, tag):
        return Response(b"", status_code=304, headers={"ETag": tag})
    return _order(order, caller)


@put("/{order_id:str}")
async def replace(
    request: Call,
    order_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
    update_order: NamedDependency[UpdateOrder],
) -> Response[bytes]:
    """Update an order by sending the whole of it; optional fields left out are cleared."""
    order = await open_order.execute(caller, order_id, Action.UPDATE)
    body = await _object(request)
    changed = await update_order.execute(
        caller,
        order,
        lambda current: read_revision(body, order_view(current, caller)),
        expected_version=expected_version(request),
    )
    return _order(changed, caller)


@patch("/{order_id:str}")
async def merge(
    request: Call,
    order_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
    update_order: NamedDependency[UpdateOrder],
) -> Response[bytes]:
    """Update some fields of an order by a JSON merge patch (RFC 7396)."""
    order = await open_order.execute(caller, order_id, Action.UPDATE)
    body = await _object(request)

    def plan(current: Order) -> Revision:
        view = order_view(current, caller)
        whole = merged(view, body)
        if "items" in body and "total" not in body:
            # The total as it was is no statement about new items.
            whole.pop("total", None)
        return read_revision(whole, view)

    changed = await update_order.execute(caller, order, plan, expected_version=expected_version(request))
    return _order(changed, caller)


@delete("/{order_id:str}", status_code=204)
async def remove(
    request: Call,
    order_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
    delete_order: NamedDependency[DeleteOrder],
) -> None:
    """Delete an order softly; again changes nothing."""
    order = await open_order.execute(caller, order_id, Action.DELETE, include_deleted=True)
    await delete_order.execute(caller, order, expected_version=expected_version(request))


@get("/{order_id:str}/status")
async def read_status(
    order_id: FromPath[str], caller: NamedDependency[Caller], open_order: NamedDependency[OpenOrder]
) -> Response[bytes]:
    """Get an order's status."""
    order = await open_order.execute(caller, order_id)
    return _json(status_view(order, caller), headers={"ETag": etag(order, caller.roles)})


@put("/{order_id:str}/status")
async def set_status(
    request: Call,
    order_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
    change_status: NamedDependency[ChangeStatus],
) -> Response[bytes]:
    """Set an order's status: process, reject, cancel or complete it."""
    order = await open_order.execute(caller, order_id)
    body = await _body(request, StatusBody)
    if body.status in _BY_FULFILMENT:
        message = f"an order becomes {body.status} by its parcels: POST {BASE}/{order_id}/fulfill"
        raise InvalidBody([Fault("/status", "set_by_fulfilment", message)])
    if body.status in {"rejected", "cancelled"} and body.reason is None:
        raise InvalidBody([Fault("/reason", "missing", f"{body.status} needs a reason")])
    action = _ACTION_FOR[body.status]
    permit(action, caller.roles)
    changed = await change_status.execute(
        caller, order, action, reason=body.reason, expected_version=expected_version(request)
    )
    return _json(status_view(changed, caller), headers={"ETag": etag(changed, caller.roles)})


@post("/{order_id:str}/cancel", status_code=200)
async def cancel(
    request: Call,
    order_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
    change_status: NamedDependency[ChangeStatus],
) -> Response[bytes]:
    """Call an order off before anything has shipped."""
    order = await open_order.execute(caller, order_id, Action.CANCEL)
    body = await _body(request, CancelBody)
    changed = await change_status.execute(
        caller, order, Action.CANCEL, reason=body.reason, expected_version=expected_version(request)
    )
    return _order(changed, caller)


@post("/{order_id:str}/fulfill", status_code=200)
async def fulfil(
    request: Call,
    order_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
    fulfil_order: NamedDependency[FulfilOrder],
) -> Response[bytes]:
    """Ship a parcel of some or all of what is open."""
    order = await open_order.execute(caller, order_id, Action.FULFIL)
    body = await _body(request, FulfilBody)
    changed = await fulfil_order.execute(caller, order, body.to_domain(), expected_version=expected_version(request))
    return _order(changed, caller)


@post("/{order_id:str}/parcels/{parcel_id:str}/deliver", status_code=200)
async def deliver(
    request: Call,
    order_id: FromPath[str],
    parcel_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
    deliver_parcel: NamedDependency[DeliverParcel],
) -> Response[bytes]:
    """Note that a parcel has arrived."""
    order = await open_order.execute(caller, order_id, Action.DELIVER)
    body = await _body(request, DeliverBody)
    changed = await deliver_parcel.execute(
        caller, order, parcel_id, delivered_at=body.delivered_at, expected_version=expected_version(request)
    )
    return _order(changed, caller)


@get("/{order_id:str}/track")
async def track(
    order_id: FromPath[str], caller: NamedDependency[Caller], open_order: NamedDependency[OpenOrder]
) -> Response[bytes]:
    """Where an order's goods are."""
    return _json(track_view(await open_order.execute(caller, order_id)))


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
    order = await open_order.execute(caller, order_id)
    limit, cursor = page_parameters(request.query_params)
    bound_to = f"history|{order.tenant_id}|{order.order_id}"
    after = 0 if cursor is None else _sequence(cursors.open(cursor, bound_to))
    page = await read_history.execute(caller, order, after=after, limit=limit)
    following = None if page.next_sequence is None else cursors.seal(str(page.next_sequence), bound_to)
    return _page(request, [history_entry(entry) for entry in page.entries], following)


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
    order = await open_order.execute(caller, order_id)
    limit, cursor = page_parameters(request.query_params)
    bound_to = f"events|{order.tenant_id}|{order.order_id}"
    after = 0 if cursor is None else _sequence(cursors.open(cursor, bound_to))
    found = await read_history.events(order, after=after, limit=limit + 1)
    shown = found[:limit]
    following = cursors.seal(str(shown[-1].sequence), bound_to) if len(found) > limit else None
    return _page(request, [to_cloud_event(event) for event in shown], following)


def _sequence(position: str) -> int:
    if not position.isdigit():
        raise InvalidCursor
    return int(position)


def orders_router() -> Router:
    """All routes of orders."""
    return Router(
        path=BASE,
        route_handlers=[
            create, list_orders, read, replace, merge, remove, read_status, set_status,
            cancel, fulfil, deliver, track, history, events, document,
        ],
    )  # fmt: skip
