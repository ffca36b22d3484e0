"""Represents an order's states: its status, its parcels, its acceptance, its erasure."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from orders.adapters.inbound.http.representations.orders import Link, Parcel, asking, parcel_view
from orders.adapters.inbound.http.representations.problem import Fault
from orders.adapters.inbound.http.representations.values import (
    BASE,
    AtLeastOne,
    OrderId,
    OrderNumber,
    StatusOrAccepted,
    Time,
    given,
    moment,
)
from orders.adapters.wire.fields import Key
from orders.adapters.wire.pointers import pointer_of
from orders.application.policy.caller import Caller
from orders.domain.lifecycle import Action
from orders.domain.order import Order
from orders.domain.parts import Line
from orders.ports import acceptances


class OrderStatus(TypedDict):
    """An order's status, and the actions that are allowed now."""

    order_id: OrderId
    order_number: OrderNumber
    status: StatusOrAccepted
    allowed_actions: list[Action]
    version: NotRequired[AtLeastOne]
    """Missing while the order is accepted and not placed."""
    reason: NotRequired[str | None]
    """Why it was cancelled or rejected."""
    updated_at: Time


class OpenItem(TypedDict):
    """The part of a line that has not been shipped yet."""

    line_id: Key
    product_id: Key
    name: NotRequired[str | None]
    open_quantity: AtLeastOne


class Tracking(TypedDict):
    """An order's parcels, and its items that are not shipped."""

    order_id: OrderId
    order_number: OrderNumber
    status: StatusOrAccepted
    parcels: list[Parcel]
    open_items: list[OpenItem]
    updated_at: Time


class AcceptedLinks(TypedDict):
    """Links to the order that is going to be placed."""

    self: Link
    status: NotRequired[Link]


class AcceptedOrder(TypedDict):
    """An order that was accepted with `Prefer: respond-async` and is not placed yet, or could not be."""

    order_id: OrderId
    order_number: OrderNumber
    tenant_id: Key
    customer_id: Key
    status: Literal["accepted", "rejected"]
    allowed_actions: Annotated[list[str], Field(max_length=0)]
    reason: NotRequired[str | None]
    """Why it was rejected."""
    errors: NotRequired[list[Fault] | None]
    """The same, fault by fault."""
    created_at: Time
    _links: AcceptedLinks


class Acceptance(TypedDict):
    """The order is durable under this id, and placed soon."""

    order_id: OrderId
    order_number: OrderNumber
    status: Literal["accepted"]
    _links: AcceptedLinks


class ErasingLinks(TypedDict):
    """Links to the erased order and its history."""

    self: Link
    history: Link


class Erasing(TypedDict):
    """The order is erased; everything that was kept beside it is being."""

    order_id: OrderId
    order_number: OrderNumber
    status: Literal["erasing"]
    erased_at: Time
    """When the order itself was."""
    _links: ErasingLinks


def status_view(order: Order, caller: Caller) -> OrderStatus:
    """Represents an order's status, and the actions that this caller may take now."""
    view: OrderStatus = {
        "order_id": order.order_id,
        "order_number": order.order_number,
        "status": order.status,
        "allowed_actions": list(order.allowed_actions(caller.roles)),
        "version": order.version,
        "reason": order.reason,
        "updated_at": moment(order.updated_at),
    }
    return given(view)


def track_view(order: Order) -> Tracking:
    """Represents an order's parcels, and the units that are still to be shipped."""
    left = order.open_quantities()
    return {
        "order_id": order.order_id,
        "order_number": order.order_number,
        "status": order.status,
        "parcels": [parcel_view(parcel) for parcel in order.parcels],
        "open_items": [_open_item(line, left[line.line_id]) for line in order.lines if left[line.line_id]],
        "updated_at": moment(order.updated_at),
    }


def _open_item(line: Line, open_quantity: int) -> OpenItem:
    item: OpenItem = {
        "line_id": line.line_id,
        "product_id": line.product_id,
        "name": line.name,
        "open_quantity": open_quantity,
    }
    return given(item)


def accepted_view(order: Order) -> Acceptance:
    """Represents an order that is accepted under its final id."""
    return {
        "order_id": order.order_id,
        "order_number": order.order_number,
        "status": "accepted",
        "_links": {"self": {"href": f"{BASE}/{order.order_id}"}},
    }


def acceptance_view(acceptance: acceptances.Acceptance) -> AcceptedOrder:
    """Represents an order that is accepted and not placed yet, or could not be."""
    here = f"{BASE}/{acceptance.order_id}"
    faults: list[Fault] = [
        {"pointer": pointer_of(each.path), "code": each.code, "message": each.message} for each in acceptance.faults
    ]
    view: AcceptedOrder = {
        "order_id": acceptance.order_id,
        "order_number": acceptance.order_number,
        "tenant_id": acceptance.tenant_id,
        "customer_id": acceptance.customer_id,
        "status": "rejected" if acceptance.faults else "accepted",
        "allowed_actions": [],
        "reason": "; ".join(fault.message for fault in acceptance.faults) or None,
        "errors": faults or None,
        "created_at": moment(acceptance.accepted_at),
        "_links": {"self": {"href": here}, "status": {"href": f"{here}/status"}},
    }
    return given(view)


def erasing_view(order: Order) -> Erasing:
    """Represents that the order is erased, and that all other stored copies of its personal data will be.

    It has nothing of the order but its id and number: a caller who may erase it need not be allowed to read it.
    """
    assert order.erasure is not None
    here, query = f"{BASE}/{order.order_id}", asking(deleted=order.deletion is not None)
    return {
        "order_id": order.order_id,
        "order_number": order.order_number,
        "status": "erasing",
        "erased_at": moment(order.erasure.at),
        "_links": {"self": {"href": here + query}, "history": {"href": f"{here}/history{query}"}},
    }
