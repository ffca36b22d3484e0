"""Two regions as operators see them, in memory. Contracts: those ports."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from orders.ports.errors import TransientPortError
from orders.ports.health_checkers import CheckersView
from orders.ports.region_readiness import Finding, Need


class MemoryRegionReadiness:
    """``RegionReadiness`` over numbers.

    Attributes:
        lacking: what a region lacks; a need with ``None`` can't be asked.
        tasks: the tasks of each region.
    """

    def __init__(self) -> None:
        self.lacking: dict[str, dict[Need, bool | None]] = defaultdict(dict)
        self.tasks: dict[str, int] = {}

    async def look(self, region: str) -> Sequence[Finding]:
        """See ``RegionReadiness.look``."""
        lacking = self.lacking[region]
        return [Finding(need, lacking.get(need, True), f"{need} of {region}") for need in Need]

    async def scale(self, target: str, *, like: str) -> Sequence[str]:
        """See ``RegionReadiness.scale``."""
        if self.tasks.get(like, 0) <= self.tasks.get(target, 0):
            return []
        self.tasks[target] = self.tasks[like]
        return [f"{target}: {self.tasks[target]} tasks, as {like} has"]


class MemoryHealthCheckers:
    """``HealthCheckers`` over a dictionary; set ``reachable`` to false for an outage."""

    def __init__(self) -> None:
        self.reachable = True
        self.views: dict[str, CheckersView] = {}

    async def view(self, region: str) -> CheckersView | None:
        """See ``HealthCheckers.view``."""
        if not self.reachable:
            raise TransientPortError("Route 53", "out of reach")
        return self.views.get(region)


class MemoryReplication:
    """``Replication`` between regions whose copies are made at once, as long as ``copying``.

    Attributes:
        unreachable: the regions that can't be reached.
        orders: the sequences of a region's orders, by tenant and order, with when they were placed.
    """

    def __init__(self, *regions: str, shards: int = 4) -> None:
        self.copying = True
        self.unreachable: set[str] = set()
        self.orders: dict[str, dict[str, tuple[datetime, int]]] = {region: {} for region in regions}
        self._marks: dict[str, dict[tuple[str, int], str]] = {region: {} for region in regions}
        self._shards = shards

    async def mark(self, region: str, token: str) -> None:
        """See ``Replication.mark``."""
        self._ask(region)
        for to in self._marks if self.copying else (region,):
            for shard in range(self._shards):
                self._marks[to][region, shard] = token

    async def marks(self, region: str, *, of: str) -> Sequence[str | None]:
        """See ``Replication.marks``."""
        self._ask(region)
        return [self._marks[region].get((of, shard)) for shard in range(self._shards)]

    async def recent(self, region: str, since: datetime) -> Mapping[str, int]:
        """See ``Replication.recent``."""
        self._ask(region)
        return {order: sequence for order, (placed, sequence) in self.orders[region].items() if placed >= since}

    def _ask(self, region: str) -> None:
        if region in self.unreachable:
            raise TransientPortError("orders table", f"{region} is out of reach")
