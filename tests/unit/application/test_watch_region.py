"""What a region tells of the control table ([DATA-3]): whether anybody may write, and how fresh that is."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from orders.adapters.outbound.memory.alone_confirmations import MemoryAloneConfirmations
from orders.adapters.outbound.memory.audit_trail import MemoryAuditTrail
from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.control_table import MemoryControlTable
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.application.operations.check_health import CheckHealth
from orders.application.operations.keep_lease import KeepLease
from orders.application.operations.watch_region import WatchRegion
from orders.application.policy.region_lease import RegionLease
from orders.ports.errors import TransientPortError, UnreadableItem
from orders.ports.metric_catalogue import (
    CONFIRMED_ALONE,
    LEASE_AGE_SECONDS,
    MINUTES_WITHOUT_WRITER,
    STANDBY_NOT_READY,
    WRITERS,
)
from orders.ports.regions import AloneConfirmation, ControlState, ControlTable
from tests.support.builders import NOON
from tests.support.service import Dependency

HERE, THERE = "af-south-1", "eu-west-1"
WRITTEN_HERE = ControlState(1, HERE, frozenset(), "terraform", NOON)
WRITTEN_THERE = replace(WRITTEN_HERE, epoch=2, writer=THERE)


@dataclass
class Watched:
    """A region at work, over a table and a dependency that can fail, and clocks that move when told."""

    state: ControlState | None = WRITTEN_HERE
    seconds: float = 1000.0
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    metrics: MemoryMetrics = field(default_factory=MemoryMetrics)
    confirmations: MemoryAloneConfirmations = field(default_factory=MemoryAloneConfirmations)
    dependency: Dependency = field(default_factory=lambda: Dependency("orders table"))

    def __post_init__(self) -> None:
        self.table = MemoryControlTable(self.state)
        self.watch = self.watching(self.table, CheckHealth([self.dependency], self.clock))

    def watching(self, table: ControlTable, health: CheckHealth) -> WatchRegion:
        lease = RegionLease(HERE, monotonic=lambda: self.seconds, now=self.clock.now)
        keep = KeepLease(
            table,
            self.confirmations,
            lease,
            MemoryAuditTrail(self.metrics),
            self.clock,
            region=HERE,
            process="relay",
            monotonic=lambda: self.seconds,
        )
        return WatchRegion(keep, health, self.metrics, region=HERE, monotonic=lambda: self.seconds)

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
        self.clock.advance(timedelta(seconds=seconds))

    async def shown(self, after: float = 0) -> tuple[float | None, float | None, float | None]:
        """Reads after some seconds; returns writers, minutes without one, and the age of the lease."""
        self.advance(after)
        await self.watch.execute()
        return self.gauges()

    async def cut_off(self, after: float) -> tuple[float | None, float | None, float | None]:
        """Likewise, when the read fails."""
        self.advance(after)
        with pytest.raises(TransientPortError):
            await self.watch.execute()
        return self.gauges()

    async def cut_off_for(self, seconds: float) -> None:
        """Lets the seconds pass without the table, with a read every 5 s."""
        self.table.reachable = False
        while seconds > 0:
            await self.cut_off(5)
            seconds -= 5

    def gauges(self) -> tuple[float | None, float | None, float | None]:
        return self.metrics.now(WRITERS), self.metrics.now(MINUTES_WITHOUT_WRITER), self.metrics.now(LEASE_AGE_SECONDS)


@pytest.mark.parametrize("state", [WRITTEN_HERE, WRITTEN_THERE])
async def test_a_writer_is_named_wherever_it_is(state: ControlState) -> None:
    region = Watched(state)
    assert await region.watch.execute() == state
    assert await region.shown(5) == (1, 0, 0)
    assert region.metrics.now(CONFIRMED_ALONE) == 0


async def test_cut_off_from_the_table_a_region_knows_the_writer_for_as_long_as_the_lease_holds() -> None:
    region = Watched()
    await region.shown()
    region.table.reachable = False
    assert await region.cut_off(5) == (1, 0, 5)
    assert await region.cut_off(25) == (1, 0, 30)
    assert await region.cut_off(0.5) == (0, 30.5 / 60, 30.5)
    assert await region.cut_off(269.5) == (0, 5, 300)
    region.table.reachable = True
    assert await region.shown(5) == (1, 0, 0)


async def test_a_region_that_never_read_anything_counts_from_its_start() -> None:
    region = Watched()
    region.table.reachable = False
    assert await region.cut_off(0) == (0, 0, 0)
    assert await region.cut_off(12) == (0, 0.2, 12)


async def test_without_an_item_nobody_may_write_and_the_table_is_read_all_the_same() -> None:
    region = Watched(None)
    assert await region.watch.execute() is None
    assert await region.shown(120) == (0, 2, 0)
    region.table.state = WRITTEN_THERE
    assert await region.shown(5) == (1, 0, 0)
    region.table.state = None
    assert await region.shown(60) == (0, 1, 0)


async def test_a_damaged_item_is_no_good_read() -> None:
    region = Watched()
    await region.shown()
    region.table.damaged = True
    with pytest.raises(UnreadableItem):
        await region.shown(60)
    assert region.gauges() == (0, 1, 60)
    region.table.damaged = False
    assert await region.shown(5) == (1, 0, 0)


async def test_a_writer_that_is_evacuated_is_none_at_once_until_another_is_named() -> None:
    region = Watched()
    await region.shown()
    region.table.state = replace(WRITTEN_HERE, evacuated=frozenset({HERE}))
    assert await region.shown(30) == (0, 0.5, 0)
    region.table.reachable = False
    assert await region.cut_off(30) == (0, 1, 30)
    region.table.reachable = True
    region.table.state = replace(WRITTEN_THERE, evacuated=frozenset({HERE}))
    assert await region.shown(30) == (1, 0, 0)


async def test_what_is_read_is_as_old_as_the_question() -> None:
    region = Watched()

    class Slow(MemoryControlTable):
        async def read(self) -> ControlState | None:
            region.advance(3)
            return await super().read()

    await region.watching(Slow(WRITTEN_HERE), CheckHealth([], region.clock)).execute()
    assert region.gauges() == (1, 0, 3)


async def test_a_standby_with_a_fault_is_not_ready_and_the_writer_is_no_standby() -> None:
    region = Watched(WRITTEN_THERE)
    await region.shown()
    assert region.metrics.now(STANDBY_NOT_READY) == 0
    region.dependency.fail()
    await region.shown(5)
    assert region.metrics.now(STANDBY_NOT_READY) == 1
    region.table.state = WRITTEN_HERE
    await region.shown(5)
    assert region.metrics.now(STANDBY_NOT_READY) == 0
    # What can't know that it may write, or was evacuated, is no writer.
    region.table.reachable = False
    await region.cut_off(31)
    assert region.metrics.now(STANDBY_NOT_READY) == 1
    region.table.reachable = True
    region.table.state = replace(WRITTEN_HERE, evacuated=frozenset({HERE}))
    await region.shown(5)
    assert region.metrics.now(STANDBY_NOT_READY) == 1
    region.dependency.fault = None
    await region.shown(5)
    assert region.metrics.now(STANDBY_NOT_READY) == 0


async def test_a_region_that_writes_on_two_people_s_word_says_so() -> None:
    region = Watched()
    await region.shown()
    await region.cut_off_for(30)
    assert region.metrics.now(CONFIRMED_ALONE) == 0
    said = AloneConfirmation(HERE, 1, "thandi", "sipho", region.clock.now() + timedelta(minutes=1))
    await region.confirmations.keep(said, seen=None)
    await region.cut_off_for(5)
    assert region.metrics.now(CONFIRMED_ALONE) == 1
    assert region.metrics.now(WRITERS) == 0, "the control table names nobody that this region knows of"
    await region.cut_off_for(60)
    assert region.metrics.now(CONFIRMED_ALONE) == 0
