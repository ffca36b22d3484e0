"""Two regions over hours of bad luck ([DATA-3]): whatever is cut off, restarted and decided, they never write at once.

Simulated in real time, which no process sees: each has a monotonic clock that runs a few per cent too fast or too slow,
and a clock on the wall that is minutes off. Writes take all the time that the lease gives them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

import pytest

from orders.application.policy.region_lease import RegionLease
from orders.ports.errors import NotTheWriter
from orders.ports.regions import ControlState
from tests.support.builders import NOON
from tests.support.regions import FIRST, A, B

STEP = 0.5
HOURS = 3
LATEST_ARRIVAL = 0.5
"""So long after it was given up a write may still arrive."""


@dataclass
class Process:
    """A process of a region.

    Attributes:
        rate: seconds of its monotonic clock in a real second.
        off: how far its clock on the wall is off.
        frozen_until: it runs nothing before that, in real time.
        writing_until: when the last write that it began arrives at the latest, in real time.
        reads: answers under way: when each arrives, when it was asked for by the process's clock, and what it says.
    """

    region: str
    rate: float
    off: timedelta
    real: float = 0.0
    asks_at: float = 0.0
    cut_until: float = 0.0
    frozen_until: float = 0.0
    writing_until: float = -1.0
    written: int = 0
    reads: list[tuple[float, float, ControlState]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Starts anew: what it knew and what was under way is gone."""
        self.lease = RegionLease(self.region, monotonic=lambda: self.real * self.rate, now=self.wall)
        self.reads.clear()

    def wall(self) -> datetime:
        return NOON + timedelta(seconds=self.real) + self.off

    def run(self, state: ControlState, chance: Random) -> bool:
        """Reads, hears and writes, as it comes; returns whether it began a write."""
        if self.real < self.frozen_until:
            return False
        if self.real >= self.asks_at and self.real >= self.cut_until:
            # What is read is what stands there when it is asked, and arrives whenever it likes.
            self.reads.append((self.real + chance.uniform(0, 4), self.real * self.rate, state))
            self.asks_at = self.real + chance.uniform(4, 5)
        for read in [each for each in self.reads if each[0] <= self.real]:
            self.reads.remove(read)
            self.lease.heard(read[2], asked_at=read[1])
        try:
            self.lease.check()
        except NotTheWriter:
            return False
        self.written += 1
        self.writing_until = self.real + self.lease.remaining() / self.rate + LATEST_ARRIVAL
        return True


def a_process(region: str, chance: Random) -> Process:
    return Process(region, chance.uniform(0.97, 1.03), timedelta(minutes=chance.uniform(-10, 10)))


def decided(state: ControlState, real: float, chance: Random) -> ControlState:
    """What an operator decides next: to evacuate, to come back, or to switch; their clock is minutes off as well."""
    at = NOON + timedelta(seconds=real, minutes=chance.uniform(-10, 10))
    match chance.randrange(3):
        case 0:
            return replace(state, evacuated=frozenset({state.writer}), at=at)
        case 1:
            return replace(state, evacuated=frozenset(), at=at)
        case _:
            writer = B if state.writer == A else A
            return replace(state, epoch=state.epoch + 1, writer=writer, evacuated=frozenset(), at=at)


def hours(chance: Random, processes: tuple[Process, Process]) -> Iterator[tuple[float, Process, Process]]:
    """Lets the hours pass; yields each beginning of a write with who began it and the other one."""
    state = FIRST
    for step in range(int(HOURS * 3600 / STEP)):
        real = step * STEP
        if chance.random() < STEP / 120:
            state = decided(state, real, chance)
        for process, other in (processes, processes[::-1]):
            process.real = real
            luck = chance.random() / STEP
            if luck < 1 / 300:
                process.start()
            elif luck < 2 / 300:
                process.cut_until = real + chance.uniform(1, 300)
            elif luck < 3 / 300:
                process.frozen_until = real + chance.uniform(1, 90)
            if process.run(state, chance):
                yield real, process, other


@pytest.mark.parametrize("seed", range(20))
def test_two_regions_never_write_at_once(seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - the same course every time is what it is for
    processes = a_process(A, chance), a_process(B, chance)
    for real, writer, other in hours(chance, processes):
        assert real >= other.writing_until, f"{writer.region} writes at {real} s, {other.region} until then"
    assert min(process.written for process in processes) > 100, "both had their turns"
