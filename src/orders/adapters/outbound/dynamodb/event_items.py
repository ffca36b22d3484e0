"""An event to and from attributes: the same in an order's map of waiting events and as an item of its own."""

from collections.abc import Iterable, Mapping
from typing import Any
from zlib import compress, decompress

from orders.adapters.outbound.dynamodb.instants import instant_text, parse_instant
from orders.adapters.outbound.dynamodb.item_size import value_bytes
from orders.adapters.outbound.dynamodb.keys import (
    DAY_SHARDS,
    event_day_shard,
    event_key,
    event_time_key,
    sequence_text,
    shard_of,
)
from orders.adapters.outbound.dynamodb.part_items import present
from orders.adapters.outbound.dynamodb.schema import SCHEMA_ATTRIBUTE, SCHEMA_VERSION, check_schema
from orders.adapters.outbound.dynamodb.wire import Item, from_wire, to_wire
from orders.domain.events import Actor, EventType, OrderEvent, Receipt

BYTES = "bytes"
"""What a waiting event was counted with: what was added to ``pendingBytes`` is what is taken off again."""

REDACTABLE = ("data", "reason", "receipt")
"""What of a published event erasure may change."""

IDENTIFYING = ("type", "version", "at")
"""What, under one order and sequence, tells one event from another, whatever has been redacted."""

# The name it waits under, its element's byte, and its own BYTES attribute.
_WAITING_OVERHEAD_BYTES = 32


def event_to_item(event: OrderEvent) -> Item:
    """Everything about the event, without keys."""
    return present(
        **{SCHEMA_ATTRIBUTE: SCHEMA_VERSION},
        tenantId=event.tenant_id,
        orderId=event.order_id,
        sequence=event.sequence,
        version=event.version,
        type=event.type,
        at=instant_text(event.at),
        actor={"principal": event.actor.principal, "role": event.actor.role},
        data=event.data,
        reason=event.reason,
        changed=list(event.changed) or None,
        traceparent=event.traceparent,
        receipt=event.receipt and receipt_to_item(event.receipt),
    )


def event_from_item(item: Mapping[str, Any]) -> OrderEvent:
    """The event that ``event_to_item`` wrote, whatever else the item holds. Raises: NewerSchema."""
    check_schema(item)
    receipt = item.get("receipt")
    return OrderEvent(
        tenant_id=item["tenantId"],
        order_id=item["orderId"],
        sequence=item["sequence"],
        version=item["version"],
        type=EventType(item["type"]),
        at=parse_instant(item["at"]),
        actor=Actor(item["actor"]["principal"], item["actor"]["role"]),
        data=item["data"],
        reason=item.get("reason"),
        changed=tuple(item.get("changed", ())),
        traceparent=item.get("traceparent"),
        receipt=receipt and receipt_from_item(receipt),
    )


def receipt_to_item(receipt: Receipt) -> Item:
    """What was answered, its body compressed."""
    return {
        "key": receipt.key,
        "fingerprint": receipt.fingerprint,
        "status": receipt.status,
        "headers": [[name, value] for name, value in receipt.headers],
        "body": compress(receipt.body),
    }


def receipt_from_item(item: Mapping[str, Any]) -> Receipt:
    """The receipt that ``receipt_to_item`` wrote."""
    return Receipt(
        key=item["key"],
        fingerprint=item["fingerprint"],
        status=item["status"],
        headers=tuple((name, value) for name, value in item["headers"]),
        body=decompress(bytes(item["body"])),
    )


def waiting_event(event: OrderEvent) -> Item:
    """The event as it waits in its order's ``pending``, with the bytes it is counted with there."""
    item = event_to_item(event)
    return item | {BYTES: value_bytes(item) + _WAITING_OVERHEAD_BYTES}


def published_event(event: OrderEvent) -> Item:
    """The event as an item of its own, with the keys of replay's index."""
    tenant_id, order_id = event.tenant_id, event.order_id
    return (
        event_to_item(event)
        | event_key(tenant_id, order_id, event.sequence)
        | {
            "eventDayShard": event_day_shard(tenant_id, event.at, shard_of(order_id, DAY_SHARDS)),
            "eventTimeKey": event_time_key(event.at, order_id, event.sequence),
        }
    )


def events_of(pending: Mapping[str, Mapping[str, Any]]) -> list[OrderEvent]:
    """The events of an order's ``pending`` by sequence."""
    return in_order(map(event_from_item, pending.values()))


def in_order(events: Iterable[OrderEvent]) -> list[OrderEvent]:
    """The events of one order by sequence."""
    return sorted(events, key=lambda event: event.sequence)


def is_recorded(event: OrderEvent, recorded: Mapping[str, Any]) -> bool:
    """Whether what is recorded under the event's sequence is this very event."""
    # Ours through the same mapping: the one on record has been cut to what attributes can hold.
    return event_from_item(recorded) == event_from_item(from_wire(to_wire(event_to_item(event))))


def is_same_fact(event: OrderEvent, recorded: Mapping[str, Any]) -> bool:
    """Whether what is recorded is this event, whatever erasure may have taken out of it since."""
    item = event_to_item(event)
    return all(recorded.get(name) == item[name] for name in IDENTIFYING)


def waiting_in(item: Mapping[str, Any], sequence: int) -> Item | None:
    """What waits in an order's item under that sequence."""
    found: Item | None = item.get("pending", {}).get(sequence_text(sequence))
    return found
