"""Compares the service with a floor, by the CPU time of one request, or of one message."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Protocol

from benchmarks.ground import Ground
from benchmarks.load import Requests, one_after_another
from benchmarks.method import Round, alternating, over_pairs, pair_ratio
from benchmarks.processes import Measured, nothing_else
from benchmarks.report import Figure


@dataclass(frozen=True, slots=True)
class Plan:
    """How long is measured.

    Attributes:
        pairs: of fresh processes.
        rounds: of each pair; in each, both sides go once.
        requests: of each side in a round.
        orders: of the large shop, where growth is measured.
    """

    pairs: int
    rounds: int
    requests: int
    orders: int = 100_000


async def _all_of_them(bodies: Sequence[bytes]) -> int:
    return len(bodies)


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    Attributes:
        processes: all whose CPU counts; the first one serves.
        callers: the requests of each connection.
        quiet: waits for what the answered requests have begun elsewhere.
        counted: returns how many of the answers count.
    """

    processes: Sequence[Measured]
    callers: Sequence[Requests]
    quiet: Callable[[], Awaitable[None]] = nothing_else
    counted: Callable[[Sequence[bytes]], Awaitable[int]] = _all_of_them

    async def round(self, requests: int) -> Round:
        """Sends so many requests; returns what one of those that count has cost."""
        before = await self.cpu_seconds()
        answered = await one_after_another(self.processes[0].url, self.callers, requests)
        # Asked twice: the first waits for what the process does in the background, which others go on with.
        await self.cpu_seconds()
        await self.quiet()
        spent = await self.cpu_seconds() - before
        done = await self.counted(answered.bodies)
        return Round(cpu_ms=1000 * spent / done, per_second=done / answered.seconds)

    async def cpu_seconds(self) -> float:
        """Returns the CPU time of all of its processes so far."""
        return sum([await asyncio.to_thread(process.cpu_seconds) for process in self.processes])

    async def profile(self, requests: int) -> str:
        """Returns where the time of so many requests goes, in each process."""
        for process in self.processes:
            await asyncio.to_thread(process.start_profile)
        await one_after_another(self.processes[0].url, self.callers, requests)
        return "\n".join([await asyncio.to_thread(process.profile) for process in self.processes])


@dataclass(frozen=True)
class WorkingSide:
    """A side that needs no requests: its process is told how much to do."""

    process: Measured

    async def round(self, amount: int) -> Round:
        """See ``Side.round``."""
        return await asyncio.to_thread(self._round, amount)

    def _round(self, amount: int) -> Round:
        before, began = self.process.cpu_seconds(), time.perf_counter()
        done = self.process.work(amount)
        seconds = time.perf_counter() - began
        return Round(cpu_ms=1000 * (self.process.cpu_seconds() - before) / done, per_second=done / seconds)

    async def profile(self, amount: int) -> str:
        """See ``Side.profile``."""
        await asyncio.to_thread(self.process.start_profile)
        await asyncio.to_thread(self.process.work, amount)
        return await asyncio.to_thread(self.process.profile)


AnySide = Side | WorkingSide

Opened = Callable[[ExitStack], AnySide]
"""Starts a side's processes, which end with the stack."""


class Comparison(Protocol):
    """A figure that is a ratio to a floor.

    Attributes:
        target: the least ratio.
        leaves_out: what the floor does not do.
    """

    id: str
    name: str
    target: float | None
    leaves_out: str

    async def sides(self, ground: Ground) -> tuple[Opened, Opened]:
        """Prepares the ground; returns what starts ours and what starts the floor, any number of times."""
        ...


@dataclass
class _Seen:
    """Rounds of one side over all pairs."""

    rounds: list[Round] = field(default_factory=list)

    @property
    def cpu_ms(self) -> float:
        return statistics.median(each.cpu_ms for each in self.rounds)

    @property
    def per_second(self) -> float:
        return statistics.median(each.per_second for each in self.rounds)


async def compare(comparison: Comparison, ground: Ground, plan: Plan) -> Figure:
    """Measures a figure over several pairs of processes."""
    opened = await comparison.sides(ground)
    seen, ratios = (_Seen(), _Seen()), []
    for pair in range(plan.pairs):
        with ExitStack() as stack:
            sides = _started(opened, stack, floor_first=bool(pair % 2))
            for side in sides:
                await side.round(max(1, plan.requests // 2))
            found: tuple[list[Round], list[Round]] = ([], [])
            for order in alternating(plan.rounds):
                for each in order:
                    found[each].append(await sides[each].round(plan.requests))
            ratios.append(pair_ratio([each.cpu_ms for each in found[0]], [each.cpu_ms for each in found[1]]))
            for each in (0, 1):
                seen[each].rounds.extend(found[each])
    ratio = over_pairs(ratios)
    figure = Figure(
        comparison.id,
        comparison.name,
        ratio.median,
        ratio.spread,
        comparison.target,
        cpu_ms={"ours": seen[0].cpu_ms, "floor": seen[1].cpu_ms},
        told={"ours/s": seen[0].per_second, "floor/s": seen[1].per_second},
        leaves_out=comparison.leaves_out,
    )
    return figure if figure.holds else await _with_profile(figure, opened[0], plan)


def _started(opened: tuple[Opened, Opened], stack: ExitStack, *, floor_first: bool) -> tuple[AnySide, AnySide]:
    if floor_first:
        floor = opened[1](stack)
        return opened[0](stack), floor
    return opened[0](stack), opened[1](stack)


async def _with_profile(figure: Figure, ours: Opened, plan: Plan) -> Figure:
    with ExitStack() as stack:
        side = ours(stack)
        await side.round(plan.requests)
        return replace(figure, profile=await side.profile(plan.requests))
