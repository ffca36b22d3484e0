"""Serves the routes that read and set an order's status, and cancel the order."""

from functools import partial

from litestar import Response, get, post, put
from litestar.di import NamedDependency

from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.operation import ApiOperation, Body, DocumentedResponse, Example
from orders.adapters.inbound.http.representations.order_states import OrderStatus
from orders.adapters.inbound.http.representations.values import BASE
from orders.adapters.inbound.http.requests.bodies import Call, read_body
from orders.adapters.inbound.http.requests.parameters import (
    check_read_parameters,
)
from orders.adapters.inbound.http.routes.order_changes import CONDITIONS, PROBLEMS_OF_CHANGING, change, changed_order
from orders.adapters.inbound.http.routes.responses import (
    order_answer,
    status_answer,
    to_response,
)
from orders.adapters.wire.parsing import InvalidBody
from orders.adapters.wire.requests import (
    CancelBody,
    StatusBody,
)
from orders.application.orders.change_status import ChangeStatus
from orders.application.policy.caller import Caller, Operation, permit
from orders.domain.errors import Fault
from orders.domain.lifecycle import Action
from orders.domain.order import Order


@get(
    "/{order_id:str}/status",
    operation=ApiOperation(
        "getOrderStatus",
        "Life cycle",
        "Get an order's status",
        "Where the order is in its life, and what this caller may do to it now.",
        (
            DocumentedResponse(
                200,
                "Where the order is.",
                (OrderStatus,),
                ("OrderETag", "RetryWhileAccepted"),
                {"processing": Example("It is being worked on", lambda life: life.where_it_is())},
            ),
        ),
        permissions=(Operation.READ,),
        parameters=("OrderId", "IncludeDeleted"),
        problems=(problems.NOT_FOUND,),
    ),
)
async def read_status(
    request: Call,
    order: NamedDependency[Order],
    caller: NamedDependency[Caller],
) -> Response[bytes]:
    """Returns an order's status."""
    check_read_parameters(request.query_params)
    return to_response(status_answer(order, caller))


_ACTION_FOR = {
    "processing": Action.PROCESS,
    "rejected": Action.REJECT,
    "cancelled": Action.CANCEL,
    "completed": Action.COMPLETE,
}
_BY_FULFILMENT = {"partially_fulfilled", "fulfilled"}
_WITH_REASON = ("rejected", "cancelled")


def _check_reason(body: StatusBody) -> None:
    if body.status in _WITH_REASON:
        if body.reason is None:
            raise InvalidBody([Fault(("reason",), "missing", f"{body.status} needs a reason")])
    elif body.reason is not None:
        message = f"{body.status} takes no reason; {' and '.join(_WITH_REASON)} do"
        raise InvalidBody([Fault(("reason",), "reason_not_taken", message)])


@put(
    "/{order_id:str}/status",
    operation=ApiOperation(
        "setOrderStatus",
        "Life cycle",
        "Set an order's status",
        "Processes, rejects, cancels or completes the order. A status that it has already changes nothing.",
        (
            DocumentedResponse(
                200,
                "Where the order is now.",
                (OrderStatus,),
                ("ETag", "IdempotentReplayed"),
                {"processing": Example("It is being worked on", lambda life: life.where_it_is())},
                ("GetOrder", "FulfilOrder", "CompleteOrder"),
            ),
        ),
        permissions=tuple(_ACTION_FOR.values()),
        parameters=CONDITIONS,
        body=Body(
            StatusBody,
            {
                "processing": Example("Start to work on it", lambda _: {"status": "processing"}),
                "rejected": Example("Refuse it", lambda _: {"status": "rejected", "reason": "out_of_stock"}),
            },
        ),
        problems=PROBLEMS_OF_CHANGING,
    ),
)
async def set_status(
    request: Call,
    order: NamedDependency[Order],
    caller: NamedDependency[Caller],
    change_status: NamedDependency[ChangeStatus],
) -> Response[bytes]:
    """Sets an order's status: processes, rejects, cancels or completes the order."""
    body = await read_body(request, StatusBody)
    if body.status in _BY_FULFILMENT:
        message = f"an order becomes {body.status} by its parcels: POST {BASE}/{order.order_id}/fulfill"
        raise InvalidBody([Fault(("status",), "set_by_fulfilment", message)])
    action = _ACTION_FOR[body.status]
    permit(action, caller.roles)
    _check_reason(body)
    return await change(
        request,
        partial(status_answer, caller=caller),
        partial(change_status.execute, caller, order, action, reason=body.reason),
    )


@post(
    "/{order_id:str}/cancel",
    status_code=200,
    operation=ApiOperation(
        "cancelOrder",
        "Life cycle",
        "Cancel an order",
        "As long as nothing has been shipped. Customers may cancel their own orders.",
        (
            changed_order(
                "The order, cancelled.",
                Example("Cancelled", lambda life: life.as_customer(life.cancelled)),
                "DeleteOrder",
                "ErasePersonalData",
            ),
        ),
        permissions=(Action.CANCEL,),
        parameters=CONDITIONS,
        body=Body(CancelBody, {"reason": Example("Say why", lambda _: {"reason": "changed my mind"})}, required=False),
        problems=PROBLEMS_OF_CHANGING,
    ),
)
async def cancel(
    request: Call,
    order: NamedDependency[Order],
    caller: NamedDependency[Caller],
    change_status: NamedDependency[ChangeStatus],
) -> Response[bytes]:
    """Cancels an order before anything has shipped."""
    body = await read_body(request, CancelBody, optional=True)
    return await change(
        request,
        partial(order_answer, caller=caller),
        partial(change_status.execute, caller, order, Action.CANCEL, reason=body.reason),
    )
