"""What a rehearsal writes down while it goes on: each step before it is done, and each change of the control table."""

from collections.abc import Callable
from dataclasses import replace

from orders.ports.clock import Clock
from orders.ports.errors import PortError
from orders.ports.regions import ControlState, WritableControlTable
from orders.ports.rehearsals import (
    Checked,
    ControlMark,
    DrillResult,
    DrillStep,
    Evidence,
    EvidenceFile,
    Note,
    StepRecord,
    StepState,
)


class Journal:
    """The evidence as it grows; kept whole after every change, so that whoever takes it up knows what is left."""

    def __init__(
        self, file: EvidenceFile, evidence: Evidence, clock: Clock, *, by: str, tell: Callable[[str], None]
    ) -> None:
        """``by`` is who works on it now; ``tell`` is given what is being done, in words."""
        self._file = file
        self.evidence = evidence
        self._clock = clock
        self._by = by
        self._tell = tell

    @property
    def name(self) -> str:
        """Returns what the operator calls the file."""
        return self._file.name

    def open(self) -> None:
        """Keeps what it begins with, before anything is changed. Raises: PortError: the file can't be written."""
        self._file.keep(self.evidence)

    def begin(self, step: DrillStep) -> StepRecord:
        """Writes down that a step begins; returns its record, of an earlier attempt if there was one."""
        record = self.evidence.record(step)
        if record is None or record.ended_at is not None:
            record = StepRecord(step, self._clock.now())
        self._keep(self.evidence.having(record))
        self._tell(f"drill: {step}")
        return record

    def end(self, step: DrillStep, state: StepState, checked: Checked) -> None:
        """Writes down what became of a step."""
        now = self._clock.now()
        record = self.evidence.record(step) or StepRecord(step, now)
        record = replace(record, ended_at=now, state=state, found=checked.found, missing=checked.missing)
        self._keep(self.evidence.having(record))
        for line in (*checked.found, *(f"missing: {each.what}" for each in checked.missing)):
            self._tell(f"  {line}")
        if state is not StepState.PASSED:
            self._tell(f"drill: {step}: {state}")

    def note(self, text: str) -> None:
        """Writes down something out of the ordinary."""
        self._keep(self._noted(text))
        self._tell(text)

    def taken_back(self, step: DrillStep, target: str, why: str) -> None:
        """Writes down that a switch to ``target`` was given up, so that its step is still to be done."""
        noted = self._noted(f"{step}, given up: {why}")
        self._keep(
            replace(
                noted,
                steps=tuple(each for each in noted.steps if each.step is not step),
                control=tuple(each for each in noted.control if each.target != target),
            )
        )

    def changed(self, state: ControlState) -> None:
        """Writes down a change of the control table's item."""
        if state.switch is not None:
            mark = ControlMark(state.switch.target, state.switch.step, state.epoch, state.at)
            self._keep(replace(self.evidence, control=(*self.evidence.control, mark)))

    def close(self, result: DrillResult) -> None:
        """Writes down how it ended. Raises: PortError: the file can't be written."""
        evidence = replace(self.evidence, ended_at=self._clock.now(), result=result)
        self._file.keep(evidence)
        self.evidence = evidence

    def _noted(self, text: str) -> Evidence:
        return replace(self.evidence, notes=(*self.evidence.notes, Note(self._clock.now(), self._by, text)))

    def _keep(self, evidence: Evidence) -> None:
        self.evidence = evidence
        try:
            self._file.keep(evidence)
        except PortError as error:
            # A full disk must not keep the environment from going back home.
            self._tell(f"the evidence can't be written now, and the rehearsal goes on: {error}")


class JournaledTable:
    """The control table, whose every change is written down once it is stored."""

    def __init__(self, table: WritableControlTable, changed: Callable[[ControlState], None]) -> None:
        self._table = table
        self._changed = changed

    async def read(self) -> ControlState | None:
        """See ``ControlTable.read``."""
        return await self._table.read()

    async def replace(self, new: ControlState, *, seen: ControlState | None) -> ControlState:
        """See ``WritableControlTable.replace``."""
        stored = await self._table.replace(new, seen=seen)
        self._changed(stored)
        return stored
