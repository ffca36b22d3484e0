"""Replication between two emulated regions, running beside them."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.drill.replication.buckets import ReplicatedBucket
from tests.drill.replication.changes import TableStream
from tests.drill.replication.gate import Gate
from tests.drill.replication.items import Conflict
from tests.drill.replication.tables import ReplicatedTable, TableEnd
from tests.drill.replication.transit import Transit

TABLES_EVERY_SECONDS = 0.1
BUCKETS_EVERY_SECONDS = 1.0
LONG_LAG = 0.05
"""This share of what is sent takes long: replication has a tail."""


def lags(chance: random.Random, *, usual: tuple[float, float] = (0.1, 1.5), long: float = 5.0) -> Callable[[], float]:
    """Returns what gives the next lag in seconds: mostly usual, now and then long."""
    return lambda: chance.uniform(usual[1], long) if chance.random() < LONG_LAG else chance.uniform(*usual)


@dataclass
class Simulator:
    """Replicates tables and buckets until it is stopped.

    Attributes:
        transits: of all tables and buckets.
        replicated: counts the items and versions written to the other region.
    """

    tables: Mapping[str, ReplicatedTable]
    buckets: Sequence[ReplicatedBucket]
    transits: tuple[Transit[Any], ...]
    replicated: int = 0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def conflicts(self) -> list[Conflict]:
        """The items' writes that were overwritten unseen."""
        return [conflict for table in self.tables.values() for conflict in table.conflicts]

    @property
    def under_way(self) -> int:
        """Counts what is on its way or held back."""
        return sum(transit.under_way for transit in self.transits)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Replicate while inside. A fault of the simulator ends the drill: without it nothing is proven."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._tables()), group.create_task(self._buckets())]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()

    async def region_died(self, region: str) -> None:
        """Hold back all that is on its way from the region or to it."""
        async with self._lock:
            for transit in self.transits:
                transit.region_died(region)

    async def region_returned(self, region: str) -> None:
        """Deliver, late, what was held back, and what the region had not sent yet."""
        async with self._lock:
            for transit in self.transits:
                transit.region_returned(region)

    def under_way_from(self, origin: str) -> int:
        """Counts what of it comes from this region."""
        return sum(transit.under_way_from(origin) for transit in self.transits)

    async def drained(self, within_seconds: float = 60, *, origin: str | None = None) -> None:
        """Wait until all has arrived that was written so far, in ``origin`` only if one is named.

        Raises: TimeoutError.
        """
        clock = time.monotonic
        until, quiet_since = clock() + within_seconds, clock()
        while clock() - quiet_since < BUCKETS_EVERY_SECONDS * 2:
            if clock() > until:
                raise TimeoutError(f"{self.under_way} pieces are still on their way between the regions")
            if self.under_way if origin is None else self.under_way_from(origin):
                quiet_since = clock()
            await asyncio.sleep(TABLES_EVERY_SECONDS)

    async def _tables(self) -> None:
        while True:
            async with self._lock:
                for table in self.tables.values():
                    self.replicated += await table.step()
            await asyncio.sleep(TABLES_EVERY_SECONDS)

    async def _buckets(self) -> None:
        while True:
            async with self._lock:
                for bucket in self.buckets:
                    self.replicated += await bucket.step()
            await asyncio.sleep(BUCKETS_EVERY_SECONDS)


@dataclass(frozen=True, slots=True)
class Place:
    """One region as the simulator reaches it: past everything that may be cut off."""

    dynamodb: Any
    streams: Any
    s3: Any
    gate: Gate
    skew_ms: int = 0


async def replicated(
    places: Mapping[str, Place],
    tables: Sequence[str],
    buckets: Sequence[Mapping[str, str]],
    lag: Callable[[], float],
    clock: Callable[[], float] = time.monotonic,
) -> Simulator:
    """Makes the replication of these tables, from what is written next, and of these buckets, names by region."""
    transits: list[Transit[Any]] = []

    def transit() -> Transit[Any]:
        transits.append(Transit(lag, clock))
        return transits[-1]

    skew_ms = {region: place.skew_ms for region, place in places.items()}
    of_tables = {}
    for name in tables:
        ends = {
            region: TableEnd(place.dynamodb, await TableStream.opened(place.dynamodb, place.streams, name), place.gate)
            for region, place in places.items()
        }
        of_tables[name] = ReplicatedTable(name, ends, transit(), skew_ms)
    clients = {region: place.s3 for region, place in places.items()}
    of_buckets = [ReplicatedBucket(names, clients, transit()) for names in buckets]
    return Simulator(of_tables, of_buckets, tuple(transits))
