"""Finds unreadable items by reading all items. Contract: ports/unreadable_items.py ([PIPE-14])."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from orders.adapters.outbound.dynamodb.acceptances import acceptance_from_item
from orders.adapters.outbound.dynamodb.items.attribute_values import Item
from orders.adapters.outbound.dynamodb.items.claim_items import claim_from_item, is_claim
from orders.adapters.outbound.dynamodb.items.event_items import events_of, published_event_from
from orders.adapters.outbound.dynamodb.items.order_items import order_from_item
from orders.adapters.outbound.dynamodb.items.schema import unreadable
from orders.adapters.outbound.dynamodb.keys import (
    ACCEPTANCE_SORT_KEY,
    EVENT_PREFIX,
    ORDER_SORT_KEY,
    is_position,
    mail_partition,
    order_of_partition,
    order_partition,
    outbox_markers,
    suppression_partition,
)
from orders.adapters.outbound.dynamodb.mail_intents import mail_from_item
from orders.adapters.outbound.dynamodb.suppressions import suppression_from_item
from orders.adapters.outbound.dynamodb.table import OrdersTable, Placeholders
from orders.ports.errors import ItemKind, UnreadableItem
from orders.ports.unreadable_items import Findings, UnknownPlace

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient


class DynamoUnreadableItems:
    """``UnreadableItems`` over the table's items."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        *,
        region: str,
        other_region: str | None = None,
        outbox_shards: int,
    ) -> None:
        """See ``DynamoOutbox``."""
        self._table = OrdersTable(client, table_name)
        self._markers = outbox_markers(region, other_region, outbox_shards)

    async def in_outbox(self, *, limit: int) -> Findings:
        """See ``UnreadableItems.in_outbox``."""
        found: list[UnreadableItem] = []
        looked_at = 0
        for marker in self._markers:
            place = Placeholders()
            condition = f"{place.name('outboxShard')} = {place.value(marker)}"
            entries = await self._items(condition, place, index="OutboxPending", limit=limit)
            looked_at += len(entries)
            for entry in entries:
                item = await self._table.get({"PK": entry["PK"], "SK": entry["SK"]})
                found += faults_of(item or {})
        return Findings(found, looked_at)

    async def of_tenant(self, tenant_id: str, *, after: str | None = None, limit: int = 1000) -> Findings:
        """See ``UnreadableItems.of_tenant``."""
        if after is not None and not is_position(after):
            raise UnknownPlace(after)
        found = [] if after is not None else await self._faults_in(suppression_partition(tenant_id))
        place = Placeholders()
        condition = f"{place.name('tenantId')} = {place.value(tenant_id)}"
        if after is not None:
            condition += f" AND {place.name('createdAtId')} > {place.value(after)}"
        orders = await self._items(condition, place, index="OrdersByTenantAndDate", limit=limit)
        for order in orders:
            found += await self._faults_of_order(*order_of_partition(order["PK"]))
        return Findings(found, len(orders), orders[-1]["createdAtId"] if len(orders) == limit else None)

    async def of_order(self, tenant_id: str, order_id: str) -> Findings:
        """See ``UnreadableItems.of_order``."""
        return Findings(await self._faults_of_order(tenant_id, order_id), 1)

    async def _faults_of_order(self, tenant_id: str, order_id: str) -> list[UnreadableItem]:
        partitions = (order_partition(tenant_id, order_id), mail_partition(tenant_id, order_id))
        return [fault for partition in partitions for fault in await self._faults_in(partition)]

    async def _faults_in(self, partition: str) -> list[UnreadableItem]:
        place = Placeholders()
        condition = f"{place.name('PK')} = {place.value(partition)}"
        return [fault async for item in self._each(condition, place) for fault in faults_of(item)]

    async def _items(self, condition: str, place: Placeholders, *, index: str, limit: int) -> list[Item]:
        return [item async for item in self._each(condition, place, index=index, limit=limit)]

    async def _each(
        self, condition: str, place: Placeholders, *, index: str | None = None, limit: int | None = None
    ) -> AsyncIterator[Item]:
        resume: Mapping[str, Any] | None = None
        left = limit
        while left is None or left > 0:
            page = await self._table.query(condition, place, index=index, limit=left, resume=resume)
            for item in page.items:
                yield item
            left = None if left is None else left - len(page.items)
            resume = page.resume
            if resume is None:
                return


def faults_of(item: Item) -> Iterator[UnreadableItem]:
    """Returns the faults of an item and its contents; empty if it is readable, or of an unknown kind."""
    partition, sort = str(item.get("PK", "")), str(item.get("SK", ""))
    if "#MAIL#" in partition:
        yield from _fault(mail_from_item, item)
    elif partition.endswith("#SUPPRESSION"):
        yield from _fault(suppression_from_item, item)
    elif "#ORDER#" not in partition:
        return
    elif sort == ORDER_SORT_KEY and is_claim(item):
        yield from _fault(claim_from_item, item)
    elif sort == ORDER_SORT_KEY:
        yield from _fault(order_from_item, item)
        yield from _faults_of_outbox(item)
    elif sort == ACCEPTANCE_SORT_KEY:
        yield from _fault(acceptance_from_item, item)
    elif sort.startswith(EVENT_PREFIX):
        event = published_event_from(item)
        if isinstance(event, UnreadableItem):
            yield event


def _faults_of_outbox(item: Item) -> Iterator[UnreadableItem]:
    pending = item.get("pending")
    if not isinstance(pending, dict) or not isinstance(item.get("pendingBytes"), int):
        yield unreadable(ItemKind.ORDER, item, "'pending' or 'pendingBytes' is missing or of another type")
        return
    tenant_id, order_id = order_of_partition(item["PK"])
    for each in events_of(pending, tenant_id=tenant_id, order_id=order_id):
        if isinstance(each, UnreadableItem):
            yield each


def _fault(read: Callable[[Mapping[str, Any]], object], item: Item) -> Iterator[UnreadableItem]:
    try:
        read(item)
    except UnreadableItem as error:
        yield error
