"""Tracks which dependencies are down, so that pollers stop receiving meanwhile."""

import asyncio
from collections.abc import Collection, Iterable
from datetime import timedelta

import structlog

from orders.adapters.inbound.backoff import Backoff
from orders.ports.errors import NotPermitted, NotTheWriter, PortError, QuotaReached, TransientPortError
from orders.ports.health import Probe
from orders.ports.lease import DEPENDENCY, WriterLease

RECHECK = Backoff(first=timedelta(seconds=0.5), longest=timedelta(seconds=30))
QUOTA_RECHECK = Backoff(first=timedelta(minutes=1), longest=timedelta(minutes=5))
"""A daily quota frees up gradually, and SES allows one request for it per second across all tasks."""

PROBE_LIMIT_SECONDS = 5.0
LEASE_RECHECK_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class DependencyGate:
    """Pauses receiving while a dependency of the worker is down.

    - With a probe, a dependency is down while the probe fails; a message that keeps failing while the probe succeeds
      is at fault itself.
    - Without a probe, a dependency counts as down after each failure, for an increasing time, until another message
      succeeds.
    - A throttling dependency is up, but its failures don't count against the message.
    - A dependency that refuses a permission is down whatever its probe says: no message is at fault, and none is given
      up for it.
    - Without the writer's lease nothing is received, and a message that was refused for it waits, however long.
    - A dependency whose daily quota is used up is down until its probe reports room again, even if the probe succeeded
      a moment before.

    Attributes:
        successes: number of messages handled successfully.
    """

    def __init__(
        self,
        probes: Iterable[Probe] = (),
        *,
        recheck: Backoff = RECHECK,
        ask_first: Collection[str] = (),
        lease: WriterLease | None = None,
    ) -> None:
        """Finds probes by name: the ``dependency`` of a ``TransientPortError``.

        Args:
            ask_first: names of probes to ask before anything is received, where learning it by trying would cost
                messages a receive.
            lease: the writer's lease; without one this process always writes.
        """
        self._leased = None if lease is None else _Leased(lease)
        self.successes = 0
        self._recheck = recheck
        self._probed = {probe.name: _Probed(probe, recheck, unknown=probe.name in ask_first) for probe in probes}
        self._tried: dict[str, _Tried] = {}

    @property
    def down(self) -> tuple[str, ...]:
        """Names of the dependencies known to be down."""
        return tuple(dict.fromkeys(each.name for each in self._all() if each.closed))

    @property
    def faults(self) -> tuple[str, ...]:
        """Known errors of the dependencies that are down."""
        return tuple(each.fault for each in self._all() if each.fault is not None)

    async def passable(self) -> None:
        """Waits until no dependency is down."""
        while closed := [each for each in self._all() if each.closed]:
            for each in closed:
                await each.wait()

    async def wait_out(self, error: TransientPortError, *, successes_before: int) -> bool:
        """Waits until the failed dependency can be tried again.

        Args:
            successes_before: ``successes`` at the start of the message's delivery, or at its previous failure.

        Returns:
            True if the dependency was down for all messages; false if the failure is this message's own.
        """
        if self._leased is not None and isinstance(error, NotTheWriter):
            await self._leased.wait()
            return True
        probed = self._probed.get(error.dependency)
        if probed is not None and isinstance(error, QuotaReached):
            await probed.wait(refused=error)
            return True
        refused = isinstance(error, NotPermitted)
        # The probe may have permissions that handling the message lacks.
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
        """Records that a message was handled successfully."""
        self.successes += 1
        for tried in self._tried.values():
            tried.succeeded()

    def _all(self) -> "list[_Leased | _Probed | _Tried]":
        leased = [] if self._leased is None else [self._leased]
        return [*leased, *self._probed.values(), *self._tried.values()]


class _Leased:
    """The writer's lease: asked for itself, at no cost, each time."""

    def __init__(self, lease: WriterLease) -> None:
        self.name = DEPENDENCY
        self._lease = lease
        self._idle = False

    @property
    def closed(self) -> bool:
        return self._lease.remaining() <= 0

    @property
    def fault(self) -> str | None:
        try:
            self._lease.check()
        except NotTheWriter as error:
            return str(error)
        return None

    async def wait(self) -> None:
        while (fault := self.fault) is not None:
            if not self._idle:
                _log.info("this region does not write, receiving pauses", why=fault)
            self._idle = True
            await asyncio.sleep(LEASE_RECHECK_SECONDS)
        if self._idle:
            _log.info("this region writes, receiving goes on")
        self._idle = False


class _Probed:
    """A dependency with a probe."""

    def __init__(self, probe: Probe, recheck: Backoff, *, unknown: bool = False) -> None:
        self.name = probe.name
        self.closed = unknown
        self.fault: str | None = None
        self._probe = probe
        self._recheck = recheck
        self._asking = asyncio.Lock()

    async def wait(self, *, refused: QuotaReached | None = None) -> bool:
        """Waits until it is up; returns whether it had been down. With ``refused`` it counts as down at first."""
        # Of several messages refused together, one waits on behalf of all.
        was_down = self.closed or (refused is not None and self._asking.locked())
        # One caller probes for all that wait; if it is cancelled, the next one takes over.
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
    """A dependency without a probe, whose state is learned by trying."""

    def __init__(self, name: str, recheck: Backoff) -> None:
        self.name = name
        self.closed = False
        self.failures = 0
        self.fault: str | None = None
        self._recheck = recheck
        self._waiting = asyncio.Lock()

    def fail(self, error: TransientPortError) -> None:
        # Messages that fail together count as one failure.
        if not self.closed:
            self.closed = True
            self.failures += 1
        if isinstance(error, NotPermitted):
            # Lasts until somebody grants the permission: the process is not ready until then.
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
