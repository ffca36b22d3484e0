"""When an order ends, and when it goes."""

from datetime import UTC, datetime, timedelta

import pytest

from orders.domain.erasing import erase
from orders.domain.lifecycle import Role, Status
from orders.domain.order import Order
from orders.domain.parts import ParcelLine
from orders.domain.retention import is_over, kept_until
from orders.domain.shipping import Shipment
from tests.support.builders import NOON, a_stamp, an_order

STAFF = frozenset({Role.STAFF, Role.ADMIN})
SEVEN_YEARS = NOON.replace(year=NOON.year + 7)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("end", "until"),
    [
        ("2026-03-01T12:00:00", "2033-03-01T12:00:00"),
        ("2028-02-28T23:59:59", "2035-02-28T23:59:59"),
        ("2028-02-29T00:00:00", "2035-03-01T00:00:00"),
        ("2028-02-29T12:00:00", "2035-03-01T12:00:00"),
        ("2096-02-29T12:00:00", "2103-03-01T12:00:00"),
        ("2026-12-31T23:59:59.999", "2034-01-01T00:00:00"),
        ("2026-03-01T12:00:00.001", "2033-03-01T12:00:01"),
    ],
)
def test_seven_calendar_years_and_never_less(end: str, until: str) -> None:
    assert kept_until(at(end)) == at(until)


def shipped(order: Order, when: datetime = NOON) -> Order:
    order = order.process(a_stamp(when), STAFF).order
    return order.fulfil(Shipment("DHL", "T1"), a_stamp(when), STAFF).order


def test_an_order_has_no_expiry_before_its_end() -> None:
    order = shipped(an_order())
    assert (order.status, order.expires_at, is_over(order)) == (Status.FULFILLED, None, False)


@pytest.mark.parametrize("action", ["cancel", "reject"])
def test_an_order_that_is_called_off_goes_seven_years_later(action: str) -> None:
    change = getattr(an_order(), action)("too late", a_stamp(), STAFF)
    assert change.order.expires_at == SEVEN_YEARS
    assert change.event.expires_at == SEVEN_YEARS


def test_the_delivery_of_the_last_parcel_is_an_end_and_completion_moves_it_on() -> None:
    order = shipped(an_order())
    order = order.deliver("par_1", a_stamp(), STAFF).order
    assert order.expires_at == SEVEN_YEARS
    later = NOON + timedelta(days=10)
    order = order.complete(a_stamp(later), STAFF).order
    assert order.expires_at == SEVEN_YEARS + timedelta(days=10)


def test_the_end_is_when_it_was_recorded_and_not_when_the_parcel_is_said_to_have_come() -> None:
    order = shipped(an_order())
    order = order.deliver("par_1", a_stamp(NOON + timedelta(days=2)), STAFF, NOON + timedelta(days=1)).order
    assert order.expires_at == SEVEN_YEARS + timedelta(days=2)


def test_an_order_of_which_something_is_still_to_come_is_not_over() -> None:
    order = an_order().process(a_stamp(), STAFF).order
    line = order.lines[0]
    order = order.fulfil(Shipment("DHL", "T1", lines=(ParcelLine(line.line_id, 1),)), a_stamp(), STAFF).order
    order = order.deliver("par_1", a_stamp(), STAFF).order
    assert order.status is Status.PARTIALLY_FULFILLED
    assert order.expires_at is None


def test_an_end_never_moves_back_with_a_clock() -> None:
    order = shipped(an_order()).deliver("par_1", a_stamp(NOON + timedelta(hours=1)), STAFF).order
    order = order.complete(a_stamp(), STAFF).order
    assert order.expires_at == SEVEN_YEARS + timedelta(hours=1)


def test_what_happens_after_the_end_goes_with_the_order_and_moves_nothing() -> None:
    order = an_order().cancel("too late", a_stamp(), STAFF).order
    later = a_stamp(NOON + timedelta(days=400))
    deleted = order.delete(later, STAFF)
    erased = erase(deleted.order, later, STAFF)
    for change in (deleted, erased):
        assert change.order.expires_at == SEVEN_YEARS
        assert change.event is not None
        assert change.event.expires_at == SEVEN_YEARS
