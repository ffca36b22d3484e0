"""Published events by tenant and time in DynamoDB. Contract: ports/event_archive.py ([PIPE-13])."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from orders.adapters.outbound.dynamodb.items.attribute_values import Item
from orders.adapters.outbound.dynamodb.items.event_items import published_event_from
from orders.adapters.outbound.dynamodb.items.instants import bound_text
from orders.adapters.outbound.dynamodb.keys import DAY_SHARDS, event_day_shard
from orders.adapters.outbound.dynamodb.table import OrdersTable, Placeholders
from orders.adapters.together import together
from orders.domain.events import OrderEvent
from orders.ports.errors import PassedOver
from orders.ports.event_archive import ArchivedEvent

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

_INDEX = "EventsByTenantAndTime"


class DynamoEventArchive:
    """Reads the index of events by tenant and day: all shards of a day, day by day."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._table = OrdersTable(client, table_name)

    async def read(
        self,
        tenant_id: str,
        *,
        since: datetime,
        until: datetime,
        after: str | None = None,
        limit: int = 500,
        passed_over: PassedOver | None = None,
    ) -> Sequence[ArchivedEvent]:
        """See ``EventArchive.read``."""
        while items := await self._items(tenant_id, since=since, until=until, after=after, limit=limit):
            found: list[ArchivedEvent] = []
            for item in items:
                event = published_event_from(item)
                if isinstance(event, OrderEvent):
                    found.append(ArchivedEvent(item["eventTimeKey"], event))
                elif passed_over is None:
                    raise event
                else:
                    passed_over(event)
            if found:
                return found
            # An empty result would mean the end, but more may follow the unreadable ones.
            after = items[-1]["eventTimeKey"]
        return []

    async def _items(
        self, tenant_id: str, *, since: datetime, until: datetime, after: str | None, limit: int
    ) -> list[Item]:
        lowest = max(bound_text(since), after or "")
        # A bare instant sorts before every position of that instant, which excludes it.
        highest = bound_text(until)
        found: list[Item] = []
        for day in _days(lowest, until):
            shards = await together(
                *(
                    self._shard(event_day_shard(tenant_id, day, shard), lowest, highest, limit)
                    for shard in range(DAY_SHARDS)
                )
            )
            items = (item for shard in shards for item in shard if item["eventTimeKey"] != after)
            found += sorted(items, key=lambda item: str(item["eventTimeKey"]))[: limit - len(found)]
            if len(found) == limit:
                break
        return found

    async def _shard(self, hash_key: str, lowest: str, highest: str, limit: int) -> list[Item]:
        if lowest >= highest:
            return []
        place = Placeholders()
        condition = (
            f"{place.name('eventDayShard')} = {place.value(hash_key)} AND {place.name('eventTimeKey')}"
            f" BETWEEN {place.value(lowest)} AND {place.value(highest)}"
        )
        items: list[Item] = []
        resume = None
        while len(items) <= limit:
            # One more than requested, since the range includes the position itself.
            page = await self._table.query(condition, place, index=_INDEX, limit=limit + 1 - len(items), resume=resume)
            items.extend(page.items)
            resume = page.resume
            if resume is None:
                break
        return items


def _days(lowest: str, until: datetime) -> Iterator[datetime]:
    day = datetime.fromisoformat(lowest[:10]).replace(tzinfo=UTC)
    while day < until:
        yield day
        day += timedelta(days=1)
