"""Maps events to and from attributes, alike in an order's map of waiting events and in an item of their own."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from zlib import compress, decompress

from orders.adapters.outbound.dynamodb.items.attribute_values import Item, from_wire, to_wire
from orders.adapters.outbound.dynamodb.items.instants import (
    epoch_seconds,
    instant_text,
    parse_epoch_seconds,
    parse_instant,
)
from orders.adapters.outbound.dynamodb.items.item_size import value_bytes
from orders.adapters.outbound.dynamodb.items.part_items import present
from orders.adapters.outbound.dynamodb.items.schema import (
    EXPIRY,
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
from orders.adapters.outbound.dynamodb.table import Placeholders
from orders.adapters.wire.keyed_answers import KeyedAnswer
from orders.domain.events import Actor, EventType, OrderEvent, Receipt
from orders.ports.errors import ItemKind, UnreadableItem

EPOCH = "epoch"
"""The writer's epoch, on orders, events and mails; items of releases without it are of the first."""
FIRST_EPOCH = 1

BYTES = "bytes"
"""Size that a pending event was counted with: the same number is added to ``pendingBytes`` and subtracted again."""

REDACTABLE = ("data", "reason", "receipt")
"""Attributes of a published event that erasure may change."""

IDENTIFYING = ("type", "version", "at")
"""Attributes that distinguish events of one order and sequence, even after redaction."""

# Its name in the map, its element's byte, and its own BYTES attribute.
_WAITING_OVERHEAD_BYTES = 32

_MAX_DIGITS = 18
_LAST = 10**_MAX_DIGITS


def event_to_item(event: OrderEvent) -> Item:
    """Converts the event to attributes, without keys."""
    return present(
        **{SCHEMA_ATTRIBUTE: SCHEMA_VERSION, EXPIRY: event.expires_at and epoch_seconds(event.expires_at)},
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
        **{EPOCH: event.epoch},
    )


@item_reader(ItemKind.EVENT, OrderEvent)
def event_from_item(item: Mapping[str, Any]) -> OrderEvent:
    """Parses the attributes of ``event_to_item``, ignoring others. Raises: UnreadableItem."""
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
        epoch=item.get(EPOCH, FIRST_EPOCH),
        expires_at=parse_epoch_seconds(item[EXPIRY]) if EXPIRY in item else None,
    )


def receipt_to_item(receipt: Receipt) -> Item:
    """Converts the stored response to attributes that every release reads, its body compressed.

    ``receipt_from_item`` knows the one without HTTP in it as well, for a release that writes it to follow.
    """
    answer = KeyedAnswer.decode(receipt.answer)
    return present(
        key=receipt.key,
        fingerprint=receipt.fingerprint,
        status=answer.status,
        headers=[[name, value] for name, value in answer.headers],
        body=compress(answer.body),
        attempt=receipt.attempt,
    )


def receipt_from_item(item: Mapping[str, Any]) -> Receipt:
    """Parses the attributes of ``receipt_to_item``, or ones with the whole ``answer`` compressed.

    Raises: TypeError and others for anything else.
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
    return Receipt(item["key"], item["fingerprint"], answer.encode(), item.get("attempt"))


def _decompressed(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("an answer is bytes")
    return decompress(value)


def waiting_event(event: OrderEvent) -> Item:
    """Converts the event to an element of its order's ``pending``, with the bytes that it counts for there."""
    item = event_to_item(event)
    return item | {BYTES: value_bytes(item) + _WAITING_OVERHEAD_BYTES}


def published_event(event: OrderEvent) -> Item:
    """Converts the event to an item of its own, with the keys of the replay index."""
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
    """Parses the order's ``pending`` by sequence, with an error in the position of each unreadable event."""
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
            # Publishing it would settle another sequence, and this one would wait for ever.
            yield unreadable(ItemKind.EVENT, whose, "it says of itself that it is another one")


def published_event_from(item: Mapping[str, Any]) -> OrderEvent | UnreadableItem:
    """Parses a published event's item to the event or the error; its identity comes from the key."""
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
    # Entries without a number come last, so that no numbered event waits for them.
    return (int(name) if name.isdecimal() and len(name) <= _MAX_DIGITS else _LAST, name)


def as_recorded(event: OrderEvent, recorded: Mapping[str, Any]) -> OrderEvent | None:
    """Returns the stored event of this sequence if it is this very event, whichever epoch it was written in."""
    found = event_from_item(recorded)
    # Map this one too: the stored event has been truncated to what attributes can hold.
    this = event_from_item(from_wire(to_wire(event_to_item(event))))
    return found if found == replace(this, epoch=found.epoch) else None


def is_same_fact(event: OrderEvent, recorded: Mapping[str, Any]) -> bool:
    """Returns whether the stored event is this one, ignoring what erasure may have removed since."""
    item = event_to_item(event)
    same = all(recorded.get(name) == item[name] for name in IDENTIFYING)
    return same and recorded.get(EPOCH, FIRST_EPOCH) == event.epoch


def of_epoch(epoch: int, place: Placeholders) -> str:
    """Writes the condition that an existing item is of this epoch."""
    same = f"{place.name(EPOCH)} = {place.value(epoch)}"
    return same if epoch > FIRST_EPOCH else f"({same} OR attribute_not_exists({place.name(EPOCH)}))"


def of_earlier_epoch(epoch: int, place: Placeholders) -> str:
    """Writes the condition that an existing item is of an epoch before this one, which is not the first."""
    return f"(attribute_not_exists({place.name(EPOCH)}) OR {place.name(EPOCH)} < {place.value(epoch)})"


def waiting_in(item: Mapping[str, Any], sequence: int) -> Item | None:
    """Returns the waiting event with that sequence from an order's item."""
    pending = item.get("pending")
    found = pending.get(sequence_text(sequence)) if isinstance(pending, dict) else None
    return found if isinstance(found, dict) else None
