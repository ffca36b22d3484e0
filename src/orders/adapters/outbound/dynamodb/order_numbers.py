"""Orders by number in DynamoDB. Contract: ports/order_numbers.py.

A global secondary index shows a write some time after it was made, mostly within milliseconds, and nothing tells how
far behind it is. So what was not found is looked for again after a pause, and if it is still missing, the index is
judged by what this process has written itself.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING

from orders.adapters.outbound.dynamodb.keys import number_key, order_of_partition
from orders.adapters.outbound.dynamodb.table import OrdersTable, Placeholders
from orders.ports.errors import NumberNotIndexed

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

INDEX = "OrderByNumber"
MAX_ENTRIES = 10
"""Entries that are read of a number: an order has two at most, its acceptance's included."""
USUAL_LAG_SECONDS = 0.5
REMEMBERED_SECONDS = 60.0
MAX_REMEMBERED = 4096


class RecentNumbers:
    """The keys of the numbers that this process has put into the index lately.

    Parameters:
        monotonic: seconds that pass.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._at: dict[str, float] = {}

    def note(self, key: str) -> None:
        """Remembers a number that was written just now."""
        # Anew at the end: the newest are the last.
        self._at.pop(key, None)
        self._at[key] = self._monotonic()
        if len(self._at) > MAX_REMEMBERED:
            del self._at[next(iter(self._at))]

    def has(self, key: str) -> bool:
        """Returns whether the number was written lately."""
        at = self._at.get(key)
        return at is not None and self._monotonic() - at <= REMEMBERED_SECONDS

    def newest_settled(self) -> str | None:
        """Returns the newest number that the index should show by now; ``None`` if none was written lately."""
        now = self._monotonic()
        for key, at in reversed(self._at.items()):
            if now - at > REMEMBERED_SECONDS:
                return None
            if now - at >= USUAL_LAG_SECONDS:
                return key
        return None


class DynamoOrderNumbers:
    """``OrderNumbers`` over the index by number."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        written: RecentNumbers | None = None,
        *,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Sets the table.

        Args:
            written: the numbers that this process writes; without them a lag can't be told.
            pause: waits for so many seconds.
        """
        self._table = OrdersTable(client, table_name)
        self._written = written or RecentNumbers()
        self._pause = pause

    async def order_ids(self, tenant_id: str, order_number: str, *, besides: Collection[str] = ()) -> tuple[str, ...]:
        """See ``OrderNumbers.order_ids``."""
        key = number_key(tenant_id, order_number)
        found = await self._look(key, besides)
        if not found:
            # Whoever asks knows the number, so its order was written before: by now the index shows it, or lags.
            await self._pause(USUAL_LAG_SECONDS)
            found = await self._look(key, besides)
        if not found and ((not besides and self._written.has(key)) or await self._lags()):
            raise NumberNotIndexed
        return found

    async def _look(self, key: str, besides: Collection[str]) -> tuple[str, ...]:
        return tuple(each for each in await indexed_ids(self._table, key) if each not in besides)

    async def _lags(self) -> bool:
        shown = self._written.newest_settled()
        return shown is not None and not await indexed_ids(self._table, shown)


async def indexed_ids(table: OrdersTable, key: str) -> tuple[str, ...]:
    """Returns the ids that the index has under the number's key. Raises: TransientPortError."""
    place = Placeholders()
    condition = f"{place.name('numberKey')} = {place.value(key)}"
    page = await table.query(condition, place, index=INDEX, limit=MAX_ENTRIES)
    return tuple(dict.fromkeys(order_of_partition(item["PK"])[1] for item in page.items))
