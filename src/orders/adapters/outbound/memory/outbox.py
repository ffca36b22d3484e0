"""The outbox and the event log in memory. Contract: ports/outbox.py."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zlib import crc32

from orders.adapters.outbound.memory.orders_table import MemoryTable, OrderKey
from orders.domain.events import OrderEvent
from orders.ports.errors import ItemKind, PassedOver, PermanentPortError
from orders.ports.outbox import OutboxEntry
from orders.ports.outcomes import Outcome, outcome_of


class MemoryOutbox:
    """``Outbox`` and ``EventLog`` over the ``MemoryTable`` of a ``MemoryOrderRepository``."""

    def __init__(self, table: MemoryTable, *, shards: int = 4) -> None:
        self._table = table
        self._shards = shards

    @property
    def shards(self) -> int:
        """See ``Outbox.shards``."""
        return self._shards

    async def overdue(
        self,
        shard: int,
        *,
        before: datetime,
        limit: int,
        after: str | None = None,
        passed_over: PassedOver | None = None,
    ) -> Sequence[OutboxEntry]:
        """See ``Outbox.overdue``."""
        waiting = [(key, row.since, False) for key, row in self._table.rows.items() if row.since is not None]
        waiting += [(key, since, True) for key, since in self._table.unqueued.items()]
        due = [_entry(*each) for each in waiting if each[1] < before and self._shard_of(each[0][1]) == shard]
        found: list[OutboxEntry] = []
        for entry in sorted(due, key=lambda entry: entry.position):
            if after is not None and entry.position <= after:
                continue
            fault = self._table.fault(ItemKind.OUTBOX, entry.tenant_id, entry.order_id)
            if fault is None:
                found.append(entry)
            elif passed_over is None:
                raise fault
            else:
                passed_over(fault)
        return found[:limit]

    def _shard_of(self, order_id: str) -> int:
        return crc32(order_id.encode()) % self._shards

    async def waiting(self, tenant_id: str, order_id: str) -> Sequence[OrderEvent]:
        """See ``Outbox.waiting``."""
        row = self._table.rows.get((tenant_id, order_id))
        waiting = row.waiting if row else {}
        events: list[OrderEvent] = []
        for sequence in sorted(waiting):
            fault = self._table.fault(ItemKind.EVENT, tenant_id, order_id, sequence)
            if fault is not None and not events:
                raise fault
            if fault is not None:
                break
            events.append(waiting[sequence])
        return events

    async def settle(self, event: OrderEvent) -> bool:
        """See ``Outbox.settle``.

        Raises also: PermanentPortError: the log has another event under this one's sequence.
        """
        self._table.lease.check()
        log = self._table.log(event.tenant_id, event.order_id)
        logged = log.get(event.sequence)
        if logged is None or logged.epoch < event.epoch:
            logged = log[event.sequence] = event
        # Erasure may have removed texts from the one in the log; the rest must match.
        _check_same(logged, event)
        row = self._table.rows.get((event.tenant_id, event.order_id))
        return row is not None and row.settle(event.sequence)

    async def settle_all(self, events: Sequence[OrderEvent]) -> Sequence[Outcome[bool]]:
        """See ``Outbox.settle_all``."""
        outcomes: list[Outcome[bool]] = []
        failed: dict[OrderKey, Exception] = {}
        for event in events:
            key = event.tenant_id, event.order_id
            outcome = failed[key] if key in failed else await outcome_of(self.settle(event))
            if isinstance(outcome, Exception):
                failed[key] = outcome
            outcomes.append(outcome)
        return outcomes

    async def redact(self, event: OrderEvent) -> bool:
        """See ``EventLog.redact``."""
        self._table.lease.check()
        log = self._table.log(event.tenant_id, event.order_id)
        logged = log.get(event.sequence)
        if logged is None:
            return False
        _check_same(logged, event)
        log[event.sequence] = replace(logged, data=event.data, reason=event.reason, receipt=event.receipt)
        return True

    async def read(
        self,
        tenant_id: str,
        order_id: str,
        *,
        after: int = 0,
        limit: int = 100,
        passed_over: PassedOver | None = None,
    ) -> Sequence[OrderEvent]:
        """See ``EventLog.read``."""
        row = self._table.rows.get((tenant_id, order_id))
        events = (row.waiting if row else {}) | self._table.log(tenant_id, order_id)
        contiguous: list[OrderEvent] = []
        for sequence in range(after + 1, after + limit + 1):
            if sequence not in events:
                break
            fault = self._table.fault(ItemKind.EVENT, tenant_id, order_id, sequence)
            if fault is None:
                contiguous.append(events[sequence])
            elif passed_over is None:
                raise fault
            else:
                passed_over(fault)
        return contiguous


def _entry(key: OrderKey, since: datetime, accepted: bool) -> OutboxEntry:
    position = f"{since.isoformat(timespec='milliseconds')}|{'|'.join(key)}|{accepted:d}"
    return OutboxEntry(*key, since=since, accepted=accepted, position=position)


def _check_same(logged: OrderEvent, event: OrderEvent) -> None:
    if (logged.type, logged.version, logged.at, logged.epoch) != (event.type, event.version, event.at, event.epoch):
        raise PermanentPortError(
            "orders table", f"order {event.order_id} has another event {event.sequence} in its log"
        )
