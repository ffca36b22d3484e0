"""Applies external events to an order, by the table in ``reports.py``.

Everything here is idempotent: an event whose effect is there changes nothing.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from orders.domain.clocks import BACKDATED, is_long_before
from orders.domain.errors import DomainError
from orders.domain.events import Stamp
from orders.domain.lifecycle import Role, Status
from orders.domain.order import Change, Order
from orders.domain.parts import Parcel, parcels_known_as
from orders.domain.reports import MAX_PARKED, REACTIONS, REASONS, Reaction, Report, Reported, ReportType
from orders.domain.shipping import Shipment, arrived_before_shipping

_WITH_EFFECT = frozenset({Reaction.ACT, Reaction.WAIT})

REPORTERS: frozenset[Role] = frozenset({Role.SERVICE})
"""In which role other services' reports move orders."""


class ImpossibleReport(DomainError):
    """An event can't be true of the order, now or ever, and needs an operator."""

    def __init__(self, report: Report, order: Order, why: str) -> None:
        self.report_id = report.id
        self.type = report.type
        self.status = order.status
        super().__init__(f"{report.type} of an order that is {order.status}: {why}")


class TooManyParked(DomainError):
    """More events arrived too early than an order can park."""

    def __init__(self, report: Report) -> None:
        self.report_id = report.id
        super().__init__(f"{report.type} came too early, and {MAX_PARKED} reports wait already; send it again later")


def held_for(order: Order, report: Report, stamp: Stamp, hold: timedelta) -> timedelta:
    """Returns how long an event must be delayed before it is applied; zero for now.

    A failed payment may be followed by, or may have overtaken, the capture of another attempt. A rejection is final, so
    a failure is applied only at this age.
    """
    if report.type is not ReportType.PAYMENT_FAILED or reaction_to(order, report) is Reaction.PASS:
        return timedelta(0)
    return max(report.at + hold - stamp.at, timedelta(0))


def reaction_to(order: Order, report: Report) -> Reaction:
    """Returns the reaction to the event: act, wait, pass or refuse."""
    reaction = REACTIONS[report.type][order.status]
    if reaction is Reaction.BY_TIME:
        reaction = _by_time(order.reported, report)
    elif reaction is Reaction.BY_PARCEL:
        reaction = _by_parcel(order, report)
    if reaction in _WITH_EFFECT and is_long_before(report.at, order.created_at) and not _has_its_effect(order, report):
        return Reaction.REFUSE
    return reaction


def hear(order: Order, report: Report, stamp: Stamp, roles: Collection[Role] = REPORTERS) -> Change:
    """Applies the next step of an event; ``Change.event`` is ``None`` if the order itself does not change.

    The last step also removes the event from the parked ones, in the same write; after a crash between two steps
    another delivery completes it.

    Raises:
        ImpossibleReport, TooManyParked: it can't be applied or parked.
        DomainError: the life cycle, or the outstanding quantities, forbid its action.
    """
    match reaction_to(order, report):
        case Reaction.WAIT:
            return Change(_parked(order, report))
        case Reaction.PASS:
            return Change(_settled(order, report))
        case Reaction.ACT:
            change = _act(order, report, stamp, roles)
            return (
                change if _more_to_do(change.order, report) else replace(change, order=_settled(change.order, report))
            )
        case _:
            raise ImpossibleReport(report, order, _why_impossible(order, report))


def hear_parked(order: Order, report: Report, stamp: Stamp, roles: Collection[Role] = REPORTERS) -> Change:
    """Applies the next step of a parked event; does nothing if it is no longer parked. Raises: as ``hear``."""
    return hear(order, report, stamp, roles) if order.reported.holds(report) else Change(order)


def dropped(order: Order, report: Report) -> Change:
    """Returns the order without a parked event that is handled elsewhere."""
    return Change(replace(order, reported=order.reported.without(report)))


def parcel_of(order: Order, report: Report) -> Parcel | None:
    """Returns the recorded parcel that a shipment's event is about."""
    return next(iter(parcels_known_as(order.parcels, report.carrier, report.tracking_number)), None)


def _has_its_effect(order: Order, report: Report) -> bool:
    """Returns whether the parcel is recorded as the shipment's event says, so that it is a duplicate."""
    parcel = parcel_of(order, report)
    return parcel is not None and (report.type is ReportType.SHIPMENT_DISPATCHED or parcel.delivered_at is not None)


