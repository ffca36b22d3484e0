"""Serves the routes that ship an order's parcels and record their arrival."""

from dataclasses import replace
from functools import partial

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.operation import ApiOperation, Body, Example
from orders.adapters.inbound.http.requests.bodies import Call, read_body
from orders.adapters.inbound.http.routes.order_changes import CONDITIONS, PROBLEMS_OF_CHANGING, change, changed_order
from orders.adapters.inbound.http.routes.responses import (
    order_answer,
)
from orders.adapters.wire.requests import (
    DeliverBody,
    FulfilBody,
)
from orders.application.orders.fulfil_order import DeliverParcel, FulfilOrder
from orders.application.policy.caller import Caller
from orders.domain.lifecycle import Action
from orders.domain.order import Order

FULFIL = ApiOperation(
    "fulfilOrder",
    "Life cycle",
    "Fulfil an order",
    "Puts a parcel with some or all of what is open on record; without `lines` it carries everything that is open. "
    "The same carrier, tracking number and lines again change nothing.",
    (
        changed_order(
            "The order with its parcels.",
            Example("Half of it is on its way", lambda life: life.as_staff(life.part_shipped)),
            "DeliverParcel",
            "CompleteOrder",
        ),
    ),
    permissions=(Action.FULFIL,),
    parameters=CONDITIONS,
    body=Body(
        FulfilBody,
        {
            "rest": Example("Everything that is open", lambda _: {"tracking_number": "TRACK123456", "carrier": "DHL"}),
            "part": Example(
                "Some of it",
                lambda _: {
                    "carrier": "DHL",
                    "tracking_number": "JD014600003SE",
                    "tracking_url": "https://track.example/JD014600003SE",
                    "lines": [{"line_id": "line_1", "quantity": 2}],
                    "shipped_at": "2026-03-02T12:15:04+02:00",
                },
            ),
        },
    ),
    problems=(*PROBLEMS_OF_CHANGING, problems.PARCEL_CONFLICT),
)


async def _fulfil(
    request: Call,
    order: NamedDependency[Order],
    caller: NamedDependency[Caller],
    fulfil_order: NamedDependency[FulfilOrder],
) -> Response[bytes]:
    """Ships a parcel with some or all of the open units."""
    body = await read_body(request, FulfilBody)
    return await change(
        request, partial(order_answer, caller=caller), partial(fulfil_order.execute, caller, order, body.to_domain())
    )


fulfil = post("/{order_id:str}/fulfill", status_code=200, operation=FULFIL)(_fulfil)
fulfil_alias = post(
    "/{order_id:str}/fulfil",
    status_code=200,
    operation=replace(
        FULFIL,
        operation_id="fulfilOrderAlias",
        summary="Fulfil an order, in the other spelling",
        description="The same operation as `fulfilOrder`, for those who spell it so: an `Idempotency-Key` that was "
        "sent to one of the two is known to the other.",
    ),
)(_fulfil)


@post(
    "/{order_id:str}/parcels/{parcel_id:str}/deliver",
    status_code=200,
    operation=ApiOperation(
        "deliverParcel",
        "Life cycle",
        "Deliver a parcel",
        "Notes that the parcel has arrived; the order's status stays. Noted once; again changes nothing.",
        (
            changed_order(
                "The order with its parcels.",
                Example("The first parcel is there", lambda life: life.as_staff(life.shipped)),
                "CompleteOrder",
            ),
        ),
        permissions=(Action.DELIVER,),
        parameters=("OrderId", "ParcelId", "IfMatch", "IdempotencyKey"),
        body=Body(
            DeliverBody,
            {"then": Example("Some time ago", lambda _: {"delivered_at": "2026-03-02T15:40:00+02:00"})},
            required=False,
        ),
        problems=PROBLEMS_OF_CHANGING,
    ),
)
async def deliver(
    request: Call,
    order: NamedDependency[Order],
    parcel_id: FromPath[str],
    caller: NamedDependency[Caller],
    deliver_parcel: NamedDependency[DeliverParcel],
) -> Response[bytes]:
    """Records that a parcel has arrived."""
    body = await read_body(request, DeliverBody, optional=True)
    return await change(
        request,
        partial(order_answer, caller=caller),
        partial(deliver_parcel.execute, caller, order, parcel_id, delivered_at=body.delivered_at),
    )
