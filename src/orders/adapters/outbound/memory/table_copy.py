"""A copy of the orders in memory. Contract: ports/table_copies.py."""

from collections.abc import AsyncIterator
from datetime import datetime

from orders.adapters.outbound.memory.document_store import MemoryDocumentStore
from orders.adapters.outbound.memory.orders_by_day import MemoryOrdersByDay
from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.ports.documents import document_folder
from orders.ports.orders_by_day import OrderOutline
from orders.ports.table_copies import OrderCopy


class MemoryTableCopy:
    """``TableCopy`` over a ``MemoryTable`` and a ``MemoryDocumentStore``; mail intents are not compared."""

    def __init__(self, table: MemoryTable, documents: MemoryDocumentStore, *, name: str) -> None:
        self._table = table
        self._documents = documents
        self._days = MemoryOrdersByDay(table)
        self._name = name

    @property
    def name(self) -> str:
        """See ``TableCopy.name``."""
        return self._name

    def orders(self, day: datetime) -> AsyncIterator[OrderOutline]:
        """See ``TableCopy.orders``."""
        return self._days.read(day)

    async def order(self, outline: OrderOutline) -> OrderCopy:
        """See ``TableCopy.order``."""
        key = (outline.tenant_id, outline.order_id)
        row, log = self._table.rows.get(key), self._table.log(*key)
        checksums = {f"EVENT#{sequence:010d}": repr(event) for sequence, event in log.items()}
        documents: frozenset[str] = frozenset()
        if row is not None:
            checksums["ORDER"] = repr(row)
            folder = document_folder(tenant_id=key[0], created_at=row.order.created_at, order_id=key[1])
            documents = frozenset(
                name.removeprefix(folder) for name in self._documents.documents if name.startswith(folder)
            )
        waiting = row.waiting if row else {}
        return OrderCopy(checksums, tuple(sorted({*log, *waiting})), documents)
