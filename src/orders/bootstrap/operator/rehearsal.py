"""A rehearsal of a takeover, opened for one command and closed after it."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from orders import __version__
from orders.acceptance.takes_changes import Refused, TakesChanges
from orders.adapters.inbound.cli.runtime import CopiesAsked, RehearsalAsked
from orders.adapters.outbound.local.evidence_file import JsonEvidenceFile, evidence_path
from orders.adapters.outbound.system import SystemClock
from orders.application.policy.errors import ApplicationError
from orders.application.regions.rehearsal_run import RehearsalTools
from orders.application.regions.rehearse import Rehearse, Rehearser
from orders.application.regions.verify_copies import DayCount, Difference
from orders.bootstrap.acceptance import client_of, customer_token
from orders.bootstrap.command_running import foreseen
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.operator.reconcile import open_reconcile
from orders.bootstrap.operator.regions import open_both, open_copies, other_bucket
from orders.bootstrap.resources.names import names_of
from orders.bootstrap.resources.topology import ORDERS
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.region_watch import holding_lease, lease_held, working_beside
from orders.bootstrap.telemetry import Telemetry
from orders.ports.errors import PermanentPortError, PortError, TransientPortError
from orders.ports.region_changes import Finding
from orders.ports.rehearsals import Checked, Missing

ASKED_EVERY_SECONDS = 2.0
TAKEN_WITHIN_SECONDS = 600.0
"""DNS needs two minutes, the lease one; after ten something is wrong, and the rehearsal goes back."""
MOST_NAMED = 1000
"""So much that is missing is named; all of it is counted."""


@asynccontextmanager
async def open_rehearsal(
    settings: Settings, *, asked: RehearsalAsked, tell: Callable[[str], None]
) -> AsyncIterator[Rehearse]:
    """Opens the rehearsal of the settings' environment. Raises: SettingsError, CannotRun."""
    clock = SystemClock()
    path = asked.evidence or evidence_path(Path(), settings.environment, clock.now())
    async with _stopped_as_by_ctrl_c(), open_both(settings, tell=tell) as both:
        outside = None if asked.base_url is None else await asyncio.to_thread(_outside, settings, asked.base_url)
        checks = OperatorChecks(settings, outside, tell)
        tools = RehearsalTools(both.control_table, both.switching, checks, clock, asyncio.sleep, tell)
        who = Rehearser(both.by, settings.environment, __version__, both.desk.regions)
        yield Rehearse(tools, both.desk.status, JsonEvidenceFile(path), who)


