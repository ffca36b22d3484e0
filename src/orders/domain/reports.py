"""External events about an order, and the meaning of each in each status: the one table ([PIPE-11]).

Payments, fulfilment and products publish events, which arrive late, twice and in any order. This module is data;
``external_event_rules.py`` applies it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from orders.domain.lifecycle import Status
from orders.domain.parts import ParcelLine

MAX_PARKED = 32
"""Maximum number of parked reports per order; further ones are dead-lettered, to be redriven when others are done."""


class ReportType(StrEnum):
    """The external events consumed, by their name on the bus."""

    PAYMENT_CAPTURED = "PaymentCaptured"
    PAYMENT_FAILED = "PaymentFailed"
    SHIPMENT_DISPATCHED = "ShipmentDispatched"
    SHIPMENT_DELIVERED = "ShipmentDelivered"
    STOCK_REJECTED = "StockRejected"


_PAYMENTS, _FULFILMENT, _PRODUCTS = "io.bbws.payments", "io.bbws.fulfilment", "io.bbws.products"

SOURCES: Mapping[ReportType, str] = MappingProxyType(
    {
        ReportType.PAYMENT_CAPTURED: _PAYMENTS,
        ReportType.PAYMENT_FAILED: _PAYMENTS,
        ReportType.SHIPMENT_DISPATCHED: _FULFILMENT,
        ReportType.SHIPMENT_DELIVERED: _FULFILMENT,
        ReportType.STOCK_REJECTED: _PRODUCTS,
    }
)
"""The trusted ``source`` on the bus of each type."""

REASONS: Mapping[ReportType, str] = MappingProxyType(
    {ReportType.PAYMENT_FAILED: "payment_failed", ReportType.STOCK_REJECTED: "out_of_stock"}
)
"""The reason of a rejection whose report gives none."""


@dataclass(frozen=True, slots=True)
class Report:
    """One event of another service.

    Attributes:
        id: the sender's event id, stable across retries.
        at: when it happened, by the sender's clock; decides between conflicting events.
        carrier, tracking_number: identify the parcel of a shipment's event.
        lines: the shipped lines; ``None`` for everything outstanding.
    """

    id: str
    type: ReportType
    at: datetime
    reason_code: str | None = None
    carrier: str | None = None
    tracking_number: str | None = field(default=None, repr=False)
    tracking_url: str | None = field(default=None, repr=False)
    lines: tuple[ParcelLine, ...] | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """An order's record of external events.

    Attributes:
        revision: incremented by each write of this record without a change of the order, as an optimistic lock between
            the two kinds of write.
        parked: events that wait for a transition, in order of arrival.
        captured_at: time of the latest payment capture.
        failed_at: time of the failed payment for which the order was rejected.
    """

    revision: int = 0
    parked: tuple[Report, ...] = ()
    captured_at: datetime | None = None
    failed_at: datetime | None = None

    def with_parked(self, report: Report) -> "Reported":
        """Returns the record with that event, not parked yet, as the last of the parked ones."""
        return replace(self, parked=(*self.parked, report))

    def without(self, report: Report) -> "Reported":
        """Returns the record without that parked event."""
        return replace(self, parked=tuple(each for each in self.parked if each.id != report.id))

    def holds(self, report: Report) -> bool:
        """Returns whether the event is parked already."""
        return any(each.id == report.id for each in self.parked)

    def by_time(self) -> tuple[Report, ...]:
        """Returns the parked events by the time they happened."""
        return tuple(sorted(self.parked, key=lambda each: (each.at, each.id)))


NOTHING_REPORTED = Reported()


class Reaction(StrEnum):
    """Reactions to an external event."""

    ACT = "act"
    """Take the report's action; if the life cycle refuses it, the report is impossible."""
    WAIT = "wait"
    """Park the report until the order reaches the status that it needs."""
    PASS = "pass"  # noqa: S105 - not a password
    """Obsolete: the report's effect is in place already, or no longer matters."""
    REFUSE = "refuse"
    """Impossible: the report needs an operator's attention."""
    BY_TIME = "by_time"
    """Contradicts another report: obsolete if that one is later, else impossible."""
    BY_PARCEL = "by_parcel"
    """Depends on its parcel: shipped, still to come, or unknown."""


def _row(act: str = "", wait: str = "", passed: str = "", by_time: str = "") -> Mapping[Status, Reaction]:
    named = {
        Reaction.ACT: act,
        Reaction.WAIT: wait,
        Reaction.PASS: passed,
        Reaction.BY_TIME: by_time,
    }
    found = {Status(name): reaction for reaction, names in named.items() for name in names.split()}
    return MappingProxyType({status: found.get(status, Reaction.REFUSE) for status in Status})


REACTIONS: Mapping[ReportType, Mapping[Status, Reaction]] = MappingProxyType(
    {
        # A capture later than the failure that closed the order should have won, and can't any more: money was taken
        # for an order that will not be delivered.
        ReportType.PAYMENT_CAPTURED: _row(
            act="pending",
            passed="processing partially_fulfilled fulfilled completed cancelled",
            by_time="rejected",
        ),
        # An order in processing can't be rejected: a failure after the capture needs an operator.
        ReportType.PAYMENT_FAILED: _row(
            act="pending",
            passed="cancelled rejected",
            by_time="processing partially_fulfilled fulfilled completed",
        ),
        ReportType.STOCK_REJECTED: _row(act="pending", passed="fulfilled completed cancelled rejected"),
        # Once everything has shipped, only a recorded parcel is plausible; the aggregate decides.
        ReportType.SHIPMENT_DISPATCHED: _row(act="processing partially_fulfilled fulfilled completed", wait="pending"),
        ReportType.SHIPMENT_DELIVERED: MappingProxyType(
            dict.fromkeys(Status, Reaction.REFUSE)
            | {Status.PENDING: Reaction.WAIT, Status.PROCESSING: Reaction.WAIT}
            | dict.fromkeys((Status.PARTIALLY_FULFILLED, Status.FULFILLED, Status.COMPLETED), Reaction.BY_PARCEL)
        ),
    }
)
"""Report by status. What isn't named is refused."""
