"""Knows which dependencies are down, so that nothing more is received while they are."""

import asyncio
from collections.abc import Collection, Iterable
from datetime import timedelta

import structlog

from orders.adapters.inbound.backoff import Backoff
from orders.ports.errors import NotPermitted, PortError, QuotaReached, TransientPortError
from orders.ports.health import Probe

RECHECK = Backoff(first=timedelta(seconds=0.5), longest=timedelta(seconds=30))
QUOTA_RECHECK = Backoff(first=timedelta(minutes=1), longest=timedelta(minutes=5))
"""A day's quota comes back little by little, and SES answers one question about it in a second for all tasks."""

PROBE_LIMIT_SECONDS = 5.0

_log = structlog.get_logger(__name__)


class DependencyGate:
    """Closed while a dependency is down; shared by all pollers of a process.

    A dependency with a probe is down for as long as the probe says so: a message that keeps failing while the probe
    is content has a trouble of its own. One without a probe can only be asked by trying: it is taken to be down after
    each failure, for a while that grows, until some other message succeeds. One that throttles is up, but each
    failure counts as everybody's. One that refuses us for want of a permission is down whatever its probe says: no
    message is at fault, and none is given up for it. One whose quota for the day is used up is down until its probe
    says that there is room again, whatever the probe has said a moment before.

    Attributes:
        successes: how many messages have been seen through.
    """

    def __init__(
        self, probes: Iterable[Probe] = (), *, recheck: Backoff = RECHECK, ask_first: Collection[str] = ()
    ) -> None:
        """Probes are found by their names, which are those that ``TransientPortError.dependency`` gives.

        Nothing is received before those of ``ask_first`` have been asked: where it would cost messages a receive to
        find out by trying.
        """
        self.successes = 0
        self._recheck = recheck
        self._probed = {probe.name: _Probed(probe, recheck, unknown=probe.name in ask_first) for probe in probes}
        self._tried: dict[str, _Tried] = {}

    @property
    def down(self) -> tuple[str, ...]:
        """The dependencies that are down as far as is known."""
        return tuple(dict.fromkeys(each.name for each in self._all() if each.closed))

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with those that are down, as far as that is known."""
        return tuple(each.fault for each in self._all() if each.fault is not None)

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
        if probed is not None and isinstance(error, QuotaReached):
            await probed.wait(refused=error)
            return True
        refused = isinstance(error, NotPermitted)
        # A probe may be permitted what the message needs and is not.
        if probed is not None and not error.throttled:
            was_down = await probed.wait()
            if was_down or not refused:
                return was_down
        tried = self._tried.setdefault(error.dependency, _Tried(error.dependency, self._recheck))
        others_succeed = self.successes > successes_before
        tried.fail(error)
        await tried.wait()
        return error.throttled or refused or not others_succeed

    def succeeded(self) -> None:
        """A message has been seen through."""
        self.successes += 1
        for tried in self._tried.values():
            tried.succeeded()

    def _all(self) -> list["_Probed | _Tried"]:
        return [*self._probed.values(), *self._tried.values()]


class _Probed:
    """A dependency that can be asked how it is."""

    def __init__(self, probe: Probe, recheck: Backoff, *, unknown: bool = False) -> None:
        self.name = probe.name
        self.closed = unknown
        self.fault: str | None = None
        self._probe = probe
        self._recheck = recheck
        self._asking = asyncio.Lock()

    async def wait(self, *, refused: QuotaReached | None = None) -> bool:
        """Return when it is up; whether it had been down. It is for sure, for a while, if it has ``refused``."""
        # Of ten messages that are refused together one waits; for the others it has waited as well.
        was_down = self.closed or (refused is not None and self._asking.locked())
        # One asks for all who wait. Cancelled, it hands on to the next of them.
        async with self._asking:
            if was_down and not self.closed:
                return True
            checks = 0
            fault: PortError | None = refused
            while fault is not None or (fault := await self._asked()) is not None:
                checks += 1
                was_down = True
                self._close(fault)
                recheck = QUOTA_RECHECK if isinstance(fault, QuotaReached) else self._recheck
                fault = None
                await asyncio.sleep(recheck.seconds(checks))
            if self.fault is not None:
                _log.info("dependency is back", dependency=self.name)
            self.closed, self.fault = False, None
        return was_down

    def _close(self, fault: PortError) -> None:
        if self.fault is None:
            tell = _log.error if isinstance(fault, QuotaReached) else _log.warning
            tell("dependency is down, receiving pauses", dependency=self.name, error=str(fault))
        self.closed, self.fault = True, str(fault)

    async def _asked(self) -> PortError | None:
        try:
            async with asyncio.timeout(PROBE_LIMIT_SECONDS):
                await self._probe.check()
        except PortError as error:
            return error
        except TimeoutError:
            return TransientPortError(self.name, f"no answer within {PROBE_LIMIT_SECONDS:g} s")
        return None


class _Tried:
    """A dependency of which one only learns by trying."""

    def __init__(self, name: str, recheck: Backoff) -> None:
        self.name = name
        self.closed = False
        self.failures = 0
        self.fault: str | None = None
        self._recheck = recheck
        self._waiting = asyncio.Lock()

    def fail(self, error: TransientPortError) -> None:
        # Ten messages that fail together are one failure.
        if not self.closed:
            self.closed = True
            self.failures += 1
        if isinstance(error, NotPermitted):
            # Not for a moment: until somebody has mended it, the process is not ready.
            if self.fault is None:
                _log.error("dependency refuses us, receiving pauses", dependency=self.name, error=str(error))
            self.fault = str(error)

    def succeeded(self) -> None:
        self.failures = 0
        if self.fault is not None:
            _log.info("dependency is back", dependency=self.name)
        self.fault = None

    async def wait(self) -> None:
        async with self._waiting:
            if self.closed:
                await asyncio.sleep(self._recheck.seconds(self.failures))
                self.closed = False
