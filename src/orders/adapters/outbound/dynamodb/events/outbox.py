"""The outbox and the event log in DynamoDB. Contract: ports/outbox.py ([PIPE-1])."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orders.adapters.outbound.dynamodb.events.settling import EventSettling, another
from orders.adapters.outbound.dynamodb.items.attribute_values import Item, to_wire
from orders.adapters.outbound.dynamodb.items.claim_items import CLAIM, is_claim
from orders.adapters.outbound.dynamodb.items.event_items import (
    IDENTIFYING,
    REDACTABLE,
    event_to_item,
    events_of,
    of_epoch,
    published_event_from,
)
from orders.adapters.outbound.dynamodb.items.instants import bound_text, parse_instant
from orders.adapters.outbound.dynamodb.items.schema import SCHEMA_ATTRIBUTE, check_schema, reading, unreadable
from orders.adapters.outbound.dynamodb.keys import (
    ACCEPTANCE_SORT_KEY,
    EVENT_END,
    ORDER_SORT_KEY,
    event_key,
    event_sort_key,
    order_key,
    order_of_partition,
    order_partition,
    outbox_markers,
)
from orders.adapters.outbound.dynamodb.table import ConditionFailed, OrdersTable, Placeholders
from orders.domain.events import OrderEvent
from orders.ports.clock import Clock
from orders.ports.errors import ItemKind, PassedOver, UnreadableItem
from orders.ports.lease import WriterLease
from orders.ports.outbox import OutboxEntry
from orders.ports.outcomes import Outcome

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

_BETWEEN = "\x1f"


class DynamoOutbox:
    """``Outbox`` and ``EventLog`` over the items that ``DynamoOrderRepository`` writes."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        lease: WriterLease | None = None,
        *,
        region: str,
        other_region: str | None = None,
        outbox_shards: int,
        clock: Clock | None = None,
    ) -> None:
        """Sets up the outbox of ``region``, and of ``other_region`` if the service runs in two.

        What a region that wrote before has left there is published by whoever writes now. See
        ``DynamoOrderRepository`` for the shards. ``lease`` is that of who settles and redacts; without one it is read
        only.
        """
        self._table = OrdersTable(client, table_name, lease, clock=clock)
        self._settling = EventSettling(self._table)
        self._markers = outbox_markers(region, other_region, outbox_shards)

    @property
    def shards(self) -> int:
        """See ``Outbox.shards``."""
        return len(self._markers)

    async def overdue(
        self,
        shard: int,
        *,
        before: datetime,
        limit: int,
        after: str | None = None,
        passed_over: PassedOver | None = None,
    ) -> Sequence[OutboxEntry]:
        """See ``Outbox.overdue``."""
        marker = self._markers[shard]
        place = Placeholders()
        condition = (
            f"{place.name('outboxShard')} = {place.value(marker)}"
            f" AND {place.name('outboxSince')} < {place.value(bound_text(before))}"
        )
        found: list[OutboxEntry] = []
        resume: Mapping[str, Any] | None = None if after is None else _resume(after, marker)
        while len(found) < limit:
            page = await self._table.query(
                condition, place, index="OutboxPending", limit=limit - len(found), resume=resume
            )
            for item in page.items:
                try:
                    found.append(_entry(item))
                except UnreadableItem as error:
                    if passed_over is None:
                        raise
                    passed_over(error)
            resume = page.resume
            if resume is None:
                break
        return found

    async def waiting(self, tenant_id: str, order_id: str) -> Sequence[OrderEvent]:
        """See ``Outbox.waiting``."""
        events: list[OrderEvent] = []
        for each in await self._pending(tenant_id, order_id):
            if isinstance(each, UnreadableItem):
                if events:
                    break
                raise each
            events.append(each)
        return events

    async def _pending(self, tenant_id: str, order_id: str) -> Sequence[OrderEvent | UnreadableItem]:
        """Returns the waiting events by sequence, unreadable ones included. Raises: UnreadableItem: the order's
        item.
        """
        item = await self._table.get(order_key(tenant_id, order_id), only=("pending", SCHEMA_ATTRIBUTE, CLAIM))
        if not item or is_claim(item):
            return []
        whose = item | {"tenantId": tenant_id, "orderId": order_id} | order_key(tenant_id, order_id)
        check_schema(ItemKind.ORDER, whose)
        pending = item.get("pending", {})
        if not isinstance(pending, dict):
            raise unreadable(ItemKind.ORDER, whose, "attribute 'pending' is of another type")
        return list(events_of(pending, tenant_id=tenant_id, order_id=order_id))

    async def settle(self, event: OrderEvent) -> bool:
        """See ``Outbox.settle``.

        Raises also: PermanentPortError: the log has another event under this one's sequence.
        """
        return await self._settling.settle(event)

    async def settle_all(self, events: Sequence[OrderEvent]) -> Sequence[Outcome[bool]]:
        """See ``Outbox.settle_all``."""
        return await self._settling.settle_all(events)

    async def read(
        self,
        tenant_id: str,
        order_id: str,
        *,
        after: int = 0,
        limit: int = 100,
        passed_over: PassedOver | None = None,
    ) -> Sequence[OrderEvent]:
        """See ``EventLog.read``."""
        # Waiting events first: one settled in between is then read twice; in the other order it would be missed.
        waiting = await self._pending(tenant_id, order_id)
        found = {event.sequence: event for event in waiting}
        for event in await self._published(order_partition(tenant_id, order_id), after=after, limit=limit):
            found[event.sequence] = event
        contiguous: list[OrderEvent] = []
        for sequence in range(after + 1, after + limit + 1):
            each = found.get(sequence)
            if isinstance(each, OrderEvent):
                contiguous.append(each)
            elif each is None:
                break
            elif passed_over is None:
                raise each
            else:
                passed_over(each)
        return contiguous

    async def redact(self, event: OrderEvent) -> bool:
        """See ``EventLog.redact``."""
        # Attribute by attribute, to keep what a later release may have added.
        place, item = Placeholders(), event_to_item(event)
        same = [f"{place.name(name)} = {place.value(item[name])}" for name in IDENTIFYING]
        told = {name: item[name] for name in REDACTABLE if name in item}
        change = ", ".join(f"{place.name(name)} = {place.value(value)}" for name, value in told.items())
        gone = ", ".join(place.name(name) for name in REDACTABLE if name not in told)
        try:
            await self._table.update(
                event_key(event.tenant_id, event.order_id, event.sequence),
                change=f"SET {change}" + (f" REMOVE {gone}" if gone else ""),
                condition=" AND ".join((*same, of_epoch(event.epoch, place))),
                place=place,
            )
        except ConditionFailed as refused:
            if refused.found:
                raise another(event) from refused
            return False
        return True

    async def _published(self, partition: str, *, after: int, limit: int) -> list[OrderEvent | UnreadableItem]:
        place = Placeholders()
        condition = (
            f"{place.name('PK')} = {place.value(partition)} AND {place.name('SK')}"
            f" BETWEEN {place.value(event_sort_key(after + 1))} AND {place.value(EVENT_END)}"
        )
        events: list[OrderEvent | UnreadableItem] = []
        resume: Any = None
        while len(events) < limit:
            page = await self._table.query(condition, place, limit=limit - len(events), resume=resume)
            events.extend(map(published_event_from, page.items))
            resume = page.resume
            if resume is None:
                break
        return events


def _entry(item: Mapping[str, Any]) -> OutboxEntry:
    """Parses an entry of the index. Raises: UnreadableItem."""
    with reading(ItemKind.OUTBOX, item):
        if item["SK"] not in {ORDER_SORT_KEY, ACCEPTANCE_SORT_KEY}:
            raise unreadable(ItemKind.OUTBOX, item, "it is of a kind that is not known here")
        return OutboxEntry(
            *order_of_partition(item["PK"]),
            since=parse_instant(item["outboxSince"]),
            accepted=item["SK"] == ACCEPTANCE_SORT_KEY,
            position=_BETWEEN.join((item["outboxSince"], item["PK"], item["SK"])),
        )


def _resume(after: str, marker: str) -> Item:
    """Returns the key from which a query continues behind a position. Raises: ValueError."""
    since, partition, sort = after.split(_BETWEEN)
    return to_wire({"PK": partition, "SK": sort, "outboxShard": marker, "outboxSince": since})
