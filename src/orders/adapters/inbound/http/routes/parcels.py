"""The routes of an order's parcels: ship one, note its arrival."""

from functools import partial

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from orders.adapters.inbound.http.routes.preconditions import preconditions
from orders.adapters.inbound.http.routes.request_bodies import Call, read_body
from orders.adapters.inbound.http.routes.responses import (
    order_answer,
    to_response,
)
from orders.adapters.wire.requests import (
    DeliverBody,
    FulfilBody,
)
from orders.application.orders.fulfil_order import DeliverParcel, FulfilOrder
from orders.application.orders.open_order import OpenOrder
from orders.application.policy.caller import Caller
from orders.domain.lifecycle import Action


@post("/{order_id:str}/fulfill", status_code=200)
async def fulfil(
    request: Call,
    order_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
    fulfil_order: NamedDependency[FulfilOrder],
) -> Response[bytes]:
    """Ship a parcel of some or all of what is open."""
    respond = partial(order_answer, caller=caller)
    order = await open_order.execute(caller, order_id, Action.FULFIL)
    body = await read_body(request, FulfilBody)
    changed = await fulfil_order.execute(caller, order, body.to_domain(), terms=await preconditions(request, respond))
    return to_response(respond(changed))


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
    respond = partial(order_answer, caller=caller)
    order = await open_order.execute(caller, order_id, Action.DELIVER)
    body = await read_body(request, DeliverBody, optional=True)
    changed = await deliver_parcel.execute(
        caller, order, parcel_id, delivered_at=body.delivered_at, terms=await preconditions(request, respond)
    )
    return to_response(respond(changed))
