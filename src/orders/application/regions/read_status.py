"""Use case of operators: who writes, whether a switch is under way, and whether each region could take over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from orders.application.regions.switch_writer import DRAIN
from orders.ports.clock import Clock
from orders.ports.errors import PortError
from orders.ports.health_checkers import HealthCheckers
from orders.ports.region_readiness import Finding, RegionReadiness
from orders.ports.regions import ControlState, ControlTable

SETTLED = 2 * DRAIN
"""So long after a change every region goes by it: the old lease has ended, and the new writer has waited."""


@dataclass(frozen=True, slots=True)
class RegionStatus:
    """One region.

    Attributes:
        seen: what DNS's health checkers see, in words.
        findings: whether it has what it needs to take over.
        healthy: what they see; ``None`` if that isn't known.
    """

    region: str
    seen: str
    findings: tuple[Finding, ...]
    healthy: bool | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """Both regions.

    Attributes:
        state: what the control table says; ``None`` if it has no item.
        lease: who holds the lease, in words.
        regions: each of the two.
    """

    state: ControlState | None
    lease: str
    regions: tuple[RegionStatus, ...]


class ReadStatus:
    """Reads the control table, and looks at both regions."""

    def __init__(
        self,
        table: ControlTable,
        checkers: HealthCheckers,
        readiness: RegionReadiness,
        clock: Clock,
        *,
        regions: Sequence[str],
    ) -> None:
        """``regions`` are the two that could write."""
        self._table = table
        self._checkers = checkers
        self._readiness = readiness
        self._clock = clock
        self._regions = regions

    async def execute(self) -> Status:
        """Returns the status. Raises: PortError: the control table can't be read."""
        state = await self._table.read()
        return Status(state, self._lease(state), tuple([await self._region(region) for region in self._regions]))

    async def _region(self, region: str) -> RegionStatus:
        healthy, seen = await self._seen(region)
        return RegionStatus(region, seen, tuple(await self._readiness.look(region)), healthy)

    async def _seen(self, region: str) -> tuple[bool | None, str]:
        try:
            view = await self._checkers.view(region)
        except PortError as error:
            return None, f"can't be asked ({error})"
        if view is None:
            return None, "its health check is not named in HEALTH_CHECKS"
        word = "healthy" if view.is_healthy else "unhealthy"
        return view.is_healthy, f"{word}: {view.healthy} of {view.checkers} checkers reach it"

    def _lease(self, state: ControlState | None) -> str:
        if state is None:
            return "nobody holds it: there is no item"
        left = SETTLED - (self._clock.now() - state.at)
        soon = f"; for {left.total_seconds():.0f} s more not every task goes by this" if left > timedelta() else ""
        if state.may_write is None:
            return f"nobody may: {state.writer} is named and evacuated{soon}"
        return f"{state.may_write} may, as long as it reads the control table{soon}"


def as_facts(status: Status) -> Mapping[str, object]:
    """Returns the status for scripts."""
    state = status.state
    switch = None if state is None or state.switch is None else state.switch
    return {
        "writer": state and state.writer,
        "may_write": state and state.may_write,
        "epoch": state and state.epoch,
        "evacuated": sorted(state.evacuated) if state else [],
        "by": state and state.by,
        "at": state and state.at,
        "lease": status.lease,
        "switch": switch
        and {
            "target": switch.target,
            "source": switch.source,
            "planned": switch.planned,
            "failback": switch.failback,
            "step": switch.step.value,
            "epoch": switch.epoch,
            "by": switch.by,
            "at": switch.at,
            "under_way": switch.under_way,
        },
        "regions": {
            each.region: {
                "health_checkers": each.seen,
                "needs": {
                    finding.need.value: {"ok": finding.ok, "detail": finding.detail} for finding in each.findings
                },
            }
            for each in status.regions
        },
    }
