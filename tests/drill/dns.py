"""A stand-in for Route 53's failover record: follows ``/health`` of two regions and says where clients go.

As Route 53 does: a region's state changes after so many equal answers in a row; the answer is the primary while that
one is healthy, else the secondary, and the primary again where both are unhealthy; clients keep an answer for its time
to live. One checker stands for all of them, whose votes decide there.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

PATIENCE_SECONDS = 6.0
"""Route 53 gives a connection 4 s and its response 2 s."""


@dataclass(frozen=True, slots=True)
class DnsTimes:
    """Waits of the failover record in seconds, those of ``environments.yaml`` unless shortened."""

    interval: float = 30.0
    threshold: int = 2
    ttl: float = 60.0

    def shortened(self, factor: float) -> "DnsTimes":
        """Returns the same with waits that are a factor shorter; the number of answers stays."""
        return DnsTimes(self.interval / factor, self.threshold, self.ttl / factor)


class HealthCheck:
    """One region's state as its checkers see it: healthy at first, as a new check of Route 53 is."""

    def __init__(self, threshold: int) -> None:
        self.healthy = True
        self._threshold = threshold
        self._against = 0

    def answered(self, ok: bool) -> bool:
        """Takes note of an answer; returns the state after it."""
        self._against = 0 if ok == self.healthy else self._against + 1
        if self._against >= self._threshold:
            self.healthy, self._against = ok, 0
        return self.healthy


@dataclass(frozen=True, slots=True)
class Answered:
    """From this time on DNS answers with this region."""

    at: float
    region: str


@dataclass
class FailoverRecord:
    """Two regions and their checks.

    Attributes:
        history: each change of the answer.
    """

    primary: str
    secondary: str
    times: DnsTimes
    now: Callable[[], float] = time.time
    history: list[Answered] = field(default_factory=list)
    checks: Mapping[str, HealthCheck] = field(init=False)

    def __post_init__(self) -> None:
        self.checks = {region: HealthCheck(self.times.threshold) for region in (self.primary, self.secondary)}
        self.history.append(Answered(self.now(), self.primary))

    @property
    def answer(self) -> str:
        """The region that is answered with."""
        if not self.checks[self.primary].healthy and self.checks[self.secondary].healthy:
            return self.secondary
        return self.primary

    def checked(self, region: str, ok: bool) -> None:
        """Takes note of a checker's answer."""
        self.checks[region].answered(ok)
        if self.history[-1].region != self.answer:
            self.history.append(Answered(self.now(), self.answer))


class Resolver:
    """A client's resolver, which keeps an answer for its time to live."""

    def __init__(self, record: FailoverRecord, clock: Callable[[], float] = time.monotonic) -> None:
        self._record = record
        self._clock = clock
        self._kept: tuple[float, str] | None = None

    def region(self) -> str:
        """Returns the region that this client goes to."""
        if self._kept is None or self._clock() >= self._kept[0]:
            self._kept = (self._clock() + self._record.times.ttl, self._record.answer)
        return self._kept[1]


@asynccontextmanager
async def following(record: FailoverRecord, bases: Mapping[str, str]) -> AsyncIterator[None]:
    """Ask each region's ``/health`` while inside; ``bases`` are the addresses by region."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:

        async def check(region: str) -> None:
            while True:
                try:
                    async with session.get(bases[region] + "/health") as response:
                        ok = 200 <= response.status < 400
                except (aiohttp.ClientError, TimeoutError):
                    ok = False
                record.checked(region, ok)
                await asyncio.sleep(record.times.interval)

        tasks = [asyncio.create_task(check(region)) for region in bases]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
