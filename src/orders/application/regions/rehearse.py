"""Use case of operators: takes over to the other region and back, and measures it ([OPS-9])."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from orders.application.policy.errors import ApplicationError
from orders.application.regions.read_status import ReadStatus
from orders.application.regions.rehearsal_course import CannotRehearse, Phase, check_ready, phase_of, told_of
from orders.application.regions.rehearsal_journal import Journal
from orders.application.regions.rehearsal_run import RehearsalRun, RehearsalTools
from orders.application.regions.switch_writer import SwitchRequest
from orders.ports.errors import PortError
from orders.ports.rehearsals import DrillStep, Evidence, EvidenceFile, StepRecord, StepState


@dataclass(frozen=True, slots=True)
class DrillRequest:
    """Says what an operator asks for.

    Attributes:
        to: the other region; ``None`` takes the one that doesn't write.
        hold: so long the other region writes before it goes back.
        since: orders placed from that day on are compared.
    """

    to: str | None
    hold: timedelta
    since: datetime


@dataclass(frozen=True, slots=True)
class Rehearser:
    """The person, the aim and the release of a rehearsal."""

    by: str
    environment: str
    version: str
    regions: tuple[str, str]


class Rehearse:
    """Rehearses a takeover; interrupted anywhere, it finds out from the control table and the evidence what is left."""

    def __init__(self, tools: RehearsalTools, status: ReadStatus, file: EvidenceFile, who: Rehearser) -> None:
        self._tools = tools
        self._table = tools.table
        self._status = status
        self._checks = tools.checks
        self._file = file
        self._clock = tools.clock
        self._who = who
        self._tell = tools.tell

    @property
    def evidence_name(self) -> str:
        """The file that the evidence is kept in."""
        return self._file.name

    @property
    def environment(self) -> str:
        """The environment that is rehearsed in."""
        return self._who.environment

    async def plan(self, request: DrillRequest) -> list[str]:
        """Returns what ``execute`` would do, one sentence a step.

        Raises: ApplicationError, PortError: it can't begin, or be taken up; with the reason.
        """
        evidence = self._unfinished(request)
        if evidence is not None:
            left = await self._left(evidence)
            return [
                f"take up the rehearsal that {evidence.by} began at {evidence.begun_at:%Y-%m-%d %H:%M} UTC: {left}",
                *_explained(evidence, left),
            ]
        evidence = await self._fit(request)
        switch = self._tools.switching(self._table)
        switched = await switch.plan(SwitchRequest(evidence.away, evidence.home))
        return [*switched, *_explained(evidence, Phase.AWAY)]

    async def execute(self, request: DrillRequest) -> Evidence:
        """Rehearses, or takes up what was interrupted; returns the evidence, unfinished if it is not back home.

        Raises: ApplicationError, PortError: it could not begin, or be taken up; nothing was changed.
        """
        journal = await self._opened(request)
        try:
            await RehearsalRun(self._tools, journal).go()
        except (ApplicationError, PortError) as error:
            journal.note(self._broken_off(journal, str(error)))
        except Exception as error:  # noqa: BLE001 - to be told and written down as any other; the environment is elsewhere
            journal.note(self._broken_off(journal, f"a bug: {type(error).__name__}"))
        except BaseException:
            self._tell(self._broken_off(journal, "interrupted"))
            raise
        return journal.evidence

    @staticmethod
    def _broken_off(journal: Journal, why: str) -> str:
        step = next((each.step for each in journal.evidence.steps if each.ended_at is None), None)
        where = "" if step is None else f" at the step: {step}"
        return (
            f"THE REHEARSAL IS BROKEN OFF{where} ({why}). The environment may not be back home: "
            "`orders dr status` shows who writes, and `orders dr drill` with "
            f"--evidence {journal.name} goes on from here and brings it back"
        )

    async def _opened(self, request: DrillRequest) -> Journal:
        evidence = self._unfinished(request)
        if evidence is not None:
            # What nobody can tell from is said before anything is written down.
            phase = await self._left(evidence)
            journal = self._journal(evidence)
            journal.note(f"taken up by {self._who.by}: {phase}")
            if evidence.measured != self._checks.measured:
                journal.note(f"from here on measured {self._checks.measured}")
            return journal
        evidence = await self._fit(request)
        await self._tools.switching(self._table).plan(SwitchRequest(evidence.away, evidence.home))
        journal = self._journal(evidence)
        journal.open()
        return journal

    async def _left(self, evidence: Evidence) -> Phase:
        try:
            return phase_of(evidence, await self._table.read())
        except (ApplicationError, PortError):
            began = f"{evidence.by} at {evidence.begun_at:%Y-%m-%d %H:%M} UTC"
            self._tell(f"the rehearsal of {began} is still broken off, and {evidence.environment} may not be back home")
            raise

    def _journal(self, evidence: Evidence) -> Journal:
        return Journal(self._file, evidence, self._clock, by=self._who.by, tell=self._tell)

    def _unfinished(self, request: DrillRequest) -> Evidence | None:
        """Returns the evidence of a rehearsal that was interrupted. Raises: CannotRehearse: it is another one's."""
        evidence = self._file.read()
        if evidence is None:
            return None
        if evidence.ended_at is not None:
            raise CannotRehearse(f"{self._file.name} is the evidence of a rehearsal that has ended: name another file")
        if evidence.environment != self._who.environment or {evidence.home, evidence.away} != set(self._who.regions):
            raise CannotRehearse(
                f"{self._file.name} is of {evidence.environment} between {evidence.home} and {evidence.away}, and the "
                f"settings are of {self._who.environment} between {' and '.join(self._who.regions)}"
            )
        if request.to not in {None, evidence.away}:
            raise CannotRehearse(f"--to: the rehearsal that is to be taken up leads to {evidence.away} and back")
        return evidence

    async def _fit(self, request: DrillRequest) -> Evidence:
        begun_at = self._clock.now()
        status = await self._status.execute()
        home, away = check_ready(status, request.to, self._who.regions)
        seen = await self._checks.taking(home)
        if status.state is None:
            raise AssertionError("without an item nothing is ready")
        for line in (*(looked := told_of(status)), seen):
            self._tell(line)
        return Evidence(
            environment=self._who.environment,
            home=home,
            away=away,
            epoch=status.state.epoch,
            by=self._who.by,
            version=self._who.version,
            begun_at=begun_at,
            since=request.since,
            hold_minutes=request.hold.total_seconds() / 60,
            measured=self._checks.measured,
            steps=(StepRecord(DrillStep.LOOK, begun_at, self._clock.now(), StepState.PASSED, (*looked, seen)),),
        )


def _explained(evidence: Evidence, left: Phase) -> list[str]:
    """Says what is done from a phase on, after the takeover itself."""
    there, home = evidence.away, evidence.home
    hold = f", hold for {evidence.hold_minutes:g} min" if evidence.hold_minutes else ""
    lines = {
        Phase.OUT: f"take over to {there}, planned: changes get 503 for about 70 s",
        Phase.AWAY: (
            f"look at {there}: wait until it takes changes ({evidence.measured}), verify the orders placed from "
            f"{evidence.since:%Y-%m-%d} on, reconcile{hold}; if anything is wrong, go back at once"
        ),
        Phase.BACK: f"fail back to {home}: changes get 503 for about 70 s again, and both regions are in traffic after",
        Phase.HOME: f"look at {home} in the same way, and write the figures down",
    }
    if left is Phase.LOST:
        return ["end this rehearsal as failed: somebody else has switched the writer since"]
    return [lines[phase] for phase in list(lines)[list(lines).index(left) :]]
