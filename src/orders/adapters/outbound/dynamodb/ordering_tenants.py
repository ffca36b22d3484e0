"""Finds the shops that have orders, through the index of all orders by day. Contract: ports/tenants.py."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from orders.adapters.outbound.dynamodb.keys import DAY_SHARDS, day_shard
from orders.adapters.outbound.dynamodb.table import OrdersTable, Placeholders
from orders.adapters.together import together

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

_INDEX = "OrdersByDate"


class DynamoOrderingTenants:
    """Reads the index of orders by day: all shards of a day, day by day."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._table = OrdersTable(client, table_name)

    async def since(self, begin: datetime, until: datetime) -> Sequence[str]:
        """See ``OrderingTenants.since``."""
        found: set[str] = set()
        day = begin.astimezone(UTC)
        while day.date() <= until.astimezone(UTC).date():
            shards = await together(*(self._tenants(day_shard(day, shard)) for shard in range(DAY_SHARDS)))
            found.update(*shards)
            day += timedelta(days=1)
        return sorted(found)

    async def _tenants(self, hash_key: str) -> set[str]:
        place = Placeholders()
        condition = f"{place.name('dayShard')} = {place.value(hash_key)}"
        found: set[str] = set()
        resume = None
        while True:
            page = await self._table.query(condition, place, index=_INDEX, resume=resume)
            # The tenant is in every projection, so that unreadable orders count too.
            found.update(str(item["tenantId"]) for item in page.items)
            resume = page.resume
            if resume is None:
                return found
