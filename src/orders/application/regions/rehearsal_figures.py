"""What a rehearsal measured: how long no changes were taken, and what was lost, for each direction ([OPS-9])."""

from dataclasses import asdict, dataclass
from datetime import datetime

from orders.application.policy.recovery import RECOVERY_POINT, RECOVERY_TIME
from orders.ports.regions import SwitchStep
from orders.ports.rehearsals import DrillStep, Evidence, Missing, StepRecord, StepState

_CHECKED = {StepState.PASSED, StepState.FOUND}


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one direction.

    Attributes:
        evacuated_at: since when no region took changes; if that is not known, when the switch was begun, before it.
        taken_at: since when changes were seen to be taken again.
        rto_seconds: from the one to the other; ``None`` if it was not measured.
        missing: what `verify` and `reconcile` found missing.
        rpo_seconds: 0 if nothing is missing; else how long before the evacuation the oldest of it was acknowledged;
            ``None`` if that isn't known, or it was not looked at.
    """

    source: str
    target: str
    evacuated_at: datetime | None
    taken_at: datetime | None
    rto_seconds: float | None
    missing: tuple[Missing, ...]
    rpo_seconds: float | None

    @property
    def in_time(self) -> bool:
        """Tells whether the target for the time of recovery was met."""
        return self.rto_seconds is not None and self.rto_seconds < RECOVERY_TIME.total_seconds()

    @property
    def whole(self) -> bool:
        """Tells whether the target for the point of recovery was met."""
        return self.rpo_seconds is not None and self.rpo_seconds < RECOVERY_POINT.total_seconds()


def figures_of(evidence: Evidence) -> tuple[Figures, Figures]:
    """Returns the figures of the takeover and of the failback."""
    there = (DrillStep.TAKE_OVER, DrillStep.TAKEN, DrillStep.VERIFY, DrillStep.RECONCILE)
    back = (DrillStep.FAIL_BACK, DrillStep.TAKEN_BACK, DrillStep.VERIFY_BACK, DrillStep.RECONCILE_BACK)
    return _figures(evidence, evidence.home, evidence.away, there), _figures(
        evidence, evidence.away, evidence.home, back
    )


def passed(evidence: Evidence) -> bool:
    """Tells whether every step has passed and every figure is within its target."""
    steps = {each.step for each in evidence.steps if each.state is StepState.PASSED}
    return steps == set(DrillStep) and all(each.in_time and each.whole for each in figures_of(evidence))


def facts_of(evidence: Evidence) -> dict[str, object]:
    """Returns the evidence, and what follows from it, for scripts and for the file."""
    return {
        "result": "unfinished" if evidence.result is None else evidence.result.value,
        "targets": {"rto_seconds": RECOVERY_TIME.total_seconds(), "rpo_seconds": RECOVERY_POINT.total_seconds()},
        "figures": [asdict(each) | {"in_time": each.in_time, "whole": each.whole} for each in figures_of(evidence)],
        "drill": asdict(evidence),
    }


def _figures(
    evidence: Evidence, source: str, target: str, steps: tuple[DrillStep, DrillStep, DrillStep, DrillStep]
) -> Figures:
    switched, taken, *checks = (evidence.record(step) for step in steps)
    evacuated_at = _evacuated_at(evidence, target, switched)
    over = switched is not None and switched.state is StepState.PASSED
    taken_at = taken.ended_at if over and taken is not None and taken.state is StepState.PASSED else None
    missing = tuple(each for check in checks if check is not None for each in check.missing)
    looked = all(check is not None and check.state in _CHECKED for check in checks)
    return Figures(
        source,
        target,
        evacuated_at,
        taken_at,
        None if evacuated_at is None or taken_at is None else (taken_at - evacuated_at).total_seconds(),
        missing,
        _rpo(missing, evacuated_at) if looked else None,
    )


def _evacuated_at(evidence: Evidence, target: str, switched: StepRecord | None) -> datetime | None:
    marks = [each.at for each in evidence.control if each.target == target and each.step == SwitchStep.DRAIN]
    if marks:
        return marks[0]
    return None if switched is None else switched.begun_at


def _rpo(missing: tuple[Missing, ...], evacuated_at: datetime | None) -> float | None:
    if not missing:
        return 0.0
    times = [each.at for each in missing if each.at is not None]
    if evacuated_at is None or len(times) < len(missing):
        return None
    return max((evacuated_at - min(times)).total_seconds(), 0.0)
