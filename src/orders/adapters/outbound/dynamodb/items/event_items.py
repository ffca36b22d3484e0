"""An event to and from attributes: the same in an order's map of waiting events and as an item of its own."""

from collections.abc import Iterator, Mapping
from typing import Any
from zlib import compress, decompress

from orders.adapters.outbound.dynamodb.items.attribute_values import Item, from_wire, to_wire
from orders.adapters.outbound.dynamodb.items.instants import instant_text, parse_instant
from orders.adapters.outbound.dynamodb.items.item_size import value_bytes
from orders.adapters.outbound.dynamodb.items.part_items import present
from orders.adapters.outbound.dynamodb.items.schema import (
    SCHEMA_ATTRIBUTE,
    SCHEMA_VERSION,
    item_reader,
    unreadable,
)
from orders.adapters.outbound.dynamodb.items.shapes import WrongType, check_shape
from orders.adapters.outbound.dynamodb.keys import (
    DAY_SHARDS,
    EVENT_PREFIX,
    event_day_shard,
    event_key,
    event_time_key,
    order_of_partition,
    sequence_text,
    shard_of,
)
from orders.adapters.wire.keyed_answers import KeyedAnswer
from orders.domain.events import Actor, EventType, OrderEvent, Receipt
from orders.ports.errors import ItemKind, UnreadableItem

BYTES = "bytes"
"""What a waiting event was counted with: what was added to ``pendingBytes`` is what is taken off again."""

REDACTABLE = ("data", "reason", "receipt")
"""What of a published event erasure may change."""

IDENTIFYING = ("type", "version", "at")
"""What, under one order and sequence, tells one event from another, whatever has been redacted."""

# The name it waits under, its element's byte, and its own BYTES attribute.
_WAITING_OVERHEAD_BYTES = 32

_MAX_DIGITS = 18
_LAST = 10**_MAX_DIGITS


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


@item_reader(ItemKind.EVENT, OrderEvent)
def event_from_item(item: Mapping[str, Any]) -> OrderEvent:
    """The event that ``event_to_item`` wrote, whatever else the item holds. Raises: UnreadableItem."""
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
    """What was answered, its body compressed, in the form that every release reads.

    ``receipt_from_item`` knows the one without HTTP in it as well, for a release that writes it to follow.
    """
    answer = KeyedAnswer.decode(receipt.answer)
    return {
        "key": receipt.key,
        "fingerprint": receipt.fingerprint,
        "status": answer.status,
        "headers": [[name, value] for name, value in answer.headers],
        "body": compress(answer.body),
    }


def receipt_from_item(item: Mapping[str, Any]) -> Receipt:
    """The receipt that ``receipt_to_item`` wrote, or one with its ``answer`` whole and compressed.

    Raises: TypeError and others for what is none.
    """
    if "answer" in item:
        answer = KeyedAnswer.decode(_decompressed(item["answer"]))
    else:
        headers = tuple((name, value) for name, value in item["headers"])
        answer = KeyedAnswer(item["status"], headers, _decompressed(item["body"]))
    try:
        check_shape(answer, KeyedAnswer)
    except WrongType as error:
        raise WrongType(f"receipt.{error.path}") from None
    return Receipt(item["key"], item["fingerprint"], answer.encode())


def _decompressed(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("an answer is bytes")
    return decompress(value)


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


def events_of(pending: Mapping[str, Any], *, tenant_id: str, order_id: str) -> Iterator[OrderEvent | UnreadableItem]:
    """What waits in that order's ``pending``, by sequence; what can't be read in its own place."""
    for name in sorted(pending, key=_place_in_line):
        held = pending[name]
        whose = {"tenantId": tenant_id, "orderId": order_id, "sequence": _place_in_line(name)[0]}
        try:
            event = event_from_item(held if isinstance(held, dict) else {})
        except UnreadableItem as error:
            yield unreadable(ItemKind.EVENT, whose, error.reason)
            continue
        if (event.tenant_id, event.order_id, event.sequence) == tuple(whose.values()):
            yield event
        else:
            # Published, it would be noted as another one; and this one would wait for ever.
            yield unreadable(ItemKind.EVENT, whose, "it says of itself that it is another one")


def published_event_from(item: Mapping[str, Any]) -> OrderEvent | UnreadableItem:
    """The event that an item of its own is, or why it can't be read; the key is believed as to which one it is."""
    keyed = order_of_partition(item["PK"])
    sequence = _place_in_line(str(item["SK"]).removeprefix(EVENT_PREFIX))[0]
    try:
        event = event_from_item(item)
    except UnreadableItem as error:
        return unreadable(ItemKind.EVENT, {**item, "sequence": sequence}, error.reason)
    if (event.tenant_id, event.order_id, event.sequence) != (*keyed, sequence):
        return unreadable(ItemKind.EVENT, {**item, "sequence": sequence}, "it says of itself that it is another one")
    return event


def _place_in_line(name: str) -> tuple[int, str]:
    # What has no number has its turn last: nothing may wait for it that has one.
    return (int(name) if name.isdecimal() and len(name) <= _MAX_DIGITS else _LAST, name)


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
    pending = item.get("pending")
    found = pending.get(sequence_text(sequence)) if isinstance(pending, dict) else None
    return found if isinstance(found, dict) else None
