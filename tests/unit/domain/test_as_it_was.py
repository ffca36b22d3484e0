"""An order as of an event does not depend on when it is reconstructed ([PIPE-15])."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.domain.as_it_was import as_it_was
from orders.domain.events import Actor, EventType, OrderEvent, Stamp
from orders.domain.lifecycle import Role, Status
from orders.domain.order import Change, Order
from orders.domain.parts import ParcelLine
from orders.domain.shipping import Shipment
from tests.support.builders import NOON, a_line, an_order

STAFF = [Role.STAFF]
STAMP = Stamp(NOON, Actor("staff_1", Role.STAFF))


def told(order: Order, event: OrderEvent) -> Order:
    parcel_id = event.data.get("parcel_id")
    return as_it_was(order, event.type, event.sequence, parcel_id if isinstance(parcel_id, str) else None)


def facts(order: Order) -> tuple[object, ...]:
    return order.status, order.reason, order.parcels, order.open_quantities(), order.lines, order.totals


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans(), st.integers(0, 9)), max_size=12), st.booleans())
def test_at_any_later_time_it_is_what_it_was_right_after_the_event(
    steps: list[tuple[int, bool, int]], complete: bool
) -> None:
    order = an_order(lines=(a_line(quantity=6), a_line(product_id="p2", quantity=5)))
    moments: list[tuple[Order, OrderEvent]] = []

    def take(change: Change) -> Order:
        if change.event is not None:
            moments.append((change.order, change.event))
        return change.order

    order = take(order.process(STAMP, STAFF))
    for number, (quantity, deliver, which) in enumerate(steps):
        line_id, left = max(order.open_quantities().items(), key=lambda each: each[1])
        if left:
            lines = (ParcelLine(line_id, min(quantity, left)),)
            order = take(order.fulfil(Shipment("DHL", f"T{number}", lines=lines), STAMP, STAFF))
        if deliver:
            order = take(order.deliver(order.parcels[which % len(order.parcels)].parcel_id, STAMP, STAFF))
    if complete and order.status is Status.FULFILLED:
        order = take(order.complete(STAMP, STAFF))
    mailed = [EventType.PROCESSING, EventType.FULFILLED, EventType.COMPLETED]
    for then, event in moments:
        if event.type in mailed:
            assert facts(told(order, event)) == facts(then)


@pytest.mark.parametrize("end", ["cancel", "reject"])
def test_what_came_in_is_not_yet_called_off(end: str) -> None:
    created = an_order()
    ended = getattr(created, end)("no longer wanted", STAMP, STAFF).order
    assert facts(as_it_was(ended, EventType.CREATED, 1)) == facts(created)
    type_ = EventType.CANCELLED if end == "cancel" else EventType.REJECTED
    assert facts(as_it_was(ended, type_, 2)) == facts(ended)


def test_what_came_in_has_not_shipped() -> None:
    created = an_order()
    shipped = created.process(STAMP, STAFF).order.fulfil(Shipment("DHL", "T1"), STAMP, STAFF).order
    assert facts(as_it_was(shipped, EventType.CREATED, 1)) == facts(created)


def test_of_orders_from_before_arrivals_had_a_sequence_the_parcel_told_of_is_on_its_way() -> None:
    order = an_order().process(STAMP, STAFF).order
    for number in (1, 2):
        lines = (ParcelLine("line_1", 1),)
        order = order.fulfil(Shipment("DHL", f"T{number}", lines=lines), STAMP, STAFF).order
    for number in (1, 2):
        order = order.deliver(f"par_{number}", STAMP, STAFF).order
    old = replace(order, parcels=tuple(replace(parcel, delivered_in=None) for parcel in order.parcels))
    first, second = (as_it_was(old, EventType.FULFILLED, number + 2, f"par_{number}") for number in (1, 2))
    assert [bool(parcel.delivered_at) for parcel in first.parcels] == [False]
    assert (first.status, first.open_quantities()) == (Status.PARTIALLY_FULFILLED, {"line_1": 1})
    assert [bool(parcel.delivered_at) for parcel in second.parcels] == [True, False]
    assert (second.status, second.open_quantities()) == (Status.FULFILLED, {"line_1": 0})


def test_without_the_parcels_name_it_is_the_latest() -> None:
    order = an_order().process(STAMP, STAFF).order.fulfil(Shipment("DHL", "T1"), STAMP, STAFF).order
    for unknown in (None, "par_9"):
        assert facts(as_it_was(order, EventType.FULFILLED, 3, unknown)) == facts(order)
