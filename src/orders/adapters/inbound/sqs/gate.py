"""Knows which dependencies are down, so that nothing more is received while they are."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

import structlog

from orders.adapters.inbound.sqs.backoff import Backoff
from orders.ports.errors import PortError, TransientPortError
from orders.ports.health import Probe

RECHECK = Backoff(first=timedelta(seconds=0.5), longest=timedelta(seconds=30))
PROBE_LIMIT_SECONDS = 5.0

_log = structlog.get_logger(__name__)


class DependencyGate:
    """Closed while a dependency is down; shared by all pollers of a process.

    A dependency with a probe is down for as long as the probe says so: a message that keeps failing while the probe
    is content has a trouble of its own. One without a probe can only be asked by trying: it is taken to be down after
    each failure, for a while that grows, until some other message succeeds. One that throttles is up, but each
    failure counts as everybody's.

    Attributes:
        successes: how many messages have been seen through.
    """

    def __init__(self, probes: Iterable[Probe] = (), *, recheck: Backoff = RECHECK) -> None:
        """Probes are found by their names, which are those that ``TransientPortError.dependency`` gives."""
        self.successes = 0
        self._recheck = recheck
        self._probed = {probe.name: _Probed(probe, recheck) for probe in probes}
        self._tried: dict[str, _Tried] = {}

    @property
    def down(self) -> tuple[str, ...]:
        """The dependencies that are down as far as is known."""
        return tuple(dict.fromkeys(each.name for each in self._all() if each.closed))

    async def passable(self) -> None:
        """Return when no dependency is down any more."""
        while closed := [each for each in self._all() if each.closed]:
            for each in closed:
                await each.wait()

    async def wait_out(self, error: TransientPortError, *, successes_before: int) -> bool:
        """Wait until the dependency that failed is worth another try.

        Args:
            successes_before: ``successes`` as it was when this message was last known to be as well off as others.

        Returns:
            Whether it was down, for everybody. If not, the failure is between it and this one message.
        """
        probed = self._probed.get(error.dependency)
        if probed is not None and not error.throttled:
            return await probed.wait()
        tried = self._tried.setdefault(error.dependency, _Tried(error.dependency, self._recheck))
        others_succeed = self.successes > successes_before
        tried.fail()
        await tried.wait()
        return error.throttled or not others_succeed

    def succeeded(self) -> None:
        """A message has been seen through."""
        self.successes += 1
        for tried in self._tried.values():
            tried.failures = 0

    def _all(self) -> list["_Probed | _Tried"]:
        return [*self._probed.values(), *self._tried.values()]


class _Probed:
    """A dependency that can be asked how it is."""

    def __init__(self, probe: Probe, recheck: Backoff) -> None:
        self.name = probe.name
        self.closed = False
        self._probe = probe
        self._recheck = recheck
        self._asking = asyncio.Lock()

    async def wait(self) -> bool:
        was_down = self.closed
        # One asks for all who wait. Cancelled, it hands on to the next of them.
        async with self._asking:
            if was_down and not self.closed:
                return True
            checks = 0
            while (fault := await self._fault()) is not None:
                checks += 1
                if not self.closed:
                    self.closed = was_down = True
                    _log.warning("dependency is down, receiving pauses", dependency=self.name, error=fault)
                await asyncio.sleep(self._recheck.seconds(checks))
            if self.closed:
                self.closed = False
                _log.info("dependency is back", dependency=self.name)
        return was_down

    async def _fault(self) -> str | None:
        try:
            async with asyncio.timeout(PROBE_LIMIT_SECONDS):
                await self._probe.check()
        except PortError as error:
            return str(error)
        except TimeoutError:
            return f"no answer within {PROBE_LIMIT_SECONDS:g} s"
        return None


class _Tried:
    """A dependency of which one only learns by trying."""

    def __init__(self, name: str, recheck: Backoff) -> None:
        self.name = name
        self.closed = False
        self.failures = 0
        self._recheck = recheck
        self._waiting = asyncio.Lock()

    def fail(self) -> None:
        # Ten messages that fail together are one failure.
        if not self.closed:
            self.closed = True
            self.failures += 1

    async def wait(self) -> None:
        async with self._waiting:
            if self.closed:
                await asyncio.sleep(self._recheck.seconds(self.failures))
                self.closed = False
