"""Use case of operators: finds the shops whose orders may have changed within a time."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from orders.domain.identity import is_key
from orders.ports.tenants import OrderingTenants, TenantFiles

PLACED_BEFORE = timedelta(days=30)
"""So long after it was placed an order of a shop without files of its own is expected to change at the latest."""


class FindShops:
    """Finds shops by what they have provided and by the orders that they have taken: no list of them is kept."""

    def __init__(self, files: TenantFiles, ordering: OrderingTenants, *, named: Collection[str] = ()) -> None:
        """``named`` are the tenants in settings."""
        self._files = files
        self._ordering = ordering
        self._named = frozenset(named)

    async def execute(self, since: datetime, until: datetime) -> Sequence[str]:
        """Returns the sorted ids of shops that may have events between the times.

        These are shops with files in the templates bucket, those in settings, and those with orders placed from 30 days
        before ``since`` on. Raises: TransientPortError.
        """
        found = {*await self._files.tenants(), *self._named, *await self._ordering.since(since - PLACED_BEFORE, until)}
        return sorted(filter(is_key, found))
