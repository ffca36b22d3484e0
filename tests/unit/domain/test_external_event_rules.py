"""Effects of external events on an order: the table, conflicts by time, parking ([PIPE-11])."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orders.domain.clocks import CLOCK_SKEW
from orders.domain.erasing import erase
from orders.domain.errors import IllegalTransition, InvalidOrder, ParcelConflict
from orders.domain.events import Actor, EventType, Stamp
from orders.domain.external_event_rules import (
    ImpossibleReport,
    TooManyParked,
    dropped,
    hear,
    hear_parked,
    held_for,
    reaction_to,
)
from orders.domain.lifecycle import Role, Status
from orders.domain.order import Change, Order
from orders.domain.parts import Parcel, ParcelLine
from orders.domain.reports import MAX_PARKED, REACTIONS, SOURCES, Reaction, Report, ReportType
from tests.support.builders import NOON, an_order

HOUR = timedelta(hours=1)
STAMP = Stamp(NOON + 3 * HOUR, Actor("io.bbws.fulfilment", "service"))
TWO = (ParcelLine("line_1", 2),)
ONE = (ParcelLine("line_1", 1),)


def a_report(type_: ReportType, **facts: Any) -> Report:
    given: dict[str, Any] = {"id": f"evt-{type_}", "type": type_, "at": NOON}
    if type_ in {ReportType.SHIPMENT_DISPATCHED, ReportType.SHIPMENT_DELIVERED}:
        given |= {"carrier": "DHL", "tracking_number": "T1"}
    if type_ is ReportType.SHIPMENT_DISPATCHED:
        given["lines"] = TWO
    return Report(**(given | facts))


def a_parcel(number: int = 1, **facts: Any) -> Parcel:
    return replace(Parcel(f"par_{number}", "DHL", f"T{number}", ONE, NOON), **facts)


def in_status(status: Status) -> Order:
    """An order of two units; what has shipped by then has shipped in parcels T1 and T2."""
    parcels = {
        Status.PARTIALLY_FULFILLED: (a_parcel(1),),
        Status.FULFILLED: (a_parcel(1), a_parcel(2)),
        Status.COMPLETED: (a_parcel(1, delivered_at=NOON), a_parcel(2, delivered_at=NOON)),
    }
    return an_order(status=status, parcels=parcels.get(status, ()))


A, W, P, R = Reaction.ACT, Reaction.WAIT, Reaction.PASS, Reaction.REFUSE
# pending, processing, partially fulfilled, fulfilled, completed, cancelled, rejected
EXPECTED = {
    ReportType.PAYMENT_CAPTURED: (A, P, P, P, P, P, P),
    ReportType.PAYMENT_FAILED: (A, R, R, R, R, P, P),
    ReportType.STOCK_REJECTED: (A, R, R, P, P, P, P),
    ReportType.SHIPMENT_DISPATCHED: (W, A, A, A, A, R, R),
    ReportType.SHIPMENT_DELIVERED: (W, W, A, A, P, R, R),
}


@pytest.mark.parametrize(
    ("type_", "status", "expected"),
    [(type_, *pair) for type_, row in EXPECTED.items() for pair in zip(Status, row, strict=True)],
)
def test_each_report_in_each_status(type_: ReportType, status: Status, expected: Reaction) -> None:
    assert reaction_to(in_status(status), a_report(type_)) is expected


def test_the_table_has_every_report_and_status() -> None:
    assert set(REACTIONS) == set(SOURCES) == set(EXPECTED) == set(ReportType)
    assert all(set(row) == set(Status) for row in REACTIONS.values())


def test_a_capture_processes_and_a_failure_rejects_with_its_code() -> None:
    captured = hear(in_status(Status.PENDING), a_report(ReportType.PAYMENT_CAPTURED), STAMP)
    assert (captured.order.status, captured.event and captured.event.type) == ("processing", EventType.PROCESSING)
    assert captured.order.reported.captured_at == NOON
    declined = a_report(ReportType.PAYMENT_FAILED, reason_code="card_declined")
    rejected = hear(in_status(Status.PENDING), declined, STAMP)
    assert (rejected.order.status, rejected.order.reason) == ("rejected", "card_declined")
    assert rejected.event is not None
    assert rejected.event.data["reason_code"] == "card_declined"
    assert rejected.order.reported.failed_at == NOON


@pytest.mark.parametrize(
    ("type_", "reason"), [(ReportType.PAYMENT_FAILED, "payment_failed"), (ReportType.STOCK_REJECTED, "out_of_stock")]
)
def test_a_rejection_without_a_reason_says_what_kind_it_is(type_: ReportType, reason: str) -> None:
    assert hear(in_status(Status.PENDING), a_report(type_), STAMP).order.reason == reason


@pytest.mark.parametrize("type_", ReportType)
@pytest.mark.parametrize("status", Status)
def test_heard_to_its_end_it_changes_nothing_when_it_comes_again(type_: ReportType, status: Status) -> None:
    report, order = a_report(type_), in_status(status)
    try:
        order = to_the_end(order, report)
    except (ImpossibleReport, IllegalTransition, InvalidOrder, ParcelConflict):
        return
    assert hear(order, report, STAMP).order is order


def to_the_end(order: Order, report: Report) -> Order:
    while (after := hear(order, report, STAMP).order) != order:
        order = after
    return order


def test_a_parcel_ships_and_with_the_last_to_arrive_the_order_is_completed() -> None:
    order = in_status(Status.PROCESSING)
    for number in (1, 2):
        sent = a_report(ReportType.SHIPMENT_DISPATCHED, tracking_number=f"T{number}", lines=ONE)
        order = to_the_end(order, sent)
    assert order.status is Status.FULFILLED
    assert [parcel.shipped_at for parcel in order.parcels] == [NOON, NOON]
    order = to_the_end(order, a_report(ReportType.SHIPMENT_DELIVERED, tracking_number="T2", at=NOON + HOUR))
    assert order.status is Status.FULFILLED
    order = to_the_end(order, a_report(ReportType.SHIPMENT_DELIVERED, at=NOON + 2 * HOUR))
    assert order.status is Status.COMPLETED
    assert [parcel.delivered_at for parcel in order.parcels] == [NOON + 2 * HOUR, NOON + HOUR]


def test_impossible_shipments_are_refused_with_their_reason() -> None:
    other_lines = a_report(ReportType.SHIPMENT_DISPATCHED, lines=TWO)
    with pytest.raises(ParcelConflict):
        hear(in_status(Status.PARTIALLY_FULFILLED), other_lines, STAMP)
    with pytest.raises(InvalidOrder, match="more than the 1 still open"):
        hear(in_status(Status.PARTIALLY_FULFILLED), replace(other_lines, tracking_number="T9"), STAMP)
    with pytest.raises(IllegalTransition):
        hear(in_status(Status.FULFILLED), replace(other_lines, tracking_number="T9"), STAMP)
    unknown = a_report(ReportType.SHIPMENT_DELIVERED, tracking_number="T9")
    with pytest.raises(ImpossibleReport, match="no parcel has this carrier and tracking number"):
        hear(in_status(Status.FULFILLED), unknown, STAMP)
    with pytest.raises(ImpossibleReport, match="an order that is cancelled"):
        hear(in_status(Status.CANCELLED), other_lines, STAMP)


def test_what_arrived_before_it_was_shipped_is_for_people_until_somebody_has_said_that_it_is_there() -> None:
    shipped = in_status(Status.PARTIALLY_FULFILLED)
    early = a_report(ReportType.SHIPMENT_DELIVERED, at=NOON - HOUR, carrier="dhl")
    with pytest.raises(ImpossibleReport, match="it arrived before its parcel was shipped"):
        hear(shipped, early, STAMP)
    within = replace(early, at=NOON - CLOCK_SKEW)
    assert hear(shipped, within, STAMP).order.parcel("par_1").delivered_at == NOON - CLOCK_SKEW
    said = shipped.deliver("par_1", STAMP, [Role.STAFF]).order
    assert hear(said, early, STAMP) == Change(said)


def test_the_carriers_case_makes_no_other_parcel() -> None:
    shipped = in_status(Status.PARTIALLY_FULFILLED)
    sent = a_report(ReportType.SHIPMENT_DISPATCHED, carrier="dhl", lines=ONE)
    assert hear(shipped, sent, STAMP) == Change(shipped)
    arrived = a_report(ReportType.SHIPMENT_DELIVERED, carrier="Dhl", at=NOON + HOUR)
    (parcel,) = hear(shipped, arrived, STAMP).order.parcels
    assert (parcel.carrier, parcel.delivered_at) == ("DHL", NOON + HOUR)


@pytest.mark.parametrize(("booked", "told"), [("JD0146\u200b", "JD0146"), ("JD-0146", "jd\u20110146")])
def test_a_parcel_is_heard_of_by_its_number_however_it_was_pasted(booked: str, told: str) -> None:
    shipped = replace(in_status(Status.PARTIALLY_FULFILLED), parcels=(a_parcel(tracking_number=booked),))
    sent = a_report(ReportType.SHIPMENT_DISPATCHED, tracking_number=told, lines=ONE)
    assert hear(shipped, sent, STAMP) == Change(shipped)
    arrived = a_report(
        ReportType.SHIPMENT_DELIVERED, tracking_number=told, carrier="\uff24\uff28\uff2c", at=NOON + HOUR
    )
    (parcel,) = hear(shipped, arrived, STAMP).order.parcels
    assert (parcel.tracking_number, parcel.delivered_at) == (booked, NOON + HOUR)


def test_of_two_parcels_alike_the_one_of_that_very_number_arrives() -> None:
    twins = (a_parcel(1, tracking_number="T1\u200b"), a_parcel(2, tracking_number="T1"))
    order = replace(in_status(Status.FULFILLED), parcels=twins)
    after = to_the_end(order, a_report(ReportType.SHIPMENT_DELIVERED, at=NOON + HOUR))
    assert [each.delivered_at for each in after.parcels] == [None, NOON + HOUR]
    assert to_the_end(after, a_report(ReportType.SHIPMENT_DELIVERED, at=NOON + HOUR)) == after


def test_parked_reports_of_one_parcel_make_one_however_they_were_written() -> None:
    order = in_status(Status.PENDING)
    for number, written in enumerate(("T1", "t1\u200b")):
        sent = a_report(ReportType.SHIPMENT_DISPATCHED, id=f"evt-{number}", tracking_number=written, lines=ONE)
        order = hear(order, sent, STAMP).order
    order = order.process(STAMP, [Role.STAFF]).order
    for report in order.reported.by_time():
        order = hear_parked(order, report, STAMP).order
    assert [each.tracking_number for each in order.parcels] == ["T1"]
    assert order.reported.parked == ()


# -- contradictions go by time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "expected"), [(-HOUR, P), (timedelta(0), P), (HOUR, R)])
def test_a_failure_before_the_capture_is_obsolete_and_one_after_it_is_for_people(
    after: timedelta, expected: Reaction
) -> None:
    order = hear(in_status(Status.PENDING), a_report(ReportType.PAYMENT_CAPTURED), STAMP).order
    failed = a_report(ReportType.PAYMENT_FAILED, at=NOON + after)
    assert reaction_to(order, failed) is expected


@pytest.mark.parametrize(("after", "expected"), [(-HOUR, P), (timedelta(0), R), (HOUR, R)])
def test_a_capture_before_the_failure_is_obsolete_and_one_after_it_is_for_people(
    after: timedelta, expected: Reaction
) -> None:
    order = hear(in_status(Status.PENDING), a_report(ReportType.PAYMENT_FAILED), STAMP).order
    captured = a_report(ReportType.PAYMENT_CAPTURED, at=NOON + after)
    assert reaction_to(order, captured) is expected


def test_the_latest_capture_counts_also_of_an_order_that_staff_had_confirmed() -> None:
    order = in_status(Status.PROCESSING)
    for at in (NOON + HOUR, NOON):
        change = hear(order, a_report(ReportType.PAYMENT_CAPTURED, at=at), STAMP)
        assert change.event is None
        order = change.order
    assert order.reported.captured_at == NOON + HOUR


def test_a_failure_is_kept_back_until_it_is_old_enough() -> None:
    hold = timedelta(seconds=30)
    failed = a_report(ReportType.PAYMENT_FAILED)
    at = replace(STAMP, at=NOON + timedelta(seconds=12))
    assert held_for(in_status(Status.PENDING), failed, at, hold) == timedelta(seconds=18)
    assert held_for(in_status(Status.PROCESSING), failed, at, hold) == timedelta(seconds=18)
    assert not held_for(in_status(Status.PENDING), failed, STAMP, hold)
    assert not held_for(in_status(Status.CANCELLED), failed, at, hold)
    assert not held_for(in_status(Status.PENDING), a_report(ReportType.STOCK_REJECTED), at, hold)


# -- what comes too early ----------------------------------------------------------------------------------------------


def test_what_is_too_early_waits_on_the_order_once_and_changes_nothing_else() -> None:
    order = in_status(Status.PENDING)
    arrived, sent = a_report(ReportType.SHIPMENT_DELIVERED, at=NOON + HOUR), a_report(ReportType.SHIPMENT_DISPATCHED)
    for report in (arrived, sent, sent):
        change = hear(order, report, STAMP)
        assert change.event is None
        assert replace(change.order, reported=order.reported) == order
        order = change.order
    assert order.reported.parked == (arrived, sent)
    assert order.reported.by_time() == (sent, arrived)
    assert "T1" not in repr(order)


def test_with_the_last_step_it_is_no_longer_parked() -> None:
    sent, arrived = a_report(ReportType.SHIPMENT_DISPATCHED), a_report(ReportType.SHIPMENT_DELIVERED)
    order = in_status(Status.PENDING)
    for report in (sent, arrived):
        order = hear(order, report, STAMP).order
    order = hear(order, a_report(ReportType.PAYMENT_CAPTURED), STAMP).order
    shipped = hear_parked(order, sent, STAMP)
    assert (shipped.order.status, shipped.order.reported.parked) == (Status.FULFILLED, (arrived,))
    delivered = hear_parked(shipped.order, arrived, STAMP)
    assert delivered.event is not None
    assert delivered.event.type is EventType.DELIVERED
    # Whoever dies here leaves it parked, and the next one completes the order.
    assert delivered.order.reported.parked == (arrived,)
    completed = hear_parked(delivered.order, arrived, STAMP)
    assert (completed.order.status, completed.order.reported.parked) == (Status.COMPLETED, ())
    assert hear_parked(completed.order, arrived, STAMP).order is completed.order


def test_parked_reports_are_limited_in_number() -> None:
    order = in_status(Status.PENDING)
    for number in range(MAX_PARKED):
        order = hear(order, a_report(ReportType.SHIPMENT_DISPATCHED, id=f"evt-{number}"), STAMP).order
    assert hear(order, a_report(ReportType.SHIPMENT_DISPATCHED, id="evt-0"), STAMP).order == order
    with pytest.raises(TooManyParked, match="32 reports wait already"):
        hear(order, a_report(ReportType.SHIPMENT_DISPATCHED, id="evt-x"), STAMP)
    assert len(dropped(order, order.reported.parked[3]).order.reported.parked) == MAX_PARKED - 1


def test_erasing_forgets_what_waits() -> None:
    report = a_report(ReportType.SHIPMENT_DISPATCHED)
    order = hear(in_status(Status.PENDING), report, STAMP).order
    erased = erase(replace(order, status=Status.REJECTED), STAMP, [Role.ADMIN]).order
    assert erased.reported.parked == ()


LONG_AGO = NOON.replace(year=1990)
MONTH = timedelta(days=30)


@pytest.mark.parametrize("type_", ReportType)
@pytest.mark.parametrize("status", Status)
def test_what_happened_long_before_the_order_changes_nothing(type_: ReportType, status: Status) -> None:
    order, report = in_status(status), a_report(type_, at=LONG_AGO, tracking_number="T9")
    try:
        change = hear(order, report, STAMP)
    except ImpossibleReport as error:
        impossible = error
    else:
        assert (change.event, change.order.status, change.order.reported.parked) == (None, status, ())
        return
    if EXPECTED[type_][list(Status).index(status)] in {A, W}:
        assert "more than 30 days before the order was placed" in str(impossible)


def test_an_order_that_was_entered_late_may_have_been_paid_and_sent_before() -> None:
    paid = hear(in_status(Status.PENDING), a_report(ReportType.PAYMENT_CAPTURED, at=NOON - MONTH), STAMP).order
    sent = hear(paid, a_report(ReportType.SHIPMENT_DISPATCHED, at=NOON - MONTH), STAMP).order
    assert (sent.status, sent.parcels[0].shipped_at) == (Status.FULFILLED, NOON - MONTH)


def test_one_that_was_carried_out_when_nobody_looked_may_come_again() -> None:
    order = in_status(Status.FULFILLED)
    again = a_report(ReportType.SHIPMENT_DISPATCHED, at=LONG_AGO, lines=ONE)
    assert hear(order, again, STAMP).event is None


def test_one_that_was_parked_when_nobody_looked_becomes_impossible() -> None:
    report = a_report(ReportType.SHIPMENT_DISPATCHED, at=LONG_AGO)
    waiting = in_status(Status.PROCESSING)
    parked = replace(waiting, reported=waiting.reported.with_parked(report))
    with pytest.raises(ImpossibleReport):
        hear_parked(parked, report, STAMP)
