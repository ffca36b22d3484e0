"""Sets when an order's items go, in memory. Contract: ports/retention.py."""

from dataclasses import replace
from datetime import datetime

from orders.adapters.outbound.memory.mail_intents import MemoryMailIntents
from orders.adapters.outbound.memory.orders_table import MemoryTable


class MemoryRetainedItems:
    """``RetainedItems`` over a ``MemoryTable`` and the mails beside it."""

    def __init__(self, table: MemoryTable, mails: MemoryMailIntents) -> None:
        self._table = table
        self._mails = mails

    async def keep_until(self, tenant_id: str, order_id: str, expires_at: datetime) -> int:
        """See ``RetainedItems.keep_until``."""
        self._table.lease.check()
        key, changed = (tenant_id, order_id), 0
        row = self._table.rows.get(key)
        if row is not None and _is_before(row.order.expires_at, expires_at):
            row.order = replace(row.order, expires_at=expires_at)
            changed += 1
        log = self._table.log(tenant_id, order_id)
        for sequence, event in log.items():
            if _is_before(event.expires_at, expires_at):
                log[sequence] = replace(event, expires_at=expires_at)
                changed += 1
        if key in self._table.accepted and _is_before(self._table.accepted_until.get(key), expires_at):
            self._table.accepted_until[key] = expires_at
            changed += 1
        return changed + self._mails.keep_until(tenant_id, order_id, expires_at)


def _is_before(recorded: datetime | None, expires_at: datetime) -> bool:
    return recorded is None or recorded < expires_at