@asynccontextmanager
async def _stopped_as_by_ctrl_c() -> AsyncIterator[None]:
    """Lets SIGTERM, which a cancelled workflow sends, end the block as Ctrl-C does: it then says where it stands.

    Not by a SIGINT of its own: a command that a script runs in the background ignores that.

    Raises: KeyboardInterrupt: the signal came.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    terminated = False

    def terminate() -> None:
        nonlocal terminated
        terminated = True
        if task is not None:
            task.cancel()

    loop.add_signal_handler(signal.SIGTERM, terminate)
    try:
        yield
    except asyncio.CancelledError:
        if terminated:
            raise KeyboardInterrupt from None
        raise
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


def _outside(settings: Settings, base_url: str) -> TakesChanges:
    client = client_of(settings, base_url)
    return TakesChanges(client, customer_token(settings, client, settings.environment))


class OperatorChecks:
    """``DrillChecks`` from an operator's machine: by the service's address if it is given, else by the lease alone."""

    def __init__(
        self,
        settings: Settings,
        outside: TakesChanges | None,
        tell: Callable[[str], None],
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``outside`` asks the service as a customer; ``None`` if its address is not known."""
        self._settings = settings
        self._outside = outside
        self._tell = tell
        self._pause = pause

    @property
    def measured(self) -> str:
        """See ``DrillChecks.measured``."""
        if self._outside is None:
            return (
                "by a lease of this command's own, kept by the rule of the region's tasks; a task can take changes up "
                "to 5 s later, and DNS and load balancers are not in the figure"
            )
        return (
            f"the service was asked from outside every {ASKED_EVERY_SECONDS:g} s to cancel an order that can't exist: "
            "503 while it takes no changes, 404 when it does; DNS is in the figure, writing an order is not"
        )

    async def taking(self, region: str) -> str:
        """See ``DrillChecks.taking``."""
        if self._outside is None:
            return await self.taken(region)
        why = await self._asked(self._outside)
        if why is not None:
            raise TransientPortError("the service", f"it takes no changes as it is: {why}")
        return "the service takes changes, asked from outside"

    async def taken(self, region: str) -> str:
        """See ``DrillChecks.taken``."""
        if self._outside is None:
            with _as_port_error("lease"):
                await self._lease_held(region)
            return f"a lease for {region} is held"
        why: str | None = None
        for _ in range(int(TAKEN_WITHIN_SECONDS / ASKED_EVERY_SECONDS)):
            now = await self._asked(self._outside)
            if now is None:
                return f"the service takes changes, which only {region} may"
            if now != why:
                self._tell(f"no changes are taken yet: {now}")
            why = now
            await self._pause(ASKED_EVERY_SECONDS)
        raise TransientPortError("the service", f"it took no changes within {TAKEN_WITHIN_SECONDS:g} s: {why}")

    async def verify(self, region: str, since: datetime) -> Checked:
        """See ``DrillChecks.verify``."""
        here = settings_in(self._settings, region)
        days: list[DayCount] = []
        missing: list[Missing] = []

        def differs(each: Difference) -> None:
            if len(missing) < MOST_NAMED:
                missing.append(Missing(f"{each.tenant_id}/{each.order_id}: {'; '.join(each.what)}"))

        with _as_port_error("verify"):
            asked = CopiesAsked(other_bucket=here.other_documents_bucket)
            async with open_copies(here, asked=asked, pause=self._pause) as copies:
                until = SystemClock().now()
                differing = await copies.execute(since, until, tell=differs, per_day=days.append)
        compared = sum(max(each.left, each.right) for each in days)
        return Checked((f"{compared} orders compared with items and PDFs, {differing} differ",), tuple(missing))

    async def reconcile(self, region: str, begun_at: datetime) -> Checked:
        """See ``DrillChecks.reconcile``."""
        with _as_port_error("reconcile"):
            async with open_reconcile(settings_in(self._settings, region), tell=self._tell, rehearsed=True) as desk:
                done = await desk.reconcile.execute()
        if done.unread:
            why = "; ".join(f"{name}'s stream could not be read ({reason})" for name, reason in done.unread.items())
            raise TransientPortError("reconcile", why)
        looked = ", ".join(f"{count} changes of {name}" for name, count in done.looked_at.items())
        found = [f"{done.published} published; {looked} looked up"]
        earlier = [each for each in done.unacknowledged if each.found_at < begun_at]
        if earlier:
            found.append(f"{len(earlier)} findings are older than this rehearsal and not acknowledged")
        lost = [each for each in done.unacknowledged if each.found_at >= begun_at]
        return Checked(tuple(found), tuple(_missing(each) for each in lost[:MOST_NAMED]))

    async def _lease_held(self, region: str) -> None:
        settings = settings_in(self._settings, region)
        async with (
            holding_lease(settings, Telemetry(), Role.OPERATOR) as held,
            working_beside(held.work()),
        ):
            await lease_held(held.lease, self._tell)

    @staticmethod
    async def _asked(outside: TakesChanges) -> str | None:
        try:
            return await asyncio.to_thread(outside.ask)
        except Refused as error:
            raise PermanentPortError("the service", str(error)) from error


def settings_in(settings: Settings, region: str) -> Settings:
    """Returns the settings as they are in either of the two regions."""
    if region == settings.aws_region:
        return settings
    documents = names_of(settings, packaged_topology()).bucket(ORDERS)
    return settings.model_copy(
        update={
            "aws_region": region,
            "other_region": settings.aws_region,
            "documents_bucket": settings.other_documents_bucket or other_bucket(documents),
            "other_documents_bucket": documents,
        }
    )


@contextmanager
def _as_port_error(what: str) -> Iterator[None]:
    """Turns what is foreseen of a check's own wiring, such as a missing queue, into a failure of that check."""
    try:
        yield
    except (PortError, ApplicationError):
        raise
    except Exception as error:
        known = foreseen(error)
        if known is None:
            raise
        raise PermanentPortError(what, known) from error


def _missing(finding: Finding) -> Missing:
    try:
        at = datetime.fromisoformat(finding.change.at).astimezone(UTC)
    except ValueError:
        at = None
    return Missing(f"{finding.finding_id}: {finding.fate}, stored in {finding.region}", at)
