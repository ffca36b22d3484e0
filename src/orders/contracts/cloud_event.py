"""Writes an order's event as other systems receive it: CloudEvents 1.0, structured JSON.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md, with the extensions ``sequence``
(extensions/sequence.md), ``traceparent`` (extensions/distributed-tracing.md) and our own ``replayed`` and
``replaymails``.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from orders.domain.events import EventType, JsonValue, OrderEvent

EVENT_SOURCE = "io.bbws.orders"
"""This service's ``Source`` on the bus."""

SEQUENCE_DIGITS = 10
"""Zero-padded, so that sequences sort as text too."""

_TYPE_PREFIX = f"{EVENT_SOURCE}.order."
_TYPE_SUFFIX = ".v1"
_TYPES = {f"{_TYPE_PREFIX}{type_}{_TYPE_SUFFIX}": type_ for type_ in EventType}


def to_cloud_event(event: OrderEvent, *, replayed: bool = False, mails: bool = False) -> dict[str, JsonValue]:
    """Returns the event as JSON-serialisable data.

    A repeated or replayed event keeps its ``id``, by which consumers deduplicate. Of the actor only the role is
    published, of changes only the names of the fields, and never the free-text reason.

    Args:
        replayed: mark the event as sent again from the log.
        mails: let a replayed event send those of its mails that have not been sent.
    """
    content: dict[str, JsonValue] = {
        "specversion": "1.0",
        "id": event_id(event),
        "source": f"/tenants/{event.tenant_id}/orders/{event.order_id}",
        "type": cloud_event_type(event.type),
        "subject": event.order_id,
        "time": rfc3339(event.at),
        "datacontenttype": "application/json",
        "sequence": padded_sequence(event.sequence),
    }
    if event.traceparent is not None:
        content["traceparent"] = event.traceparent
    if replayed:
        content["replayed"] = True
        if mails:
            content["replaymails"] = True
    content["data"] = dict(event.data) | {
        "order_id": event.order_id,
        "tenant_id": event.tenant_id,
        "version": event.version,
        "actor": {"role": event.actor.role},
        "changed": _published_pointers(event.changed),
    }
    return content


def event_id(event: OrderEvent) -> str:
    """Returns the event's id, by which consumers know it again: another writer's event of its sequence has another."""
    return f"{event.order_id}.{event.epoch}.{padded_sequence(event.sequence)}"


def cloud_event_type(type_: EventType) -> str:
    """Returns the public name of an event type, such as ``io.bbws.orders.order.created.v1``."""
    return f"{_TYPE_PREFIX}{type_}{_TYPE_SUFFIX}"


def event_type(cloud_type: str) -> EventType:
    """Returns the event type of that public name. Raises: KeyError."""
    return _TYPES[cloud_type]


def padded_sequence(sequence: int) -> str:
    """Formats a sequence as events and keys hold it."""
    return f"{sequence:0{SEQUENCE_DIGITS}d}"


def rfc3339(at: datetime) -> str:
    """Formats a time as all documents of the service do: UTC, milliseconds, ``Z``."""
    in_utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return in_utc.isoformat("T", "milliseconds")[: -len("+00:00")] + "Z"


def _published_pointers(pointers: Iterable[str]) -> list[JsonValue]:
    # Callers choose the keys of metadata freely: only the fact that they changed is published.
    return list(dict.fromkeys("/metadata" if pointer.startswith("/metadata/") else pointer for pointer in pointers))
