"""All shops' orders of a day in DynamoDB. Contract: ports/orders_by_day.py."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import TYPE_CHECKING

from orders.adapters.outbound.dynamodb.items.instants import bound_text
from orders.adapters.outbound.dynamodb.keys import AFTER_ALL, BEFORE_ALL, DAY_SHARDS, day_shard, order_of_partition
from orders.adapters.outbound.dynamodb.listing import Branch, Span, merged, position_in, sequence_in
from orders.adapters.outbound.dynamodb.table import OrdersTable
from orders.ports.orders_by_day import OrderOutline

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

_INDEX = "OrdersByDate"
_CHUNK = 200


class DayBranch(Branch):
    """One shard of a day: read by operators, and told apart by it from listings that are served."""


class DynamoOrdersByDay:
    """Merges the shards of a day in the index of orders by date; holds one page of each shard at a time."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._table = OrdersTable(client, table_name)

    async def read(self, day: datetime, *, since: datetime | None = None) -> AsyncIterator[OrderOutline]:
        """See ``OrdersByDay.read``."""
        span = Span(BEFORE_ALL if since is None else bound_text(since), AFTER_ALL)
        branches = [
            DayBranch(self._table, _INDEX, ("dayShard", day_shard(day, shard)), span, ascending=True, chunk=_CHUNK)
            for shard in range(DAY_SHARDS)
        ]
        async for item in merged(branches, ascending=True):
            # What the key says is true of orders that can't be read too.
            tenant_id, order_id = order_of_partition(item["PK"]["S"])
            yield OrderOutline(position_in(item), tenant_id, order_id, sequence_in(item))
