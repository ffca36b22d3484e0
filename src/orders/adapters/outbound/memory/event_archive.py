"""Published events by time, in memory. Contract: ports/event_archive.py."""

from collections.abc import Sequence
from datetime import datetime

from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.domain.events import OrderEvent
from orders.ports.event_archive import ArchivedEvent


class MemoryEventArchive:
    """Reads the log of a ``MemoryTable``."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    async def read(
        self, tenant_id: str, *, since: datetime, until: datetime, after: str | None = None, limit: int = 500
    ) -> Sequence[ArchivedEvent]:
        """See ``EventArchive.read``."""
        found = (
            ArchivedEvent(_place(event), event)
            for (tenant, _), log in self._table.logs.items()
            if tenant == tenant_id
            for event in log.values()
            if since <= event.at < until
        )
        behind = (each for each in found if after is None or each.place > after)
        return sorted(behind, key=lambda each: each.place)[:limit]


def _place(event: OrderEvent) -> str:
    return f"{event.at.isoformat(timespec='milliseconds')}#{event.order_id}#{event.sequence:010d}"
