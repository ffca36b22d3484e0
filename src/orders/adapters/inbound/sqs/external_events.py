"""Models and parsing of external events: those of payments, fulfilment and products on the bus.

Unknown members are ignored, so that senders can add some; known ones are validated, so that an unusable event is
dead-lettered with its reason before anything is changed.
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
    """Members of every external event."""

    event_id: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,128}$")]
    """The sender's id of the event; unchanged when the event is sent again."""
    occurred_at: Moment
    """Time of the occurrence by the sender's clock; decides between contradictory events."""
    tenant_id: Key
    """The shop that the order belongs to."""
    order_id: Annotated[str, StringConstraints(pattern=ORDER_ID_PATTERN)]
    """The order."""
    traceparent: Annotated[str, StringConstraints(pattern=r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")] | None = None
    """W3C trace context of the cause."""

    def facts(self) -> dict[str, Any]:
        """Returns the remaining members under their names in ``Report``."""
        return {}


class PaymentCapturedDetail(ReportDetail):
    """A payment of the order was captured: a pending order is processed."""


class _Refusal(ReportDetail):
    reason_code: Annotated[str, StringConstraints(max_length=200)] | None = Field(default=None, repr=False)
    """Reason as a code such as `card_declined`; any other text is ignored."""

    def facts(self) -> dict[str, Any]:
        """See ``ReportDetail.facts``."""
        return {"reason_code": self.reason_code if _CODE.fullmatch(self.reason_code or "") else None}


class PaymentFailedDetail(_Refusal):
    """A payment of the order has failed for good: a pending order is rejected, unless a later capture follows."""


class StockRejectedDetail(_Refusal):
    """The ordered stock is not available: a pending order is rejected."""


class ShippedLine(_Tolerant):
    """Number of units of an order line in a parcel."""

    line_id: Key
    quantity: Quantity


class _Shipping(ReportDetail):
    carrier: Carrier = Field(repr=False)
    """Carrier; compared ignoring case, width, kinds of hyphens and blanks, and invisible characters."""
    tracking_number: TrackingNumber = Field(repr=False)
    """The carrier's number of the parcel, unique per carrier; compared as the carrier is."""

    def facts(self) -> dict[str, Any]:
        """See ``ReportDetail.facts``."""
        return {"carrier": self.carrier, "tracking_number": self.tracking_number}


class ShipmentDispatchedDetail(_Shipping):
    """A parcel was dispatched: its units are fulfilled."""

    tracking_url: Url | None = Field(default=None, repr=False)
    """Link to the carrier's tracking page for the customer."""
    lines: Annotated[list[ShippedLine], Field(min_length=1, max_length=MAX_LINES)]
    """Units in the parcel. Required: "all open units" would depend on the order in which events arrive."""

    def facts(self) -> dict[str, Any]:
        """See ``ReportDetail.facts``."""
        lines = tuple(ParcelLine(line.line_id, line.quantity) for line in self.lines)
        return {**super().facts(), "tracking_url": self.tracking_url, "lines": lines}


class ShipmentDeliveredDetail(_Shipping):
    """A parcel was delivered; with the last parcel of a fulfilled order, the order is completed."""


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
    """Parses an event's ``detail``: returns it, and the report in it. Raises: MessageRefused."""
    try:
        parsed = DETAILS[type_].model_validate(detail)
    except ValidationError as error:
        # Without the values: reasons are logged, and shown to operators.
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        listed = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'it'}: {fault['msg']}" for fault in faults[:5])
        raise MessageRefused(f"not a {type_}: {listed}") from None
    return parsed, Report(id=parsed.event_id, type=type_, at=parsed.occurred_at, **parsed.facts())
