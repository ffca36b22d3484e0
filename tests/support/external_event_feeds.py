"""Feeds of external events: whole stories in order, with the expected outcome of each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from orders.contracts.report_form import bus_event
from orders.domain.events import JsonValue
from orders.domain.order import Order
from orders.domain.parts import ParcelLine
from orders.domain.reports import SOURCES, Report, ReportType
from tests.support.builders import NOON

CAPTURED, FAILED, SENT, ARRIVED, NO_STOCK = (
    ReportType.PAYMENT_CAPTURED,
    ReportType.PAYMENT_FAILED,
    ReportType.SHIPMENT_DISPATCHED,
    ReportType.SHIPMENT_DELIVERED,
    ReportType.STOCK_REJECTED,
)


@dataclass(frozen=True, slots=True)
class Story:
    """A life of an order of two units as others report it.

    Attributes:
        tells: the reports as they happen; of a parcel with the number of its shipment.
        status: what the order comes to.
        impossible: how many of the reports are for people to look at.
    """

    tells: tuple[tuple[ReportType, int], ...]
    status: str
    impossible: int = 0

    def reports(self, begins: datetime, apart: timedelta, units: Sequence[int]) -> list[Report]:
        """The reports in the order in which they happened; ``units`` are those of each parcel."""
        return [
            _report(type_, parcel, begins + number * apart, units) for number, (type_, parcel) in enumerate(self.tells)
        ]


_TWO_SENT = ((SENT, 1), (SENT, 2))
_TWO_ARRIVED = ((ARRIVED, 1), (ARRIVED, 2))
STORIES: Mapping[str, Story] = {
    "nothing yet": Story((), "pending"),
    "paid": Story(((CAPTURED, 0),), "processing"),
    "half shipped": Story(((CAPTURED, 0), (SENT, 1)), "partially_fulfilled"),
    "half arrived": Story(((CAPTURED, 0), (SENT, 1), (ARRIVED, 1)), "partially_fulfilled"),
    "shipped": Story(((CAPTURED, 0), *_TWO_SENT), "fulfilled"),
    "delivered": Story(((CAPTURED, 0), *_TWO_SENT, *_TWO_ARRIVED), "completed"),
    "delivered one by one": Story(((CAPTURED, 0), (SENT, 1), (ARRIVED, 1), (SENT, 2), (ARRIVED, 2)), "completed"),
    "declined": Story(((FAILED, 0),), "rejected"),
    "out of stock": Story(((NO_STOCK, 0),), "rejected"),
    "declined, then paid": Story(((FAILED, 0), (CAPTURED, 0)), "processing"),
    "declined twice, then delivered": Story(
        ((FAILED, 1), (FAILED, 2), (CAPTURED, 0), *_TWO_SENT, *_TWO_ARRIVED), "completed"
    ),
    "paid, then declined": Story(((CAPTURED, 0), (FAILED, 0)), "processing", impossible=1),
    "shipped and never paid": Story(((FAILED, 0), (SENT, 1)), "rejected", impossible=1),
}


def a_report(type_: ReportType, at: datetime = NOON) -> Report:
    """A report of that kind; what is shipped is one parcel of both units."""
    return _report(type_, 1, at, (2,))


def _report(type_: ReportType, parcel: int, at: datetime, units: Sequence[int]) -> Report:
    shipping: dict[str, Any] = {}
    if type_ in {SENT, ARRIVED}:
        shipping = {"carrier": "DHL", "tracking_number": f"T{parcel}"}
    if type_ is SENT:
        shipping["lines"] = (ParcelLine("line_1", units[parcel - 1]),)
    return Report(id=f"{type_}-{parcel}-{at.timestamp():.3f}", type=type_, at=at, **shipping)


def on_the_bus(order: Order, report: Report) -> dict[str, JsonValue]:
    """The report as the bus delivers it; the bus gives every delivery an id of its own."""
    return bus_event(order.tenant_id, order.order_id, report)


def entry(tenant_id: str, order_id: str, report: Report) -> dict[str, Any]:
    """The report as its sender hands it to the bus."""
    detail = bus_event(tenant_id, order_id, report)["detail"]
    return {"Source": SOURCES[report.type], "DetailType": str(report.type), "Detail": json.dumps(detail)}


def outcome(order: Order) -> dict[str, Any]:
    """Returns the order's outcome: everything but the parcels' numbers, which depend on the order of arrival."""
    parcels = {
        (each.carrier, each.tracking_number): (each.lines, each.shipped_at, each.delivered_at) for each in order.parcels
    }
    return {
        "status": str(order.status),
        "version": order.version,
        "sequence": order.sequence,
        "reason": order.reason,
        "parcels": parcels,
        "parked": order.reported.parked,
    }
