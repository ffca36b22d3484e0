"""The life cycle, walked completely: every status, every action, every role.

The expectations are written out here once more, by hand, from the product's table; they share nothing with the code.
"""

from dataclasses import replace
from itertools import product

import pytest

from orders.domain.erasing import erase
from orders.domain.errors import ActionForbidden, IllegalTransition
from orders.domain.lifecycle import Action, Role, Status, allowed_actions
from orders.domain.order import Change, Order
from orders.domain.parts import Parcel, ParcelLine
from orders.domain.shipping import Shipment
from tests.support.builders import NOON, a_stamp, an_order

SHOP = {"staff", "admin", "service"}
ALLOWED: dict[tuple[str, str], set[str]] = {
    ("pending", "process"): SHOP,
    ("pending", "reject"): SHOP,
    ("pending", "cancel"): SHOP | {"customer"},
    ("processing", "cancel"): SHOP | {"customer"},
    ("processing", "fulfil"): SHOP,
    ("partially_fulfilled", "fulfil"): SHOP,
    ("partially_fulfilled", "deliver"): SHOP,
    ("fulfilled", "deliver"): SHOP,
    ("fulfilled", "complete"): SHOP,
    ("pending", "update"): {"customer", "staff", "admin"},
    ("processing", "update"): {"staff", "admin"},
    **{(status, "delete"): {"admin"} for status in ("completed", "cancelled", "rejected")},
    **{(status, "erase"): {"admin", "operator"} for status in ("completed", "cancelled", "rejected")},
}
HOLDS = {("processing", "process"), ("rejected", "reject"), ("cancelled", "cancel"), ("completed", "complete")}
EVER: dict[str, set[str]] = {
    str(action): set().union(*(roles for (_, name), roles in ALLOWED.items() if name == action)) for action in Action
}
WALK = list(product(Status, Action, Role))


@pytest.mark.parametrize(("status", "action", "role"), WALK)
def test_the_table_is_the_products(status: Status, action: Action, role: Role) -> None:
    assert (action in allowed_actions(status, [role])) == (role in ALLOWED.get((status, action), set()))


def _at(status: Status) -> Order:
    order = replace(an_order(), status=status)
    if status in {Status.PARTIALLY_FULFILLED, Status.FULFILLED, Status.COMPLETED}:
        shipped = 1 if status is Status.PARTIALLY_FULFILLED else 2
        parcel = Parcel("par_1", "DHL", "T1", (ParcelLine("line_1", shipped),), NOON)
        order = replace(order, parcels=(parcel,))
    return order


def _take(order: Order, action: Action, role: Role) -> Change:
    stamp, roles = a_stamp(role=role), [role]
    match action:
        case Action.PROCESS:
            return order.process(stamp, roles)
        case Action.REJECT:
            return order.reject("out_of_stock", stamp, roles)
        case Action.CANCEL:
            return order.cancel("changed my mind", stamp, roles)
        case Action.FULFIL:
            return order.fulfil(Shipment("DHL", "T2"), stamp, roles)
        case Action.DELIVER:
            return order.deliver("par_1" if order.parcels else "par_0", stamp, roles)
        case Action.DELETE:
            return order.delete(stamp, roles)
        case Action.ERASE:
            return erase(order, stamp, roles)
        case _:
            return order.complete(stamp, roles)


STEPS = [each for each in Action if each not in {Action.UPDATE, Action.DELIVER}]
"""Delivery has its own walk below; updates, which need a revision, are in test_revising.py."""


@pytest.mark.parametrize(("status", "action", "role"), [each for each in WALK if each[1] in STEPS])
def test_the_aggregate_does_what_the_table_says(status: Status, action: Action, role: Role) -> None:
    order = _at(status)
    if role not in EVER[action]:
        with pytest.raises(ActionForbidden):
            _take(order, action, role)
    elif (status, action) in HOLDS:
        assert _take(order, action, role) == Change(order)
    elif role in ALLOWED.get((status, action), set()):
        change = _take(order, action, role)
        assert change.event is not None
        assert (change.order.version, change.order.sequence) == (order.version + 1, order.sequence + 1)
        assert change.event.sequence == change.order.sequence
    else:
        with pytest.raises(IllegalTransition) as caught:
            _take(order, action, role)
        assert set(caught.value.allowed_actions) == {
            name for (at, name), roles in ALLOWED.items() if at == status and role in roles
        }
        assert caught.value.status == status


@pytest.mark.parametrize(("status", "role"), list(product(Status, Role)))
def test_delivery_is_recorded_while_something_is_on_its_way(status: Status, role: Role) -> None:
    order = _at(status)
    if role not in SHOP:
        with pytest.raises(ActionForbidden):
            _take(order, Action.DELIVER, role)
    elif status in {Status.PARTIALLY_FULFILLED, Status.FULFILLED}:
        assert _take(order, Action.DELIVER, role).order.status is status
    elif order.parcels:
        with pytest.raises(IllegalTransition):
            _take(order, Action.DELIVER, role)


def test_terminal_statuses_are_the_products() -> None:
    assert {status for status in Status if status.terminal} == {"completed", "cancelled", "rejected"}
