"""Serves the route that erases an order's personal data."""

from functools import partial

from litestar import Response, post
from litestar.di import NamedDependency

from orders.adapters.inbound.http.operation import ApiOperation, Body, DocumentedResponse, Example
from orders.adapters.inbound.http.representations.order_states import Erasing
from orders.adapters.inbound.http.requests.bodies import Call, read_body
from orders.adapters.inbound.http.routes.order_changes import CONDITIONS, PROBLEMS_OF_CHANGING, change
from orders.adapters.inbound.http.routes.responses import (
    erasing_answer,
)
from orders.adapters.wire.requests import (
    EraseBody,
)
from orders.application.orders.erase_personal_data import ErasePersonalData
from orders.application.policy.caller import Caller
from orders.domain.lifecycle import Action
from orders.domain.order import Order


@post(
    "/{order_id:str}/erase",
    status_code=202,
    operation=ApiOperation(
        "erasePersonalData",
        "Orders",
        "Erase an order's personal data",
        "Of a completed, cancelled or rejected order, deleted ones included. Admins and operators only. Names, "
        "addresses, e-mail, phone, payment hints, notes, metadata and the reason are replaced by `[erased]`; amounts, "
        "lines, parcels, statuses and dates stay. From the answer on nobody reads any of it here; what is kept behind "
        "(events, stored answers, records of mails, every version of the PDF) follows within seconds, and the PDF is "
        "rendered again without it. It can't be undone. Repeating changes nothing.",
        (
            DocumentedResponse(
                202,
                "The order is erased, and all that was kept beside it is being.",
                (Erasing,),
                ("ETag", "IdempotentReplayed"),
                {"erasing": Example("Erasing", lambda life: life.erasing())},
                ("GetOrder", "ListOrderHistory", "DeleteOrder"),
            ),
        ),
        permissions=(Action.ERASE,),
        parameters=CONDITIONS,
        body=Body(EraseBody, {"nothing": Example("There is nothing to be said", lambda _: {})}, required=False),
        problems=PROBLEMS_OF_CHANGING,
    ),
)
async def erase(
    request: Call,
    order: NamedDependency[Order],
    caller: NamedDependency[Caller],
    erase_personal_data: NamedDependency[ErasePersonalData],
) -> Response[bytes]:
    """Erases an order's personal data; a repetition changes nothing."""
    await read_body(request, EraseBody, optional=True)
    return await change(
        request, partial(erasing_answer, caller=caller), partial(erase_personal_data.execute, caller, order)
    )
