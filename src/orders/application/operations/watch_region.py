"""Use case: watches what this region reads of the control table, and tells it for alarms."""

from collections.abc import Callable
from datetime import timedelta

from orders.application.operations.check_health import CheckHealth, Health
from orders.ports.metric_catalogue import LEASE_AGE_SECONDS, MINUTES_WITHOUT_WRITER, STANDBY_NOT_READY, WRITERS
from orders.ports.metrics import Gauges
from orders.ports.regions import ControlState, ControlTable

LEASE = timedelta(seconds=30)
"""So long a good read of the control table holds; after that this region knows of nobody who may write."""


class WatchRegion:
    """Reads the control table and shows the gauges of the region."""

    def __init__(
        self,
        table: ControlTable,
        health: CheckHealth,
        gauges: Gauges,
        *,
        region: str,
        monotonic: Callable[[], float],
    ) -> None:
        """``region`` is this one; ``health`` is that of this process; ``monotonic`` is in seconds."""
        self._table = table
        self._health = health
        self._gauges = gauges
        self._region = region
        self._monotonic = monotonic
        self._state: ControlState | None = None
        # Nothing was read or named before: both count from here.
        self._read_at = self._named_at = monotonic()

    async def execute(self) -> ControlState | None:
        """Returns what was read; shows the gauges in any case, before an error is raised.

        Raises: TransientPortError, PermanentPortError: it could not be read.
        """
        health = await self._health.execute()
        # What is read may be as old as the question.
        asked_at = self._monotonic()
        try:
            self._note(await self._table.read(), asked_at)
        finally:
            self._show(health)
        return self._state

    def _note(self, found: ControlState | None, asked_at: float) -> None:
        self._state, self._read_at = found, asked_at
        if found is not None and found.may_write is not None:
            self._named_at = asked_at

    def _show(self, health: Health) -> None:
        now = self._monotonic()
        age = now - self._read_at
        known = self._state if age <= LEASE.total_seconds() else None
        writer = None if known is None else known.may_write
        self._gauges.show(WRITERS, 0 if writer is None else 1)
        self._gauges.show(MINUTES_WITHOUT_WRITER, (now - self._named_at) / 60 if writer is None else 0)
        self._gauges.show(LEASE_AGE_SECONDS, age)
        self._gauges.show(STANDBY_NOT_READY, 1 if writer != self._region and not health.healthy else 0)
