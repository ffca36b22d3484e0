"""Sends the requests of a load test, each when it is due, and measures how long it takes from then."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import count, takewhile
from random import Random
from typing import Protocol

from orders.acceptance.load.figures import Observed
from orders.acceptance.load.profile import Kind, Mix

Make = Callable[[Kind], Awaitable[str | None]]
"""Makes a call; returns what was wrong with the answer, ``None`` if nothing was."""

MAX_UNDER_WAY = 5_000
"""More requests at once would measure this process. What is due beyond them is not sent, and counts as failed."""
NOT_SENT = "not sent: too many requests were waiting for answers"


class LoadClock(Protocol):
    """Seconds that pass, and waits for them."""

    def now(self) -> float:
        """Returns seconds since some moment."""
        ...

    async def until(self, moment: float) -> None:
        """Returns at the moment; at once if it has passed."""
        ...


class RealClock:
    """The process's monotonic clock."""

    def now(self) -> float:
        """See ``LoadClock.now``."""
        return time.perf_counter()

    async def until(self, moment: float) -> None:
        """See ``LoadClock.until``."""
        await asyncio.sleep(max(0.0, moment - self.now()))


class Pacer:
    """Sends requests of a mix; ``chance`` decides which operation is next."""

    def __init__(
        self, make: Make, mix: Mix, clock: LoadClock, chance: Random, *, max_under_way: int = MAX_UNDER_WAY
    ) -> None:
        self._max_under_way = max_under_way
        self._make = make
        self._clock = clock
        self._chance = chance
        self._kinds = list(mix.shares)
        self._weights = list(mix.shares.values())

    async def at_rate(
        self, rate: float, seconds: float, *, enough: Callable[[Observed], bool] = lambda _: False
    ) -> Observed:
        """Sends ``rate`` requests a second for ``seconds``, whether or not those before are answered.

        Latency counts from when a request was due: one that the service held up by not answering others waited as
        well. ``enough`` ends it early. Returns when all are answered.
        """
        observed, under_way = Observed(), set[asyncio.Task[None]]()
        began = self._clock.now()
        for due in takewhile(lambda due: due < seconds, (number / rate for number in count())):
            await self._clock.until(began + due)
            observed.late_seconds = max(observed.late_seconds, self._clock.now() - began - due)
            kind = self._next()
            if len(under_way) >= self._max_under_way:
                observed.add(kind, due, 0.0, NOT_SENT)
            else:
                task = asyncio.create_task(self._one(observed, kind, began, due))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            if enough(observed):
                break
        observed.seconds = max(self._clock.now() - began, 1 / rate)
        await asyncio.gather(*under_way)
        return observed

    async def by_users(self, users: int, seconds: float) -> Observed:
        """Lets each of ``users`` send one request after the other for ``seconds``."""
        observed, began = Observed(), self._clock.now()

        async def user() -> None:
            for due in self._moments(began, seconds):
                await self._one(observed, self._next(), began, due)

        await asyncio.gather(*(user() for _ in range(users)))
        observed.seconds = max(self._clock.now() - began, seconds)
        return observed

    def _moments(self, began: float, seconds: float) -> Iterator[float]:
        while (now := self._clock.now() - began) < seconds:
            yield now

    def _next(self) -> Kind:
        return self._chance.choices(self._kinds, self._weights)[0]

    async def _one(self, observed: Observed, kind: Kind, began: float, due: float) -> None:
        fault = await self._make(kind)
        observed.add(kind, due, self._clock.now() - began - due, fault)
