"""The routes of an order's status: read it, set it, cancel the order."""

from functools import partial

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from orders.adapters.inbound.http.representations.values import BASE
from orders.adapters.inbound.http.routes.parameters import (
    check_read_parameters,
)
from orders.adapters.inbound.http.routes.preconditions import preconditions
from orders.adapters.inbound.http.routes.read_order import opened
from orders.adapters.inbound.http.routes.request_bodies import Call, read_body
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
from orders.application.orders.open_order import OpenOrder
from orders.application.policy.caller import Caller, permit
from orders.domain.errors import Fault
from orders.domain.lifecycle import Action


@get("/{order_id:str}/status")
async def read_status(
    request: Call, order_id: FromPath[str], caller: NamedDependency[Caller], open_order: NamedDependency[OpenOrder]
) -> Response[bytes]:
    """Get an order's status."""
    order = await opened(request, order_id, caller, open_order)
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


@put("/{order_id:str}/status")
async def set_status(
    request: Call,
    order_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
    change_status: NamedDependency[ChangeStatus],
) -> Response[bytes]:
    """Set an order's status: process, reject, cancel or complete it."""
    respond = partial(status_answer, caller=caller)
    order = await open_order.execute(caller, order_id)
    body = await read_body(request, StatusBody)
    if body.status in _BY_FULFILMENT:
        message = f"an order becomes {body.status} by its parcels: POST {BASE}/{order_id}/fulfill"
        raise InvalidBody([Fault(("status",), "set_by_fulfilment", message)])
    action = _ACTION_FOR[body.status]
    permit(action, caller.roles)
    _check_reason(body)
    changed = await change_status.execute(
        caller, order, action, reason=body.reason, terms=await preconditions(request, respond)
    )
    return to_response(respond(changed))


@post("/{order_id:str}/cancel", status_code=200)
async def cancel(
    request: Call,
    order_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
    change_status: NamedDependency[ChangeStatus],
) -> Response[bytes]:
    """Call an order off before anything has shipped."""
    respond = partial(order_answer, caller=caller)
    order = await open_order.execute(caller, order_id, Action.CANCEL)
    body = await read_body(request, CancelBody, optional=True)
    changed = await change_status.execute(
        caller, order, Action.CANCEL, reason=body.reason, terms=await preconditions(request, respond)
    )
    return to_response(respond(changed))