def _by_time(reported: Reported, report: Report) -> Reaction:
    if report.type is ReportType.PAYMENT_CAPTURED:
        # Rejected by the shop or for lack of stock: the payment service gets that event too.
        late = reported.failed_at is None or report.at < reported.failed_at
    else:
        late = reported.captured_at is not None and report.at <= reported.captured_at
    return Reaction.PASS if late else Reaction.REFUSE


def _by_parcel(order: Order, report: Report) -> Reaction:
    parcel = parcel_of(order, report)
    if parcel is None:
        return Reaction.WAIT if order.status is Status.PARTIALLY_FULFILLED else Reaction.REFUSE
    if order.status is Status.COMPLETED:
        return Reaction.PASS
    impossible = parcel.delivered_at is None and arrived_before_shipping(parcel, report.at)
    return Reaction.REFUSE if impossible else Reaction.ACT


def _why_impossible(order: Order, report: Report) -> str:
    if is_long_before(report.at, order.created_at):
        return f"it happened more than {BACKDATED.days} days before the order was placed, by its sender's clock"
    match report.type:
        case ReportType.PAYMENT_CAPTURED:
            return "it was rejected for a payment that had failed before; the money has to be returned"
        case ReportType.PAYMENT_FAILED:
            return "it is worked on, and no later capture is known; decide whether to cancel it"
        case ReportType.SHIPMENT_DELIVERED if parcel_of(order, report):
            return "it arrived before its parcel was shipped, by the times of both; if it is there, say so by the API"
        case ReportType.SHIPMENT_DELIVERED if order.parcels:
            return "everything has shipped, and no parcel has this carrier and tracking number"
        case _:
            return "an order in this status does not allow it"


def _parked(order: Order, report: Report) -> Order:
    if order.reported.holds(report):
        return order
    if len(order.reported.parked) >= MAX_PARKED:
        raise TooManyParked(report)
    return replace(order, reported=order.reported.with_parked(report))


def _settled(order: Order, report: Report) -> Order:
    """Removes the event from the parked ones, and records it where later ones may conflict with it."""
    reported = order.reported.without(report)
    captured = reported.captured_at
    if report.type is ReportType.PAYMENT_CAPTURED and (captured is None or report.at > captured):
        reported = replace(reported, captured_at=report.at)
    return order if reported == order.reported else replace(order, reported=reported)


def _act(order: Order, report: Report, stamp: Stamp, roles: Collection[Role]) -> Change:
    match report.type:
        case ReportType.PAYMENT_CAPTURED:
            return order.process(stamp, roles)
        case ReportType.PAYMENT_FAILED:
            change = order.reject(_reason(report), stamp, roles)
            failed = replace(change.order.reported, failed_at=report.at)
            return replace(change, order=replace(change.order, reported=failed))
        case ReportType.STOCK_REJECTED:
            return order.reject(_reason(report), stamp, roles)
        case ReportType.SHIPMENT_DISPATCHED:
            return order.fulfil(_shipment(report), stamp, roles)
        case ReportType.SHIPMENT_DELIVERED:
            return _deliver(order, report, stamp, roles)


def _deliver(order: Order, report: Report, stamp: Stamp, roles: Collection[Role]) -> Change:
    parcel = parcel_of(order, report)
    if parcel is not None and parcel.delivered_at is None:
        return order.deliver(parcel.parcel_id, stamp, roles, report.at)
    return order.complete(stamp, roles) if _all_arrived(order) else Change(order)


def _more_to_do(order: Order, report: Report) -> bool:
    return report.type is ReportType.SHIPMENT_DELIVERED and _all_arrived(order)


def _all_arrived(order: Order) -> bool:
    return order.status is Status.FULFILLED and all(parcel.delivered_at for parcel in order.parcels)


def _reason(report: Report) -> str:
    return report.reason_code or REASONS[report.type]


def _shipment(report: Report) -> Shipment:
    return Shipment(
        carrier=report.carrier or "",
        tracking_number=report.tracking_number or "",
        tracking_url=report.tracking_url,
        lines=report.lines,
        shipped_at=report.at,
    )
