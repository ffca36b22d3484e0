"""Use case of operators: knows the shops that there are, and looks for new ones at little cost."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime

from orders.application.operations.find_shops import FindShops
from orders.domain.identity import is_key
from orders.ports.clock import Clock
from orders.ports.tenants import OrderingTenants


async def _nothing_more() -> Collection[str]:
    return ()


class KnownShops:
    """Finds the shops once, as ``FindShops`` does, and later only those that have had their first order since.

    Args:
        more: names further shops, each time; such as those of orders that are older than ``FindShops`` looks for.
    """

    def __init__(
        self,
        find: FindShops,
        ordering: OrderingTenants,
        clock: Clock,
        *,
        more: Callable[[], Awaitable[Collection[str]]] = _nothing_more,
    ) -> None:
        self._find = find
        self._ordering = ordering
        self._clock = clock
        self._more = more
        self._known: set[str] = set()
        self._looked_at: datetime | None = None

    async def execute(self) -> Sequence[str]:
        """Returns the sorted ids. Raises: TransientPortError."""
        now = self._clock.now()
        if self._looked_at is None:
            found = await self._find.execute(now, now)
        else:
            found = await self._ordering.since(self._looked_at, now)
        self._known.update(filter(is_key, [*found, *await self._more()]))
        self._looked_at = now
        return sorted(self._known)
