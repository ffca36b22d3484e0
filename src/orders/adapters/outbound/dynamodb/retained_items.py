"""Sets when an order's items go. Contract: ports/retention.py."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orders.adapters.outbound.dynamodb.items.attribute_values import Item
from orders.adapters.outbound.dynamodb.items.instants import epoch_seconds
from orders.adapters.outbound.dynamodb.items.schema import EXPIRY
from orders.adapters.outbound.dynamodb.keys import mail_partition, order_partition
from orders.adapters.outbound.dynamodb.table import ConditionFailed, OrdersTable, Placeholders
from orders.ports.clock import Clock
from orders.ports.lease import WriterLease

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient


class DynamoRetainedItems:
    """``RetainedItems`` over an order's two partitions: its own, and that of its mails."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, lease: WriterLease, *, clock: Clock | None = None
    ) -> None:
        self._table = OrdersTable(client, table_name, lease, clock=clock)

    async def keep_until(self, tenant_id: str, order_id: str, expires_at: datetime) -> int:
        """See ``RetainedItems.keep_until``."""
        seconds, changed = epoch_seconds(expires_at), 0
        for partition in (order_partition(tenant_id, order_id), mail_partition(tenant_id, order_id)):
            async for item in self._items(partition):
                found = item.get(EXPIRY)
                if not isinstance(found, int) or found < seconds:
                    changed += await self._set(item, seconds)
        return changed

    async def _set(self, item: Item, seconds: int) -> bool:
        place = Placeholders()
        expiry, until = place.name(EXPIRY), place.value(seconds)
        try:
            # No other attribute, so that it can't undo what others write; damaged and later items go as well.
            await self._table.update(
                {name: item[name] for name in ("PK", "SK")},
                change=f"SET {expiry} = {until}",
                condition=(
                    f"attribute_exists({place.name('PK')}) AND (attribute_not_exists({expiry}) OR {expiry} < {until}"
                    f" OR NOT attribute_type({expiry}, {place.value('N')}))"
                ),
                place=place,
            )
        except ConditionFailed:
            return False  # by another, or later
        return True

    async def _items(self, partition: str) -> AsyncIterator[Item]:
        place = Placeholders()
        condition = f"{place.name('PK')} = {place.value(partition)}"
        resume: Mapping[str, Any] | None = None
        while True:
            page = await self._table.query(condition, place, resume=resume)
            for item in page.items:
                yield item
            resume = page.resume
            if resume is None:
                return
