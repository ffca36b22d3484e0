"""The wire format of external events: the ``detail`` of other services' events on the bus.

Documented in docs/events/README.md; parsed by ``adapters/inbound/sqs/external_events.py``, written where an event is
re-queued.
"""

from orders.contracts.cloud_event import rfc3339
from orders.domain.events import JsonValue
from orders.domain.reports import SOURCES, Report


def bus_event(tenant_id: str, order_id: str, report: Report) -> dict[str, JsonValue]:
    """Writes the external event as the bus delivers it."""
    return {
        "id": report.id,
        "source": SOURCES[report.type],
        "detail-type": str(report.type),
        "time": rfc3339(report.at),
        "detail": _detail(tenant_id, order_id, report),
    }


def _detail(tenant_id: str, order_id: str, report: Report) -> dict[str, JsonValue]:
    lines = report.lines
    detail: dict[str, JsonValue] = {
        "event_id": report.id,
        "occurred_at": rfc3339(report.at),
        "tenant_id": tenant_id,
        "order_id": order_id,
        "reason_code": report.reason_code,
        "carrier": report.carrier,
        "tracking_number": report.tracking_number,
        "tracking_url": report.tracking_url,
        "lines": None if lines is None else [{"line_id": each.line_id, "quantity": each.quantity} for each in lines],
    }
    return {name: value for name, value in detail.items() if value is not None}
