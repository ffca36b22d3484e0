"""Maps an order's record of external events to and from attributes of its item."""

from collections.abc import Mapping
from typing import Any

from orders.adapters.outbound.dynamodb.items.attribute_values import Item
from orders.adapters.outbound.dynamodb.items.instants import instant_text, parse_instant
from orders.adapters.outbound.dynamodb.items.part_items import present
from orders.domain.parts import ParcelLine
from orders.domain.reports import NOTHING_REPORTED, Report, Reported, ReportType

PARKED = "parked"
REVISION = "reportsRevision"

REPORTED_ATTRIBUTES = frozenset({PARKED, REVISION, "capturedAt", "failedAt"})
"""Each at the item's top level, and only where there is something: most orders have none of them."""


def reported_to_item(reported: Reported) -> Item:
    """Converts the record to attributes, without missing values."""
    return present(
        **{
            PARKED: [_report_to_item(report) for report in reported.parked] or None,
            REVISION: reported.revision or None,
            "capturedAt": reported.captured_at and instant_text(reported.captured_at),
            "failedAt": reported.failed_at and instant_text(reported.failed_at),
        }
    )


def reported_from_item(item: Mapping[str, Any]) -> Reported:
    """Parses the attributes of ``reported_to_item`` from an order's item."""
    if REPORTED_ATTRIBUTES.isdisjoint(item):
        return NOTHING_REPORTED
    captured_at, failed_at = item.get("capturedAt"), item.get("failedAt")
    return Reported(
        revision=item.get(REVISION, 0),
        parked=tuple(map(_report_from_item, item.get(PARKED, ()))),
        captured_at=captured_at and parse_instant(captured_at),
        failed_at=failed_at and parse_instant(failed_at),
    )


def _report_to_item(report: Report) -> Item:
    lines = report.lines and [{"lineId": line.line_id, "quantity": line.quantity} for line in report.lines]
    return present(
        id=report.id,
        type=report.type,
        at=instant_text(report.at),
        reasonCode=report.reason_code,
        carrier=report.carrier,
        trackingNumber=report.tracking_number,
        trackingUrl=report.tracking_url,
        lines=lines,
    )


def _report_from_item(item: Mapping[str, Any]) -> Report:
    lines = item.get("lines")
    return Report(
        id=item["id"],
        type=ReportType(item["type"]),
        at=parse_instant(item["at"]),
        reason_code=item.get("reasonCode"),
        carrier=item.get("carrier"),
        tracking_number=item.get("trackingNumber"),
        tracking_url=item.get("trackingUrl"),
        lines=None if lines is None else tuple(ParcelLine(line["lineId"], line["quantity"]) for line in lines),
    )
