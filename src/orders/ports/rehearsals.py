"""A rehearsal of a takeover: what is checked in it, and what is kept as its evidence."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class DrillStep(StrEnum):
    """The steps of a rehearsal, in order."""

    LOOK = "look"
    TAKE_OVER = "take over"
    TAKEN = "changes taken there"
    VERIFY = "verify there"
    RECONCILE = "reconcile there"
    HOLD = "hold"
    FAIL_BACK = "fail back"
    TAKEN_BACK = "changes taken back home"
    VERIFY_BACK = "verify back home"
    RECONCILE_BACK = "reconcile back home"


class StepState(StrEnum):
    """Says what became of a step."""

    UNDER_WAY = "under way"
    PASSED = "passed"
    FOUND = "something is missing"
    FAILED = "failed"
    LEFT_OUT = "left out"


class DrillResult(StrEnum):
    """Says how a rehearsal ended, with the environment back home."""

    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that one of the regions doesn't have, or not as the other one has it.

    Attributes:
        at: when it was acknowledged; ``None`` if that isn't known.
    """

    what: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """Says what a check found.

    Attributes:
        found: in words.
        missing: each thing that is missing.
    """

    found: tuple[str, ...]
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step of a rehearsal; ``begun_at`` stays that of its first attempt when it is taken up."""

    step: DrillStep
    begun_at: datetime
    ended_at: datetime | None = None
    state: StepState = StepState.UNDER_WAY
    found: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class ControlMark:
    """A change of the control table's item that the rehearsal made.

    Attributes:
        target: the region that the switch leads to.
        step: the switch's step that was reached by it, and ``at`` when.
    """

    target: str
    step: str
    epoch: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """Something out of the ordinary: an interruption, a refusal, somebody else at work."""

    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of a rehearsal, from before its first change on.

    Attributes:
        home: the region that wrote before, and is to write afterwards.
        away: the other one.
        epoch: the control table's at the beginning; the takeover leads to the next one, the failback to the one after.
        by: who began it.
        version: of the command.
        since: orders placed from that day on are compared.
        measured: how it is seen that changes are taken, in words.
        ended_at, result: ``None`` as long as something is left to do.
    """

    environment: str
    home: str
    away: str
    epoch: int
    by: str
    version: str
    begun_at: datetime
    since: datetime
    hold_minutes: float
    measured: str
    steps: tuple[StepRecord, ...] = ()
    control: tuple[ControlMark, ...] = ()
    notes: tuple[Note, ...] = ()
    ended_at: datetime | None = None
    result: DrillResult | None = None

    def record(self, step: DrillStep) -> StepRecord | None:
        """Returns what is known of a step."""
        return next((each for each in self.steps if each.step is step), None)

    def ended(self, step: DrillStep) -> bool:
        """Tells whether nothing is left to do in a step."""
        record = self.record(step)
        return record is not None and record.ended_at is not None

    def having(self, record: StepRecord) -> "Evidence":
        """Returns the evidence with a step's record, new or in the place of the earlier one."""
        others = [each for each in self.steps if each.step is not record.step]
        order = list(DrillStep)
        steps = sorted([*others, record], key=lambda each: order.index(each.step))
        return replace(self, steps=tuple(steps))


class EvidenceFile(Protocol):
    """Keeps the evidence of one rehearsal where the operator finds it; whole at every moment."""

    @property
    def name(self) -> str:
        """Returns what the operator calls it."""
        ...

    def read(self) -> Evidence | None:
        """Returns what was kept last; ``None`` if nothing was. Raises: PermanentPortError: it is no evidence."""
        ...

    def keep(self, evidence: Evidence) -> None:
        """Keeps it in the place of what was kept before. Raises: TransientPortError: it can't be written."""
        ...


class DrillChecks(Protocol):
    """Looks at a living environment as those who use and run it do.

    Every method raises ``PortError`` if it can't look.
    """

    @property
    def measured(self) -> str:
        """Says how it is seen that changes are taken, in words: what the figure contains and what it doesn't."""
        ...

    async def taking(self, region: str) -> str:
        """Returns in words that ``region``, the writer, takes changes now. Raises: PortError: it doesn't."""
        ...

    async def taken(self, region: str) -> str:
        """Waits until ``region`` takes changes, and returns in words how that was seen.

        Raises: PortError: it doesn't within ten minutes.
        """
        ...

    async def verify(self, region: str, since: datetime) -> Checked:
        """Compares ``region``'s orders from the day of ``since`` on with the other region's."""
        ...

    async def reconcile(self, region: str, begun_at: datetime) -> Checked:
        """Publishes what is pending and names what was lost, from ``region``, which writes.

        What had been found before ``begun_at`` is told, and is none of this rehearsal's losses.
        """
        ...
