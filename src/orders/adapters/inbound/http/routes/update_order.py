"""The routes that update an order: by the whole of it, or by a merge patch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from litestar import Response, patch, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from orders.adapters.inbound.http.representations.orders import order_view
from orders.adapters.inbound.http.routes.preconditions import preconditions
from orders.adapters.inbound.http.routes.request_bodies import Call, body_size, read_object
from orders.adapters.inbound.http.routes.responses import (
    order_answer,
    to_response,
)
from orders.adapters.inbound.http.routes.update_bodies import Read, check_form, check_version, read_patch, read_revision
from orders.adapters.wire.media_types import JSON, MERGE_PATCH
from orders.adapters.wire.off_loop import off_loop
from orders.adapters.wire.parsing import InvalidBody
from orders.application.orders.open_order import OpenOrder
from orders.application.orders.update_order import UpdateOrder
from orders.application.policy.caller import Caller
from orders.domain.lifecycle import Action
from orders.domain.order import Order
from orders.domain.revising import Revision, changes_nothing

# Both are asked each time that the write has to be decided anew: the version it was made from may be gone by then.


async def _update(
    request: Call, caller: Caller, order: Order, use: UpdateOrder, reading: "_Reading"
) -> Response[bytes]:
    """Change the order as the body of the request says."""
    body = await read_object(request, media_types=reading.media_types)
    size = await body_size(request, order)
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
