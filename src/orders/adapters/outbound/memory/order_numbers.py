"""Orders by number in memory. Contract: ports/order_numbers.py."""

from collections.abc import Collection

from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.ports.errors import NumberNotIndexed


class MemoryOrderNumbers:
    """``OrderNumbers`` over a ``MemoryTable``; set the table's ``indexes_numbers`` to false for an index that lags."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    async def order_ids(self, tenant_id: str, order_number: str, *, besides: Collection[str] = ()) -> tuple[str, ...]:
        """See ``OrderNumbers.order_ids``."""
        numbers = {key: row.order.order_number for key, row in self._table.rows.items()}
        numbers |= {key: each.order_number for key, each in self._table.accepted.items() if key not in numbers}
        found = tuple(key[1] for key, number in numbers.items() if (key[0], number) == (tenant_id, order_number))
        if found and not self._table.indexes_numbers:
            raise NumberNotIndexed
        return tuple(each for each in found if each not in besides)
