"""One run of a rehearsal, from wherever it stands to its end ([OPS-9])."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from orders.application.policy.errors import ApplicationError
from orders.application.regions.errors import NotCopied
from orders.application.regions.rehearsal_course import Phase, failed_before, is_home, phase_of, standing
from orders.application.regions.rehearsal_figures import passed
from orders.application.regions.rehearsal_journal import Journal, JournaledTable
from orders.application.regions.switch_writer import SwitchRequest, SwitchWriter
from orders.ports.clock import Clock
from orders.ports.errors import PortError
from orders.ports.regions import ControlState, WritableControlTable
from orders.ports.rehearsals import Checked, DrillChecks, DrillResult, DrillStep, StepState

_LOOKS_EVERY = timedelta(minutes=1)
"""So often the time that is left is looked at while the other region is held: a machine that slept holds no longer."""


@dataclass(frozen=True, slots=True)
class RehearsalTools:
    """Holds what a rehearsal is done with.

    Attributes:
        switching: makes the use case that switches the writer, over the table that it is given.
        pause: waits for so many seconds.
        tell: is given what is being done, in words.
    """

    table: WritableControlTable
    switching: Callable[[WritableControlTable], SwitchWriter]
    checks: DrillChecks
    clock: Clock
    pause: Callable[[float], Awaitable[None]]
    tell: Callable[[str], None]


class RehearsalRun:
    """Does what is left of a rehearsal.

    Whatever a check finds or fails with, the environment goes back home: only what keeps the writer itself from being
    switched can leave it elsewhere, and then the result says so.
    """

    def __init__(self, tools: RehearsalTools, journal: Journal) -> None:
        self._journal = journal
        self._table = tools.table
        self._checks = tools.checks
        self._clock = tools.clock
        self._pause = tools.pause
        self._tell = tools.tell
        self._switch = tools.switching(JournaledTable(tools.table, journal.changed))
        self._home, self._away = journal.evidence.home, journal.evidence.away

    async def go(self) -> None:
        """Does it. Raises: NoControlItem, UnclearSwitch, AnotherSwitch, PortError: nobody can tell where it stands."""
        phase: Phase | None = phase_of(self._journal.evidence, await self._table.read())
        if phase is Phase.LOST:
            self._journal.note("somebody else has switched the writer since: this rehearsal ends here")
            await self._end()
            return
        if phase is Phase.OUT:
            phase = await self._take_over()
        if phase is Phase.AWAY:
            self._switched(DrillStep.TAKE_OVER)
            await self._look_there()
            phase = Phase.BACK
        if phase is Phase.BACK:
            phase = await self._fail_back()
        if phase is Phase.HOME:
            await self._look_at_home()
        await self._end()

    async def _take_over(self) -> Phase | None:
        step = DrillStep.TAKE_OVER
        self._journal.begin(step)
        try:
            await self._switch.execute(SwitchRequest(self._away, self._home))
        except NotCopied as error:
            # A rehearsal is no reason to leave everybody without a writer.
            if not await self._given_up():
                return None
            self._journal.end(step, StepState.FAILED, Checked((f"given up, {self._home} writes again: {error}",)))
            return Phase.HOME
        except (ApplicationError, PortError) as error:
            self._journal.note(f"{step}: {error}")
            return None
        return Phase.AWAY

    async def _fail_back(self) -> Phase | None:
        step = DrillStep.FAIL_BACK
        self._journal.begin(step)
        try:
            await self._switch.execute(SwitchRequest(self._home, self._away, failback=True))
        except NotCopied as error:
            if await self._given_up():
                self._journal.taken_back(step, self._home, str(error))
                self._tell(f"{step}, given up, so that {self._away} writes meanwhile: {error}")
            return None
        except (ApplicationError, PortError) as error:
            self._journal.note(f"{step}: {error}")
            return None
        self._switched(step)
        return Phase.HOME

    async def _given_up(self) -> bool:
        try:
            await self._switch.abandon()
        except (ApplicationError, PortError) as error:
            self._journal.note(f"the switch could not be given up: {error}")
            return False
        return True

    def _switched(self, step: DrillStep) -> None:
        """Ends a step of which the control table says that it is done, whoever saw it."""
        if self._journal.evidence.record(step) is not None and not self._journal.evidence.ended(step):
            self._journal.end(step, StepState.PASSED, Checked(()))

    async def _look_there(self) -> None:
        evidence, away = self._journal.evidence, self._away
        if not await self._checked(DrillStep.TAKEN, partial(self._taken, away)):
            # Nobody's changes are taken: what else could be looked at there is not worth that.
            return
        await self._checked(DrillStep.VERIFY, lambda: self._checks.verify(away, evidence.since))
        await self._checked(DrillStep.RECONCILE, lambda: self._checks.reconcile(away, evidence.begun_at))
        if failed_before(self._journal.evidence):
            self._journal.end(DrillStep.HOLD, StepState.LEFT_OUT, Checked(("a step before it has not passed",)))
            return
        await self._hold()

    async def _look_at_home(self) -> None:
        evidence, home = self._journal.evidence, self._home
        self._switched(DrillStep.FAIL_BACK)
        taken = await self._checked(DrillStep.TAKEN_BACK, partial(self._taken, home))
        if taken and evidence.record(DrillStep.FAIL_BACK) is not None:
            await self._checked(DrillStep.VERIFY_BACK, lambda: self._checks.verify(home, evidence.since))
            await self._checked(DrillStep.RECONCILE_BACK, lambda: self._checks.reconcile(home, evidence.begun_at))

    async def _taken(self, region: str) -> Checked:
        return Checked((await self._checks.taken(region),))

    async def _checked(self, step: DrillStep, work: Callable[[], Awaitable[Checked]]) -> bool:
        """Does a check unless it is done already; returns whether it could be done."""
        if not self._journal.evidence.ended(step):
            self._journal.begin(step)
            try:
                checked = await work()
            except (ApplicationError, PortError) as error:
                self._journal.end(step, StepState.FAILED, Checked((str(error),)))
            except Exception as error:  # noqa: BLE001 - written down; a bug in a check must not keep it from going back
                self._journal.end(step, StepState.FAILED, Checked((f"a bug: {type(error).__name__}",)))
            else:
                self._journal.end(step, StepState.FOUND if checked.missing else StepState.PASSED, checked)
        record = self._journal.evidence.record(step)
        return record is not None and record.state is not StepState.FAILED

    async def _hold(self) -> None:
        if self._journal.evidence.ended(DrillStep.HOLD):
            return
        begun_at = self._journal.begin(DrillStep.HOLD).begun_at
        minutes = self._journal.evidence.hold_minutes
        while (left := begun_at + timedelta(minutes=minutes) - self._clock.now()) > timedelta():
            await self._pause(min(left, _LOOKS_EVERY).total_seconds())
        self._journal.end(DrillStep.HOLD, StepState.PASSED, Checked((f"{self._away} wrote for {minutes:g} min more",)))

    async def _end(self) -> None:
        state: ControlState | None = None
        try:
            state = await self._table.read()
        except PortError as error:
            self._journal.note(f"THE ENVIRONMENT MAY NOT BE BACK HOME: the control table can't be read ({error})")
            return
        evidence = self._journal.evidence
        if is_home(evidence, state):
            self._journal.close(DrillResult.PASSED if passed(evidence) else DrillResult.FAILED)
        else:
            self._journal.note(f"THE ENVIRONMENT IS NOT BACK HOME: {standing(evidence, state)}")
