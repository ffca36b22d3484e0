"""Finds unreadable items in memory. Contract: ports/unreadable_items.py."""

from collections.abc import Iterator

from orders.adapters.outbound.memory.mail_intents import MemoryMailIntents
from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.adapters.outbound.memory.suppressions import MemorySuppressions
from orders.domain.identity import is_order_id
from orders.ports.errors import UnreadableItem
from orders.ports.unreadable_items import Findings, UnknownPlace


class MemoryUnreadableItems:
    """``UnreadableItems`` over a ``MemoryTable`` and the other in-memory stores."""

    def __init__(self, table: MemoryTable, mails: MemoryMailIntents, suppressions: MemorySuppressions) -> None:
        self._table = table
        self._mails = mails
        self._suppressions = suppressions

    async def in_outbox(self, *, limit: int) -> Findings:
        """See ``UnreadableItems.in_outbox``."""
        held_up = {key for key, row in self._table.rows.items() if row.since is not None} | self._table.unqueued.keys()
        found = [fault for fault in self._table.faults() if (fault.tenant_id, fault.order_id) in held_up]
        return Findings(found, min(len(held_up), limit))

    async def of_tenant(self, tenant_id: str, *, after: str | None = None, limit: int = 1000) -> Findings:
        """See ``UnreadableItems.of_tenant``."""
        placed = sorted(
            (f"{row.order.created_at.isoformat()}#{order_id}", order_id)
            for (tenant, order_id), row in self._table.rows.items()
            if tenant == tenant_id
        )
        if after is not None and not is_order_id(after.rpartition("#")[2]):
            raise UnknownPlace(after)
        orders = [(place, order_id) for place, order_id in placed if after is None or place > after][:limit]
        found = [] if after is not None else list(self._suppressions.faults(tenant_id))
        found += [fault for _, order_id in orders for fault in self._of_order(tenant_id, order_id)]
        return Findings(found, len(orders), orders[-1][0] if len(orders) == limit else None)

    async def of_order(self, tenant_id: str, order_id: str) -> Findings:
        """See ``UnreadableItems.of_order``."""
        return Findings(list(self._of_order(tenant_id, order_id)), 1)

    def _of_order(self, tenant_id: str, order_id: str) -> Iterator[UnreadableItem]:
        for fault in (*self._table.faults(), *self._mails.faults()):
            if (fault.tenant_id, fault.order_id) == (tenant_id, order_id):
                yield fault
