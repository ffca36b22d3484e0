"""The routes under ``/v1.0/orders`` that create and change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from litestar import Request, Response, delete, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from pydantic import BaseModel

from orders.adapters.inbound.http.routes.parameters import no_parameters
from orders.adapters.inbound.http.routes.preconditions import keyed_request, preconditions, prefers_async
from orders.adapters.inbound.http.routes.representations import BASE, order_view
from orders.adapters.inbound.http.routes.request_bodies import read_object
from orders.adapters.inbound.http.routes.responses import (
    accepted_answer,
    erasing_answer,
    no_content,
    order_answer,
    status_answer,
    to_response,
)
from orders.adapters.inbound.http.routes.update_bodies import Read, check_form, check_version, read_patch, read_revision
from orders.adapters.wire.drafts import InvalidDraft, read_draft
from orders.adapters.wire.keyed_answers import KeyedAnswer
from orders.adapters.wire.media_types import JSON, MERGE_PATCH
from orders.adapters.wire.off_loop import LINE_BYTES, off_loop
from orders.adapters.wire.parsing import InvalidBody, validate
from orders.adapters.wire.requests import (
    CancelBody,
    DeliverBody,
    EraseBody,
    FulfilBody,
    StatusBody,
)
from orders.application.orders.accept_order import AcceptOrder
from orders.application.orders.change_status import ChangeStatus
from orders.application.orders.erase_personal_data import ErasePersonalData
from orders.application.orders.fulfil_order import DeliverParcel, FulfilOrder
from orders.application.orders.open_order import OpenOrder
from orders.application.orders.place_order import PlaceOrder
from orders.application.orders.update_order import DeleteOrder, UpdateOrder
from orders.application.policy.caller import Caller, Operation, permit
from orders.domain.errors import Fault
from orders.domain.lifecycle import Action
from orders.domain.order import Order
from orders.domain.revising import Revision, changes_nothing

Call = Request[Any, Any, Any]
Body = TypeVar("Body", bound=BaseModel)

_ACTION_FOR = {
    "processing": Action.PROCESS,
    "rejected": Action.REJECT,
    "cancelled": Action.CANCEL,
    "completed": Action.COMPLETE,
}
_BY_FULFILMENT = {"partially_fulfilled", "fulfilled"}
_WITH_REASON = ("rejected", "cancelled")


async def _body(request: Call, model: type[Body], *, optional: bool = False) -> Body:
    given = await _object(request, optional=optional)
    return await off_loop(await _size(request), lambda: validate(model, given))


async def _size(request: Call, order: Order | None = None) -> int:
    """What there is to be done with the body, as bytes; the order that it is held against counts as well."""
    return len(await request.body()) + LINE_BYTES * (0 if order is None else len(order.lines))


async def _object(request: Call, *, optional: bool = False, media_types: Sequence[str] = JSON) -> dict[str, Any]:
    no_parameters(request.query_params)
    return await read_object(request, optional=optional, media_types=media_types)


@post("/", status_code=201)
async def create(
    request: Call,
    caller: NamedDependency[Caller],
    place_order: NamedDependency[PlaceOrder],
    accept_order: NamedDependency[AcceptOrder],
) -> Response[bytes]:
    """Place an order; with ``Prefer: respond-async`` accept it and place it later."""
    permit(Operation.PLACE, caller.roles)
    given = await read_object(request, optional=False, media_types=JSON)
    if isinstance(given.get("customer_id"), str):
        # Whose order it is to be is a matter of the role, and looked at before all else in the request.
        place_order.permit(caller, given["customer_id"])
    no_parameters(request.query_params)
    try:
        draft = await off_loop(await _size(request), lambda: read_draft(given))
    except InvalidDraft as error:
        raise error.along_with(await place_order.amount_faults(caller, error.amounts)) from None
    if prefers_async(request):
        keyed = await keyed_request(request, accepted_answer)
        return to_response(accepted_answer(await accept_order.execute(caller, draft, keyed)))

    def respond(order: Order) -> KeyedAnswer:
        return order_answer(order, caller, 201, Location=f"{BASE}/{order.order_id}")

    keyed = await keyed_request(request, respond)
    return to_response(respond(await place_order.execute(caller, draft, keyed)))


# Both are asked each time that the write has to be decided anew: the version it was made from may be gone by then.


async def _update(
    request: Call, caller: Caller, order: Order, use: UpdateOrder, reading: "_Reading"
) -> Response[bytes]:
    """Change the order as the body of the request says."""
    body = await _object(request, media_types=reading.media_types)
    size = await _size(request, order)
    await off_loop(size, lambda: check_form(reading.read, body, order_view(order, caller)))
    respond = partial(order_answer, caller=caller)

    async def plan(current: Order) -> Revision:
        return await off_loop(size, lambda: reading.plan(body, caller, current))

    changed = await use.execute(caller, order, plan, terms=await preconditions(request, respond))
    return to_response(respond(changed))


def _replaced(body: Mapping[str, Any], caller: Caller, current: Order) -> Revision:
    seen = order_view(current, caller)
    try:
        revision = read_revision(body, seen)
    except InvalidBody:
        # What may not differ can do so because others have changed it: then the version is what is wrong.
        check_version(body, seen)
        raise
    if not changes_nothing(current, revision):
        # Who PUTs the same again has lost the answer and undoes nothing (RFC 9110, 9.2.2).
        check_version(body, seen)
    return revision


def _patched(body: Mapping[str, Any], caller: Caller, current: Order) -> Revision:
    seen = order_view(current, caller)
    check_version(body, seen)
    return read_patch(body, seen)


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the body of an update is read, and what it is a plan for."""

    read: Read
    plan: Callable[[Mapping[str, Any], Caller, Order], Revision]
    media_types: Sequence[str]


_WHOLE = _Reading(read_revision, _replaced, JSON)
_SOME = _Reading(read_patch, _patched, MERGE_PATCH)


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
    return await _update(request, caller, order, update_order, _WHOLE)


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
    return await _update(request, caller, order, update_order, _SOME)


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
    no_parameters(request.query_params)
    await delete_order.execute(caller, order, terms=await preconditions(request, no_content))


@post("/{order_id:str}/erase", status_code=202)
async def erase(
    request: Call,
    order_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
    erase_personal_data: NamedDependency[ErasePersonalData],
) -> Response[bytes]:
    """Erase an order's personal data; again changes nothing."""
    respond = partial(erasing_answer, caller=caller)
    order = await open_order.execute(caller, order_id, Action.ERASE, include_deleted=True)
    await _body(request, EraseBody, optional=True)
    erased = await erase_personal_data.execute(caller, order, terms=await preconditions(request, respond))
    return to_response(respond(erased))


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
    body = await _body(request, StatusBody)
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
    body = await _body(request, CancelBody, optional=True)
    changed = await change_status.execute(
        caller, order, Action.CANCEL, reason=body.reason, terms=await preconditions(request, respond)
    )
    return to_response(respond(changed))


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
    body = await _body(request, FulfilBody)
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
    body = await _body(request, DeliverBody, optional=True)
    changed = await deliver_parcel.execute(
        caller, order, parcel_id, delivered_at=body.delivered_at, terms=await preconditions(request, respond)
    )
    return to_response(respond(changed))


ROUTES = (create, replace, merge, remove, erase, set_status, cancel, fulfil, deliver)
