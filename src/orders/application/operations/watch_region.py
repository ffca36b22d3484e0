"""Use case: watches what this region reads of the control table, and tells it for alarms."""

from collections.abc import Callable

from orders.application.operations.check_health import CheckHealth, Health
from orders.application.operations.keep_lease import KeepLease
from orders.application.policy.region_lease import LEASE
from orders.ports.metric_catalogue import (
    CONFIRMED_ALONE,
    LEASE_AGE_SECONDS,
    MINUTES_WITHOUT_WRITER,
    STANDBY_NOT_READY,
    WRITERS,
)
from orders.ports.metrics import Gauges
from orders.ports.regions import ControlState


class WatchRegion:
    """Keeps the lease and shows the gauges of the region."""

    def __init__(
        self,
        keep: KeepLease,
        health: CheckHealth,
        gauges: Gauges,
        *,
        region: str,
        monotonic: Callable[[], float],
    ) -> None:
        """``region`` is this one; ``health`` is that of this process; ``monotonic`` is the clock of the lease."""
        self._keep = keep
        self._health = health
        self._gauges = gauges
        self._region = region
        self._monotonic = monotonic
        # Nothing was read or named before: both count from here.
        self._began_at = self._named_at = monotonic()

    async def execute(self) -> ControlState | None:
        """Returns what was read; shows the gauges in any case, before an error is raised.

        Raises: TransientPortError, PermanentPortError: it could not be read.
        """
        health = await self._health.execute()
        try:
            return await self._keep.execute()
        finally:
            self._show(health)

    def _show(self, health: Health) -> None:
        now, state = self._monotonic(), self._keep.lease.state
        read_at = self._keep.lease.read_at
        if read_at is None:
            read_at = self._began_at
        if state is not None and state.may_write is not None:
            self._named_at = read_at
        known = state if now - read_at <= LEASE.total_seconds() else None
        writer = None if known is None else known.may_write
        self._gauges.show(WRITERS, 0 if writer is None else 1)
        self._gauges.show(MINUTES_WITHOUT_WRITER, (now - self._named_at) / 60 if writer is None else 0)
        self._gauges.show(LEASE_AGE_SECONDS, now - read_at)
        self._gauges.show(CONFIRMED_ALONE, 1 if self._keep.lease.alone else 0)
        self._gauges.show(STANDBY_NOT_READY, 1 if writer != self._region and not health.healthy else 0)
