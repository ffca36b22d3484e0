"""Serves the routes that update an order: by the whole of it, or by a merge patch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from litestar import Response, patch, put
from litestar.di import NamedDependency

from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.operation import ApiOperation, Body, Example
from orders.adapters.inbound.http.representations.orders import order_view
from orders.adapters.inbound.http.requests.bodies import Call, body_size, read_object
from orders.adapters.inbound.http.requests.update_bodies import (
    Read,
    check_form,
    check_version,
    read_patch,
    read_revision,
)
from orders.adapters.inbound.http.routes.order_changes import CONDITIONS, PROBLEMS_OF_CHANGING, change, changed_order
from orders.adapters.inbound.http.routes.responses import (
    order_answer,
)
from orders.adapters.wire.media_types import JSON, MERGE_PATCH
from orders.adapters.wire.off_loop import off_loop
from orders.adapters.wire.parsing import InvalidBody
from orders.application.orders.update_order import UpdateOrder
from orders.application.policy.caller import Caller
from orders.domain.lifecycle import Action
from orders.domain.order import Order
from orders.domain.revising import Revision, changes_nothing

# Body and version are checked against the current order again before every attempt to write: others may change it.


async def _update(
    request: Call, caller: Caller, order: Order, use: UpdateOrder, reading: "_Reading"
) -> Response[bytes]:
    """Updates the order by the request's body."""
    body = await read_object(request, media_types=reading.media_types)
    size = await body_size(request, order)
    await off_loop(size, lambda: check_form(reading.read, body, order_view(order, caller)))

    async def plan(current: Order) -> Revision:
        return await off_loop(size, lambda: reading.plan(body, caller, current))

    return await change(request, partial(order_answer, caller=caller), partial(use.execute, caller, order, plan))


def _replaced(body: Mapping[str, Any], caller: Caller, current: Order) -> Revision:
    seen = order_view(current, caller)
    try:
        revision = read_revision(body, seen)
    except InvalidBody:
        # A fixed field may differ because others have changed the order: then the version is the fault to report.
        check_version(body, seen)
        raise
    if not changes_nothing(current, revision):
        # A repeated PUT that changes nothing is no conflict: its response was probably lost (RFC 9110, 9.2.2).
        check_version(body, seen)
    return revision


def _patched(body: Mapping[str, Any], caller: Caller, current: Order) -> Revision:
    seen = order_view(current, caller)
    check_version(body, seen)
    return read_patch(body, seen)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The way to read the body of one kind of update.

    Attributes:
        read: reads the revision from the body and the order as the caller sees it.
        plan: checks the body's version too, against the current order.
        media_types: the types that the body may be declared as.
    """

    read: Read
    plan: Callable[[Mapping[str, Any], Caller, Order], Revision]
    media_types: Sequence[str]


_WHOLE = _Reading(read_revision, _replaced, JSON)
_SOME = _Reading(read_patch, _patched, MERGE_PATCH)


@put(
    "/{order_id:str}",
    operation=ApiOperation(
        "updateOrder",
        "Orders",
        "Update an order by sending the whole of it",
        "Takes the order as it was read, with other values. Optional fields that are left out are cleared; items are "
        "matched by `line_id`, and one without is new. Fields that can't be edited may be there, unchanged.\n\n"
        "Lines can be changed while the order is `pending`, and need `total`; addresses, notes and metadata also while "
        "it is `processing`, by staff and admins.",
        (
            changed_order(
                "The order as it is now.", Example("With other notes", lambda life: life.as_staff(life.placed))
            ),
        ),
        permissions=(Action.UPDATE,),
        parameters=CONDITIONS,
        body=Body(
            "OrderUpdate",
            {
                "sent back": Example(
                    "As it was read, with other notes",
                    lambda life: {**life.as_staff(life.placed), "notes": "Ring once."},
                ),
                "editable": Example(
                    "Only what can be edited",
                    lambda life: {
                        "items": life.smallest_body["items"],
                        "total": life.smallest_body["total"],
                        "notes": "Ring once.",
                    },
                ),
            },
        ),
        problems=(*PROBLEMS_OF_CHANGING, problems.SHOP_NOT_READY),
    ),
)
async def replace(
    request: Call,
    order: NamedDependency[Order],
    caller: NamedDependency[Caller],
    update_order: NamedDependency[UpdateOrder],
) -> Response[bytes]:
    """Updates an order by the whole of it; optional fields left out are cleared."""
    return await _update(request, caller, order, update_order, _WHOLE)


@patch(
    "/{order_id:str}",
    operation=ApiOperation(
        "patchOrder",
        "Orders",
        "Update some fields of an order",
        "A JSON merge patch (RFC 7396): what is left out stays, what is `null` is removed. `items` are replaced as a "
        "whole, and need `total`. What may be changed when is as with PUT.",
        (
            changed_order(
                "The order as it is now.", Example("With other notes", lambda life: life.as_staff(life.placed))
            ),
        ),
        permissions=(Action.UPDATE,),
        parameters=CONDITIONS,
        body=Body(
            "OrderPatch",
            {
                "notes": Example("Other notes", lambda _: {"notes": "Ring once."}),
                "metadata": Example(
                    "One entry set, one removed", lambda _: {"metadata": {"source": None, "till": "4"}}
                ),
                "items": Example(
                    "Other items",
                    lambda _: {
                        "items": [{"line_id": "line_1", "product_id": "mug-350", "quantity": 1, "price": 149}],
                        "total": 196.30,
                    },
                ),
            },
            MERGE_PATCH,
        ),
        problems=(*PROBLEMS_OF_CHANGING, problems.SHOP_NOT_READY),
    ),
)
async def merge(
    request: Call,
    order: NamedDependency[Order],
    caller: NamedDependency[Caller],
    update_order: NamedDependency[UpdateOrder],
) -> Response[bytes]:
    """Updates some fields of an order by a JSON merge patch (RFC 7396)."""
    return await _update(request, caller, order, update_order, _SOME)
