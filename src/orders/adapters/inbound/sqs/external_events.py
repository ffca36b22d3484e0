"""What payments, fulfilment and products report, as their events have it on the bus.

Members beside these are theirs to add; those that are here are checked, so that what can't be used is a dead letter
with its reason and not a half-done change.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.adapters.wire.fields import Carrier, Key, Moment, Quantity, TrackingNumber, Url
from orders.domain.identity import ORDER_ID_PATTERN
from orders.domain.parts import ParcelLine
from orders.domain.placing import MAX_LINES
from orders.domain.reports import Report, ReportType

_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


class _Tolerant(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)


class ReportDetail(_Tolerant):
    """What every report says."""

    event_id: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,128}$")]
    """The sender's own; the same however often the event is sent."""
    occurred_at: Moment
    """When it happened, by the sender's clock: contradictory reports go by it."""
    tenant_id: Key
    """The shop whose order it is."""
    order_id: Annotated[str, StringConstraints(pattern=ORDER_ID_PATTERN)]
    """The order."""
    traceparent: Annotated[str, StringConstraints(pattern=r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")] | None = None
    """W3C trace context of what caused it."""

    def facts(self) -> dict[str, Any]:
        """What it says beyond that, by the names in ``Report``."""
        return {}


class PaymentCapturedDetail(ReportDetail):
    """A payment of the order was captured: a pending order is processed."""


class _Refusal(ReportDetail):
    reason_code: Annotated[str, StringConstraints(max_length=200)] | None = Field(default=None, repr=False)
    """Why, as a code such as `card_declined`; anything else is passed over."""

    def facts(self) -> dict[str, Any]:
        """See ``ReportDetail.facts``."""
        return {"reason_code": self.reason_code if _CODE.fullmatch(self.reason_code or "") else None}


class PaymentFailedDetail(_Refusal):
    """A payment of the order has failed for good: a pending order is rejected, unless a later capture follows."""


class StockRejectedDetail(_Refusal):
    """What was ordered is not there: a pending order is rejected."""


class ShippedLine(_Tolerant):
    """How many units of a line a parcel carries."""

    line_id: Key
    quantity: Quantity


class _Shipping(ReportDetail):
    carrier: Carrier = Field(repr=False)
    """Who carries it; case, width, kinds of hyphens and blanks, and characters that nobody sees make no difference."""
    tracking_number: TrackingNumber = Field(repr=False)
    """The carrier's number of the parcel, which with the carrier names it; compared as the carrier is."""

    def facts(self) -> dict[str, Any]:
        """See ``ReportDetail.facts``."""
        return {"carrier": self.carrier, "tracking_number": self.tracking_number}


class ShipmentDispatchedDetail(_Shipping):
    """A parcel has left: what it carries is fulfilled."""

    tracking_url: Url | None = Field(default=None, repr=False)
    """Where the customer can follow it."""
    lines: Annotated[list[ShippedLine], Field(min_length=1, max_length=MAX_LINES)]
    """What it carries. Named in every event: all that is open is something else in another order of events."""

    def facts(self) -> dict[str, Any]:
        """See ``ReportDetail.facts``."""
        lines = tuple(ParcelLine(line.line_id, line.quantity) for line in self.lines)
        return {**super().facts(), "tracking_url": self.tracking_url, "lines": lines}


class ShipmentDeliveredDetail(_Shipping):
    """A parcel has arrived; with the last one of a fulfilled order, the order is completed."""


DETAILS: Mapping[ReportType, type[ReportDetail]] = MappingProxyType(
    {
        ReportType.PAYMENT_CAPTURED: PaymentCapturedDetail,
        ReportType.PAYMENT_FAILED: PaymentFailedDetail,
        ReportType.SHIPMENT_DISPATCHED: ShipmentDispatchedDetail,
        ReportType.SHIPMENT_DELIVERED: ShipmentDeliveredDetail,
        ReportType.STOCK_REJECTED: StockRejectedDetail,
    }
)


def parse_report(type_: ReportType, detail: Mapping[str, Any]) -> tuple[ReportDetail, Report]:
    """What an event's ``detail`` says of which order, and the report in it. Raises: MessageRefused."""
    try:
        parsed = DETAILS[type_].model_validate(detail)
    except ValidationError as error:
        # Without the values: reasons are logged, and shown to operators.
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        listed = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'it'}: {fault['msg']}" for fault in faults[:5])
        raise MessageRefused(f"not a {type_}: {listed}") from None
    return parsed, Report(id=parsed.event_id, type=type_, at=parsed.occurred_at, **parsed.facts())
