"""Waiting events and the log of all, in memory. Contract: ports/outbox.py."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zlib import crc32

from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.domain.events import OrderEvent
from orders.ports.errors import PermanentPortError
from orders.ports.outbox import OutboxEntry


class MemoryOutbox:
    """``Outbox`` and ``EventLog`` over the ``MemoryTable`` of a ``MemoryOrderRepository``."""

    def __init__(self, table: MemoryTable, *, shards: int = 4) -> None:
        self._table = table
        self._shards = shards

    @property
    def shards(self) -> int:
        """See ``Outbox.shards``."""
        return self._shards

    async def overdue(self, shard: int, *, before: datetime, limit: int) -> Sequence[OutboxEntry]:
        """See ``Outbox.overdue``."""
        found = [OutboxEntry(*key, since=row.since) for key, row in self._table.rows.items() if row.since is not None]
        found += [OutboxEntry(*key, since=since, accepted=True) for key, since in self._table.unqueued.items()]
        due = (entry for entry in found if entry.since < before and self._shard_of(entry.order_id) == shard)
        return sorted(due, key=lambda entry: entry.since)[:limit]

    def _shard_of(self, order_id: str) -> int:
        return crc32(order_id.encode()) % self._shards

    async def waiting(self, tenant_id: str, order_id: str) -> Sequence[OrderEvent]:
        """See ``Outbox.waiting``."""
        row = self._table.rows.get((tenant_id, order_id))
        return [row.waiting[sequence] for sequence in sorted(row.waiting)] if row else []

    async def settle(self, event: OrderEvent) -> None:
        """See ``Outbox.settle``.

        Raises also: PermanentPortError: another event is in the log under this one's sequence.
        """
        logged = self._table.log(event.tenant_id, event.order_id).setdefault(event.sequence, event)
        # Erasure may have taken texts out of the one in the log; what it leaves must agree.
        _check_same(logged, event)
        row = self._table.rows.get((event.tenant_id, event.order_id))
        if row is not None:
            row.settle(event.sequence)

    async def redact(self, event: OrderEvent) -> bool:
        """See ``EventLog.redact``."""
        log = self._table.log(event.tenant_id, event.order_id)
        logged = log.get(event.sequence)
        if logged is None:
            return False
        _check_same(logged, event)
        log[event.sequence] = replace(logged, data=event.data, reason=event.reason, receipt=event.receipt)
        return True

    async def read(self, tenant_id: str, order_id: str, *, after: int = 0, limit: int = 100) -> Sequence[OrderEvent]:
        """See ``EventLog.read``."""
        waiting = {event.sequence: event for event in await self.waiting(tenant_id, order_id)}
        events = waiting | self._table.log(tenant_id, order_id)
        contiguous: list[OrderEvent] = []
        while len(contiguous) < limit and after + len(contiguous) + 1 in events:
            contiguous.append(events[after + len(contiguous) + 1])
        return contiguous


def _check_same(logged: OrderEvent, event: OrderEvent) -> None:
    if (logged.type, logged.version, logged.at) != (event.type, event.version, event.at):
        raise PermanentPortError(
            "orders table", f"order {event.order_id} has another event {event.sequence} in its log"
        )
