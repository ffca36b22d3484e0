"""Use case: reads the control table for the lease of this region, and records when it is got and lost."""

from collections.abc import Callable

from orders.application.policy.region_lease import RegionLease
from orders.ports.audit import AuditOutcome, AuditRecord, AuditTrail
from orders.ports.clock import Clock
from orders.ports.errors import PortError
from orders.ports.regions import AloneConfirmations, ControlState, ControlTable

ORIGIN = "control table"
_ROLE = "service"


class KeepLease:
    """Reads the control table, or while that is out of reach the confirmation to write alone."""

    def __init__(
        self,
        table: ControlTable,
        confirmations: AloneConfirmations,
        lease: RegionLease,
        trail: AuditTrail,
        clock: Clock,
        *,
        region: str,
        process: str,
        monotonic: Callable[[], float],
    ) -> None:
        """``region`` is this one, ``process`` the role that holds the lease, ``monotonic`` the clock of the lease."""
        self._table = table
        self._confirmations = confirmations
        self._lease = lease
        self._trail = trail
        self._clock = clock
        self._region = region
        self._process = process
        self._monotonic = monotonic
        self._told: tuple[int | None, bool] = (None, False)

    @property
    def lease(self) -> RegionLease:
        """The lease that is kept."""
        return self._lease

    async def execute(self) -> ControlState | None:
        """Returns what was read. Raises: TransientPortError, PermanentPortError: it could not be read."""
        # What is read may be as old as the question.
        asked_at = self._monotonic()
        try:
            state = await self._table.read()
            self._lease.heard(state, asked_at=asked_at)
        except PortError:
            await self._ask_people()
            raise
        finally:
            self._tell()
        return state

    async def _ask_people(self) -> None:
        """Reads the confirmation, if the table has been out of reach for so long that it counts.

        Raises: TransientPortError, UnreadableItem: that could not be read either.
        """
        if self._lease.cut_off:
            asked_at = self._monotonic()
            self._lease.confirmed(await self._confirmations.read(self._region), asked_at=asked_at)

    def _tell(self) -> None:
        held, alone = self._lease.epoch, self._lease.alone
        before, was_alone = self._told
        if (held, alone) == (before, was_alone):
            return
        if before is not None and before != held:
            self._record("lost the writer's lease", before, was_alone)
        if held is not None:
            self._record("got the writer's lease", held, alone)
        self._told = (held, alone)

    def _record(self, operation: str, epoch: int, alone: bool) -> None:
        self._trail.record(
            AuditRecord(
                at=self._clock.now(),
                principal=f"{self._process} in {self._region}",
                role=_ROLE,
                tenant_id=None,
                operation=operation,
                order_id=None,
                origin=ORIGIN,
                request_id=f"epoch-{epoch}",
                outcome=AuditOutcome.ALLOWED,
                why="alone" if alone else None,
            )
        )
