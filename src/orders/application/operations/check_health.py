"""Use case: checks whether the service can do its work."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orders.ports.clock import Clock
from orders.ports.errors import PortError, Waiting
from orders.ports.health import Probe

CACHED_FOR = timedelta(seconds=5)
PROBE_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Health:
    """The results of the probes.

    Attributes:
        faults: error by dependency; empty if all is well.
        waiting: those of them that only wait for something else.
    """

    checked: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]
    waiting: frozenset[str] = frozenset()

    @property
    def healthy(self) -> bool:
        """True if every dependency answers; waiting ones do not count."""
        return all(name in self.waiting for name, _ in self.faults)


class CheckHealth:
    """Probes every dependency, at most once in ``cached_for`` however often it is called."""

    def __init__(self, probes: Sequence[Probe], clock: Clock, *, cached_for: timedelta = CACHED_FOR) -> None:
        self._probes = tuple(probes)
        self._clock = clock
        self._cached_for = cached_for
        self._lock = asyncio.Lock()
        self._last: tuple[datetime, Health] | None = None

    async def execute(self) -> Health:
        """Returns the state of all dependencies, no older than ``cached_for``."""
        async with self._lock:
            now = self._clock.now()
            if self._last is None or now - self._last[0] >= self._cached_for:
                self._last = (now, await self._ask())
            return self._last[1]

    async def _ask(self) -> Health:
        answers = await asyncio.gather(*(self._one(probe) for probe in self._probes))
        found = [answer for answer in answers if answer is not None]
        return Health(
            checked=tuple(probe.name for probe in self._probes),
            faults=tuple((name, told) for name, told, _ in found),
            waiting=frozenset(name for name, _, waits in found if waits),
        )

    @staticmethod
    async def _one(probe: Probe) -> tuple[str, str, bool] | None:
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_SECONDS):
                await probe.check()
        except PortError as error:
            return probe.name, str(error), isinstance(error, Waiting)
        except TimeoutError:
            return probe.name, f"no answer within {PROBE_TIMEOUT_SECONDS:g} s", False
        return None
