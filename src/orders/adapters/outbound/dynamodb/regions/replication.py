"""How far two regions' tables of orders are copied to each other. Contract: ports/replication.py."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from orders.adapters.outbound.dynamodb.keys import DAY_SHARDS, Key
from orders.adapters.outbound.dynamodb.orders_by_day import DynamoOrdersByDay
from orders.adapters.outbound.dynamodb.table import OrdersTable, Placeholders
from orders.adapters.together import together
from orders.ports.clock import Clock
from orders.ports.lease import WriterLease

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient


class DynamoReplication:
    """``Replication`` over a client in each region; a marker is an item, of which a region writes its own only."""

    def __init__(
        self, clients: Mapping[str, "DynamoDBClient"], tables: Mapping[str, str], clock: Clock, lease: WriterLease
    ) -> None:
        """``clients`` and the ``tables``' names by region; ``lease`` as ``OrdersTable`` takes it.

        A marker is written while nobody holds the writer's lease: it is no part of any order.
        """
        self._tables = {region: OrdersTable(client, tables[region], lease) for region, client in clients.items()}
        self._days = {region: DynamoOrdersByDay(client, tables[region]) for region, client in clients.items()}
        self._clock = clock

    async def mark(self, region: str, token: str) -> None:
        """See ``Replication.mark``."""
        await together(*(self._put(region, shard, token) for shard in range(DAY_SHARDS)))

    async def marks(self, region: str, *, of: str) -> Sequence[str | None]:
        """See ``Replication.marks``."""
        return await together(*(self._get(region, _key(of, shard)) for shard in range(DAY_SHARDS)))

    async def recent(self, region: str, since: datetime) -> Mapping[str, int]:
        """See ``Replication.recent``."""
        days, found, day = self._days[region], {}, since.astimezone(UTC)
        while day.date() <= self._clock.now().astimezone(UTC).date():
            async for outline in days.read(day, since=since):
                found[f"{outline.tenant_id}/{outline.order_id}"] = outline.sequence
            day += timedelta(days=1)
        return found

    async def _put(self, region: str, shard: int, token: str) -> None:
        place = Placeholders()
        # Whatever was there: the condition is always true.
        condition = f"attribute_not_exists({place.name('PK')}) OR attribute_exists({place.name('PK')})"
        await self._tables[region].put(_key(region, shard) | {"token": token}, condition=condition, place=place)

    async def _get(self, region: str, key: Key) -> str | None:
        item = await self._tables[region].get(key)
        return None if item is None else str(item.get("token"))


def _key(region: str, shard: int) -> Key:
    """Returns a marker's key: no tenant's."""
    return {"PK": f"CONTROL#MARK#{region}#{shard}", "SK": "MARK"}
