"""Where a rehearsal stands, by its evidence and the control table's item; and what speaks against beginning one."""

from enum import StrEnum

from orders.application.policy.errors import ApplicationError
from orders.application.regions.errors import AnotherSwitch, NoControlItem, UnclearSwitch
from orders.application.regions.read_status import Status
from orders.ports.regions import ControlState
from orders.ports.rehearsals import DrillStep, Evidence, StepState


class CannotRehearse(ApplicationError):
    """A rehearsal can't begin, or be taken up; the message says why. Nothing was changed."""


class Phase(StrEnum):
    """Says what is left of a rehearsal."""

    OUT = "the takeover is to be done"
    AWAY = "the other region writes, and is to be looked at"
    BACK = "the failback is to be done"
    HOME = "the region that wrote before writes again, and is to be looked at"
    LOST = "somebody else has switched the writer since"


def phase_of(evidence: Evidence, state: ControlState | None) -> Phase:
    """Returns where a rehearsal stands. Raises: NoControlItem, UnclearSwitch, AnotherSwitch: nobody can tell."""
    if state is None:
        raise NoControlItem(evidence.home)
    if state.unclear:
        raise UnclearSwitch
    running = state.under_way
    ours = {(evidence.away, False, evidence.epoch + 1), (evidence.home, True, evidence.epoch + 2)}
    if running is not None and (running.target, running.failback, running.epoch) not in ours:
        raise AnotherSwitch(running)
    match state.epoch - evidence.epoch, state.writer:
        case 0, evidence.home:
            given_up = running is None and evidence.ended(DrillStep.TAKE_OVER)
            return Phase.HOME if given_up else Phase.OUT
        case 1, evidence.away:
            begun = evidence.record(DrillStep.FAIL_BACK) is not None
            return Phase.BACK if running is not None or begun else Phase.AWAY
        case 2, evidence.home:
            return Phase.BACK if state.evacuated else Phase.HOME
        case _:
            return Phase.LOST


def is_home(evidence: Evidence, state: ControlState | None) -> bool:
    """Tells whether the environment is as it was before: the same writer, and both regions in traffic."""
    settled = state is not None and state.under_way is None and not state.unclear
    return settled and state is not None and state.writer == evidence.home and not state.evacuated


def standing(evidence: Evidence, state: ControlState | None) -> str:
    """Says who writes, for somebody who has to decide what to do."""
    if state is None:
        return "the control table has no item, so no region writes"
    writes = "NO REGION TAKES CHANGES" if state.may_write is None else f"{state.may_write} takes changes"
    switch = state.under_way
    told = "" if switch is None else f", a switch to {switch.target} is under way at step {switch.step}"
    out = ", ".join(sorted(state.evacuated))
    told += f", {out} is evacuated" if out else ""
    return f"{writes} in epoch {state.epoch}{told}; it should be {evidence.home}, with both regions in traffic"


def check_ready(status: Status, to: str | None, regions: tuple[str, str]) -> tuple[str, str]:
    """Returns home and the other region, if the environment is fit for a rehearsal.

    Raises: NoControlItem, UnclearSwitch, AnotherSwitch, CannotRehearse.
    """
    state = status.state
    if state is None:
        raise NoControlItem(regions[0])
    if state.unclear:
        raise UnclearSwitch
    if state.under_way is not None:
        raise AnotherSwitch(state.under_way)
    home = state.writer
    if home not in regions:
        raise CannotRehearse(f"{home} writes, which is neither of {' and '.join(regions)}: look at OTHER_REGION")
    away = regions[1] if home == regions[0] else regions[0]
    if to not in {None, away}:
        raise CannotRehearse(f"--to: {home} writes, and a rehearsal leads to {away} and back; {to!r} is not that")
    if state.evacuated:
        raise CannotRehearse(
            f"{', '.join(sorted(state.evacuated))} is evacuated, so this is no environment to rehearse in. After a "
            "rehearsal that was broken off, name its evidence with --evidence; after a real takeover, go back first "
            "with `orders dr failback`"
        )
    for region in status.regions:
        lacking = "; ".join(f"{each.need}: {each.detail}" for each in region.findings if each.ok is False)
        if lacking:
            raise CannotRehearse(f"{region.region} is not ready to write: {lacking}. Mend that first")
        if region.healthy is False:
            raise CannotRehearse(f"DNS would not lead to {region.region}: {region.seen}. Mend that first")
    return home, away


def told_of(status: Status) -> tuple[str, ...]:
    """Returns what was seen of both regions, a line for each thing."""
    words = {True: "ready", False: "lacking", None: "not known"}
    lines = [f"lease: {status.lease}"]
    for region in status.regions:
        lines.append(f"{region.region}: health checkers: {region.seen}")
        lines += [f"{region.region}: {each.need}: {words[each.ok]}: {each.detail}" for each in region.findings]
    return tuple(lines)


def failed_before(evidence: Evidence) -> bool:
    """Tells whether a step has not passed."""
    return any(each.ended_at is not None and each.state is not StepState.PASSED for each in evidence.steps)
