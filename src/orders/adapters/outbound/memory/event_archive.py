"""Published events by time, in memory. Contract: ports/event_archive.py."""

from collections.abc import Sequence
from datetime import datetime

from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.domain.events import OrderEvent
from orders.ports.errors import ItemKind, PassedOver
from orders.ports.event_archive import ArchivedEvent


class MemoryEventArchive:
    """Reads the log of a ``MemoryTable``."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

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
        found = (
            ArchivedEvent(_place(event), event)
            for (tenant, _), log in self._table.logs.items()
            if tenant == tenant_id
            for event in log.values()
            if since <= event.at < until
        )
        behind = (each for each in found if after is None or each.place > after)
        readable: list[ArchivedEvent] = []
        for each in sorted(behind, key=lambda each: each.place):
            fault = self._table.fault(ItemKind.EVENT, tenant_id, each.event.order_id, each.event.sequence)
            if fault is None:
                readable.append(each)
            elif passed_over is None:
                raise fault
            else:
                passed_over(fault)
            if len(readable) == limit:
                break
        return readable


def _place(event: OrderEvent) -> str:
    return f"{event.at.isoformat(timespec='milliseconds')}#{event.order_id}#{event.sequence:010d}"
