"""Shops' profile files, and the shops that have orders, in memory. Contract: ports/tenants.py."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.ports.errors import TransientPortError
from orders.ports.tenants import TenantFile


class MemoryTenantFiles:
    """``TenantFiles`` in memory; set ``reachable`` to false for an outage."""

    def __init__(self, files: Iterable[TenantFile] = ()) -> None:
        self.files: Mapping[str, TenantFile] = {file.tenant_id: file for file in files}
        self.reachable = True

    async def tenants(self) -> Sequence[str]:
        """See ``TenantFiles.tenants``."""
        self._ask()
        return sorted(self.files)

    async def inspect(self, tenant_id: str) -> TenantFile:
        """See ``TenantFiles.inspect``."""
        self._ask()
        return self.files.get(tenant_id) or TenantFile(tenant_id)

    def _ask(self) -> None:
        if not self.reachable:
            raise TransientPortError("templates bucket", "out of reach")


class MemoryOrderingTenants:
    """``OrderingTenants`` over the orders in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    async def since(self, begin: datetime, until: datetime) -> Sequence[str]:
        """See ``OrderingTenants.since``."""
        first, last = begin.date(), until.date()
        orders = (row.order for row in self._table.rows.values())
        return sorted({order.tenant_id for order in orders if first <= order.created_at.date() <= last})
