"""All shops' orders of a day in memory. Contract: ports/orders_by_day.py."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.ports.orders_by_day import OrderOutline


class MemoryOrdersByDay:
    """``OrdersByDay`` over the ``MemoryTable`` of a ``MemoryOrderRepository``."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    async def read(self, day: datetime, *, since: datetime | None = None) -> AsyncIterator[OrderOutline]:
        """See ``OrdersByDay.read``."""
        wanted = day.astimezone(UTC).date()
        outlines = [
            OrderOutline(
                f"{row.order.created_at.astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}Z#{order_id}",
                tenant_id,
                order_id,
                row.order.sequence,
            )
            for (tenant_id, order_id), row in self._table.rows.items()
            if row.order.created_at.astimezone(UTC).date() == wanted
            and (since is None or row.order.created_at >= since)
        ]
        for outline in sorted(outlines, key=lambda each: each.position):
            yield outline
