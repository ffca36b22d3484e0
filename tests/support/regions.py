"""Two regions that share a control table, each with clocks of its own and a road to the table that can be cut."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from orders.adapters.outbound.memory.alone_confirmations import MemoryAloneConfirmations
from orders.adapters.outbound.memory.audit_trail import MemoryAuditTrail
from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.control_table import MemoryControlTable
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.application.operations.keep_lease import KeepLease
from orders.application.policy.region_lease import RegionLease
from orders.ports.errors import NotTheWriter, PortError
from orders.ports.regions import AloneConfirmation, ControlState
from tests.support.builders import NOON

A, B = "af-south-1", "eu-west-1"
LONG_AGO = NOON - timedelta(days=30)
FIRST = ControlState(1, A, frozenset(), "terraform", LONG_AGO)


@dataclass
class Region:
    """A process of a region with its lease.

    Attributes:
        control: the region's view of the control table; set ``reachable`` to cut its road.
        seconds: the monotonic clock.
        delay: seconds that pass while the control table answers.
    """

    name: str
    control: MemoryControlTable
    seconds: float = 1000.0
    delay: float = 0.0
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    confirmations: MemoryAloneConfirmations = field(default_factory=MemoryAloneConfirmations)
    trail: MemoryAuditTrail = field(default_factory=lambda: MemoryAuditTrail(MemoryMetrics()))

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Starts anew: what the process knew is gone."""
        self.lease = RegionLease(self.name, monotonic=lambda: self.seconds, now=self.clock.now)
        self.keep = KeepLease(
            _Slow(self),
            self.confirmations,
            self.lease,
            self.trail,
            self.clock,
            region=self.name,
            process="api",
            monotonic=lambda: self.seconds,
        )

    def pass_time(self, seconds: float) -> None:
        """Moves both clocks."""
        self.seconds += seconds
        self.clock.advance(timedelta(seconds=seconds))

    async def look(self) -> bool:
        """Reads once; returns whether that succeeded."""
        try:
            await self.keep.execute()
        except PortError:
            return False
        return True

    async def live(self, seconds: float) -> None:
        """Lets time pass, with a look every 5 s."""
        while seconds > 0:
            step = min(5.0, seconds)
            self.pass_time(step)
            seconds -= step
            await self.look()

    def writes(self) -> bool:
        """Tells whether a write would be let through now."""
        try:
            self.lease.check()
        except NotTheWriter:
            return False
        return True

    async def confirm_alone(self, epoch: int, *, until: datetime | None = None) -> None:
        """Two people let it write alone."""
        end = until or self.clock.now() + timedelta(hours=1)
        confirmation = AloneConfirmation(self.name, epoch, "thandi", "sipho", end)
        await self.confirmations.keep(confirmation, seen=await self.confirmations.read(self.name))


class _Slow:
    """The control table as a region reaches it: with a delay, in which the region's clocks go on."""

    def __init__(self, region: Region) -> None:
        self._region = region

    async def read(self) -> ControlState | None:
        try:
            return await self._region.control.read()
        finally:
            self._region.pass_time(self._region.delay)


class TwoRegions:
    """Two regions, each with its own view of one control table."""

    def __init__(self, state: ControlState | None = FIRST) -> None:
        self.a = Region(A, MemoryControlTable(state))
        self.b = Region(B, MemoryControlTable(state), seconds=77.0)

    @property
    def both(self) -> tuple[Region, Region]:
        """Both regions."""
        return self.a, self.b

    def decide(self, state: ControlState | None) -> None:
        """Writes the control table's item."""
        for region in self.both:
            region.control.state = state

    def switch(self, writer: str, *, evacuated: frozenset[str] = frozenset()) -> None:
        """Names another writer under the next epoch, now."""
        seen = self.a.control.state
        assert seen is not None
        self.decide(
            replace(seen, epoch=seen.epoch + 1, writer=writer, evacuated=evacuated, by="nomsa", at=self.b.clock.now())
        )

    async def live(self, seconds: float) -> None:
        """Lets time pass in both, second by second, with looks every 5 s; fails if both may write at once."""
        for second in range(1, int(seconds) + 1):
            for region in self.both:
                region.pass_time(1)
                if second % 5 == 0:
                    await region.look()
            assert self.writers() != (True, True), f"both write after {second} s"

    async def look(self) -> None:
        """Lets both read once."""
        for region in self.both:
            await region.look()

    def writers(self) -> tuple[bool, bool]:
        """Tells which of the two write now."""
        return self.a.writes(), self.b.writes()
