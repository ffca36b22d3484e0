"""Rehearsing a takeover: measured, interrupted anywhere, and the environment never left elsewhere in silence."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from orders.adapters.outbound.memory.rehearsals import MemoryDrillChecks, MemoryEvidenceFile
from orders.application.policy.errors import ApplicationError
from orders.application.policy.recovery import RECOVERY_POINT, RECOVERY_TIME
from orders.application.regions.errors import AnotherSwitch, MayWriteAlone, NoControlItem, NotCopied, UnclearSwitch
from orders.application.regions.read_status import ReadStatus
from orders.application.regions.rehearsal_course import CannotRehearse
from orders.application.regions.rehearsal_figures import Figures, figures_of
from orders.application.regions.rehearsal_run import RehearsalTools
from orders.application.regions.rehearse import DrillRequest, Rehearse, Rehearser
from orders.application.regions.switch_writer import SwitchRequest
from orders.ports.errors import TransientPortError
from orders.ports.health_checkers import CheckersView
from orders.ports.region_readiness import Need
from orders.ports.regions import AloneConfirmation, ControlState
from orders.ports.rehearsals import Checked, DrillResult, DrillStep, Evidence, Missing, StepState
from tests.support.builders import NOON
from tests.unit.application.test_switch_writer import BACK, CAPE, FIRST, GONE, IRELAND, PLANNED, Kill
from tests.unit.application.test_switch_writer import World as Regions

WANTED = DrillRequest(None, timedelta(), NOON - timedelta(days=1))
LEASE_SECONDS = 40.0
"""So long a new writer's first change takes to be taken, in this world."""
OLD, NEW = "demo/ord_1: missing in eu-west-1", "event:demo/ord_2.1.5: never arrived"


class Killed(BaseException):
    """The process is killed at this call: no handler of errors sees it."""


class KillHard(Kill):
    async def strike(self) -> None:
        raise Killed


class DyingFile:
    """An evidence file in whose writing the process can die, too."""

    name = MemoryEvidenceFile.name

    def __init__(self, file: MemoryEvidenceFile, kill: Kill) -> None:
        self._file, self._kill = file, kill

    def read(self) -> Evidence | None:
        return self._file.read()

    def keep(self, evidence: Evidence) -> None:
        self._kill.calls += 1
        here = self._kill.calls == self._kill.at
        if here and not self._kill.after:
            raise Killed
        self._file.keep(evidence)
        if here:
            raise Killed


class SlowChecks(MemoryDrillChecks):
    """Changes are taken only a while after the control table says so, and work can be done at any check."""

    def __init__(self, world: "World") -> None:
        super().__init__()
        self.world = world
        self.bug: set[str] = set()
        self.before: Callable[[str], None] = lambda _: None

    async def taken(self, region: str) -> str:
        assert self.world.regions.state.may_write == region
        await self.world.pause(LEASE_SECONDS)
        return await super().taken(region)

    async def verify(self, region: str, since: Any) -> Checked:
        assert self.world.regions.state.may_write == region
        self.before(region)
        if region in self.bug:
            raise KeyError(region)
        return await super().verify(region, since)


@dataclass
class World:
    """An environment of two regions, and the file that outlives the command."""

    regions: Regions = field(default_factory=Regions)
    file: MemoryEvidenceFile = field(default_factory=MemoryEvidenceFile)
    told: list[str] = field(default_factory=list)
    checks: SlowChecks = field(init=False)

    def __post_init__(self) -> None:
        self.checks = SlowChecks(self)

    async def pause(self, seconds: float) -> None:
        self.regions.paused += seconds
        self.regions.clock.advance(timedelta(seconds=seconds))

    def operator(self, by: str = "thandi", kill: Kill | None = None, environment: str = "prod") -> Rehearse:
        on: Callable[[Any], Any] = (kill or Kill()).on

        def switching(table: Any) -> Any:
            switch = self.regions.operator(by, kill)
            switch._table = table
            return switch

        table = on(self.regions.table)
        status = ReadStatus(
            table, self.regions.checkers, self.regions.readiness, self.regions.clock, regions=(CAPE, IRELAND)
        )
        checks = on(self.checks)
        checks.measured = self.checks.measured
        tools = RehearsalTools(table, switching, checks, self.regions.clock, self.pause, self.told.append)
        file = DyingFile(self.file, kill or Kill())
        return Rehearse(tools, status, file, Rehearser(by, environment, "1.2.3", (CAPE, IRELAND)))

    @property
    def state(self) -> ControlState:
        return self.regions.state

    @property
    def evidence(self) -> Evidence:
        assert self.file.evidence is not None
        return self.file.evidence

    def states(self) -> dict[DrillStep, StepState]:
        return {each.step: each.state for each in self.evidence.steps}


@pytest.fixture
def world() -> World:
    return World()


async def test_it_takes_over_and_goes_back_and_measures_both_directions(world: World) -> None:
    evidence = await world.operator().execute(WANTED)
    assert evidence == world.evidence
    assert (evidence.result, evidence.ended_at) == (DrillResult.PASSED, world.regions.clock.now())
    assert world.states() == dict.fromkeys(DrillStep, StepState.PASSED)
    assert (world.state.epoch, world.state.may_write, world.state.evacuated) == (3, CAPE, frozenset())
    there, back = figures_of(evidence)
    assert (there.source, there.target, back.source, back.target) == (CAPE, IRELAND, IRELAND, CAPE)
    # From the evacuation itself, not from when the command began: 35 s for the last lease, and the new writer's wait.
    assert there.rto_seconds == back.rto_seconds == 35 + LEASE_SECONDS
    assert (there.rpo_seconds, there.missing, back.rpo_seconds) == (0, (), 0)
    assert there.in_time
    assert there.whole
    assert (evidence.by, evidence.version, evidence.environment, evidence.epoch) == ("thandi", "1.2.3", "prod", 1)
    looked = evidence.record(DrillStep.LOOK)
    assert looked is not None
    assert f"{IRELAND}: images: ready: images of eu-west-1" in looked.found
    assert [(each.target, each.step, each.epoch) for each in evidence.control][-1] == (CAPE, "done", 3)


async def test_the_other_region_is_held_for_as_long_as_is_asked(world: World) -> None:
    evidence = await world.operator().execute(replace(WANTED, hold=timedelta(minutes=10)))
    hold = evidence.record(DrillStep.HOLD)
    assert hold is not None
    assert hold.ended_at is not None
    assert hold.ended_at - hold.begun_at == timedelta(minutes=10)
    assert evidence.result is DrillResult.PASSED


def test_targets_are_those_of_the_environment() -> None:
    declared = yaml.safe_load(Path("deploy/environments.yaml").read_text(encoding="utf-8"))
    failover = declared["prod"]["failover"]
    assert failover["rto"] == f"< {RECOVERY_TIME // timedelta(hours=1)} h"
    assert failover["rpo"] == f"< {RECOVERY_POINT // timedelta(minutes=1)} min"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_killed_at_any_call_it_is_taken_up_and_ends_at_home(after: bool) -> None:
    wanted = replace(WANTED, hold=timedelta(minutes=1))
    positions = 0
    for at in range(1, 200):
        world = World()
        kill = KillHard(at, after)
        try:
            await world.operator("thandi", kill).execute(wanted)
        except Killed:
            positions += 1
        else:
            break
        begun = world.file.evidence is not None
        assert begun or world.state == FIRST, "nothing is changed before the evidence is there"
        broken_off = any("BROKEN OFF" in line for line in world.told)
        assert broken_off or world.state == FIRST
        assert begun or not broken_off
        if begun and world.evidence.ended_at is not None:
            assert (after, world.evidence.result, world.state.may_write) == (True, DrillResult.PASSED, CAPE)
            continue
        evidence = await world.operator("sipho").execute(wanted)
        assert evidence.result is DrillResult.PASSED, evidence
        assert (world.state.epoch, world.state.may_write, world.state.evacuated) == (3, CAPE, frozenset())
        assert len(evidence.notes) == begun
        for figures in figures_of(evidence):
            assert figures.rto_seconds is not None
            assert figures.rto_seconds >= 35 + LEASE_SECONDS, "an interruption makes no figure better"
    assert positions == kill.calls >= 70


async def test_what_is_missing_is_named_and_ends_it_as_failed_but_at_home(world: World) -> None:
    acknowledged = NOON - timedelta(seconds=3)
    world.checks.differing[IRELAND] = (Missing(OLD, acknowledged),)
    world.checks.lost[IRELAND] = (Missing(NEW, acknowledged - timedelta(seconds=2)),)
    evidence = await world.operator().execute(replace(WANTED, hold=timedelta(hours=1)))
    assert evidence.result is DrillResult.FAILED
    assert (world.state.may_write, world.state.evacuated) == (CAPE, frozenset())
    there, back = figures_of(evidence)
    assert [each.what for each in there.missing] == [OLD, NEW]
    assert (there.rpo_seconds, back.rpo_seconds) == (5, 0)
    assert world.states()[DrillStep.HOLD] is StepState.LEFT_OUT
    assert world.regions.paused < 3600
    assert f"  missing: {OLD}" in world.told


async def test_when_something_was_lost_is_not_known_the_point_of_recovery_is_not_either(world: World) -> None:
    world.checks.differing[IRELAND] = (Missing(OLD),)
    there, _ = figures_of(await world.operator().execute(WANTED))
    assert (there.rpo_seconds, there.whole, len(there.missing)) == (None, False, 1)


async def test_a_region_that_takes_no_changes_is_left_at_once(world: World) -> None:
    world.checks.refusing.add(IRELAND)
    evidence = await world.operator().execute(replace(WANTED, hold=timedelta(hours=1)))
    assert (evidence.result, world.state.may_write, world.state.evacuated) == (DrillResult.FAILED, CAPE, frozenset())
    assert evidence.record(DrillStep.VERIFY) is None
    there, back = figures_of(evidence)
    assert (there.rto_seconds, there.rpo_seconds) == (None, None)
    assert back.rto_seconds == 35 + LEASE_SECONDS


@pytest.mark.parametrize("break_", ["unreadable", "bug"])
async def test_a_check_that_fails_keeps_it_from_nothing_else(world: World, break_: str) -> None:
    getattr(world.checks, break_).add(IRELAND)
    evidence = await world.operator().execute(WANTED)
    verified = evidence.record(DrillStep.VERIFY)
    assert verified is not None
    assert verified.state is StepState.FAILED
    assert verified.found == (("a bug: KeyError",) if break_ == "bug" else (f"{IRELAND}: out of reach",))
    assert world.states()[DrillStep.RECONCILE_BACK] is StepState.PASSED
    assert (evidence.result, world.state.may_write, world.state.evacuated) == (DrillResult.FAILED, CAPE, frozenset())
    assert figures_of(evidence)[0].rpo_seconds is None


async def test_a_takeover_whose_copy_is_behind_is_given_up(world: World) -> None:
    world.regions.replication.copying = False
    evidence = await world.operator().execute(WANTED)
    assert (evidence.result, world.state.epoch, world.state.may_write) == (DrillResult.FAILED, 1, CAPE)
    assert world.state.evacuated == frozenset()
    assert world.states() == {
        DrillStep.LOOK: StepState.PASSED,
        DrillStep.TAKE_OVER: StepState.FAILED,
        DrillStep.TAKEN_BACK: StepState.PASSED,
    }
    there, back = figures_of(evidence)
    assert (there.rto_seconds, back.rto_seconds) == (None, None)


async def test_a_failback_that_cannot_be_done_is_said_and_taken_up(world: World) -> None:
    def stop(region: str) -> None:
        world.regions.replication.copying = region != IRELAND

    world.checks.before = stop
    evidence = await world.operator().execute(WANTED)
    assert (evidence.ended_at, evidence.result) == (None, None)
    # Somebody writes meanwhile, in the other region, which is said.
    assert (world.state.epoch, world.state.may_write, world.state.under_way) == (2, IRELAND, None)
    assert "THE ENVIRONMENT IS NOT BACK HOME: eu-west-1 takes changes in epoch 2" in world.told[-1]
    assert "fail back, given up" in world.evidence.notes[0].text
    world.regions.replication.copying = True
    await world.pause(3600)
    evidence = await world.operator("sipho").execute(WANTED)
    assert (evidence.result, world.state.epoch, world.state.evacuated) == (DrillResult.PASSED, 3, frozenset())
    # The hour in which nobody went back was no outage.
    assert figures_of(evidence)[1].rto_seconds == 35 + LEASE_SECONDS


async def test_home_that_lacks_something_meanwhile_is_said(world: World) -> None:
    world.checks.before = lambda _: world.regions.readiness.lacking[CAPE].update({Need.SECRETS: False})
    evidence = await world.operator().execute(WANTED)
    assert evidence.ended_at is None
    assert "af-south-1 is not ready: secrets" in evidence.notes[0].text
    assert "IS NOT BACK HOME" in evidence.notes[1].text
    world.regions.readiness.lacking.clear()
    assert (await world.operator().execute(WANTED)).result is DrillResult.PASSED


async def test_a_control_table_out_of_reach_is_said_and_the_rehearsal_taken_up(world: World) -> None:
    def cut(_: str) -> None:
        world.regions.table.reachable = False

    world.checks.before = cut
    evidence = await world.operator().execute(WANTED)
    assert evidence.ended_at is None
    assert "MAY NOT BE BACK HOME: the control table can't be read" in evidence.notes[-1].text
    with pytest.raises(TransientPortError):
        await world.operator("sipho").execute(WANTED)
    world.regions.table.reachable, world.checks.before = True, lambda _: None
    assert (await world.operator("sipho").execute(WANTED)).result is DrillResult.PASSED


async def test_a_failback_by_hand_after_an_interruption_is_recognised(world: World) -> None:
    await _killed_in(world, DrillStep.VERIFY)
    await world.regions.operator("lerato").execute(BACK)
    evidence = await world.operator("sipho").execute(WANTED)
    assert (evidence.result, world.state.epoch) == (DrillResult.FAILED, 3)
    assert evidence.record(DrillStep.FAIL_BACK) is None
    assert "writes again" in evidence.notes[0].text


async def test_home_that_was_gone_back_to_by_a_takeover_has_the_other_region_taken_into_traffic(world: World) -> None:
    await _killed_in(world, DrillStep.VERIFY)
    await world.regions.operator("lerato").execute(SwitchRequest(CAPE, IRELAND))
    assert world.state.evacuated == {IRELAND}
    await world.operator("sipho").execute(WANTED)
    assert (world.state.may_write, world.state.evacuated) == (CAPE, frozenset())


async def test_after_somebody_elses_switches_it_ends_and_changes_nothing(world: World) -> None:
    await _killed_in(world, DrillStep.VERIFY)
    for request in (BACK, PLANNED):
        await world.regions.operator("lerato").execute(request)
    before = world.state
    evidence = await world.operator("sipho").execute(WANTED)
    assert (world.state, evidence.ended_at) == (before, None)
    assert "IS NOT BACK HOME" in evidence.notes[-1].text
    await world.regions.operator("lerato").execute(BACK)
    evidence = await world.operator("sipho").execute(WANTED)
    assert evidence.result is DrillResult.FAILED


async def test_another_switch_under_way_is_not_the_rehearsals(world: World) -> None:
    await _killed_in(world, DrillStep.VERIFY)
    await world.regions.operator("lerato").execute(BACK)
    world.regions.replication.copying = False
    with pytest.raises(NotCopied):
        await world.regions.operator("lerato").execute(PLANNED)
    before = world.evidence
    for attempt in (world.operator("sipho").plan, world.operator("sipho").execute):
        with pytest.raises(AnotherSwitch):
            await attempt(WANTED)
        assert "still broken off, and prod may not be back home" in world.told[-1]
    assert world.evidence == before


async def test_taken_up_with_another_way_of_measuring_it_is_noted(world: World) -> None:
    await _killed_in(world, DrillStep.VERIFY)
    world.checks.measured = "asked from outside"
    evidence = await world.operator("sipho").execute(WANTED)
    assert [each.text for each in evidence.notes][1] == "from here on measured asked from outside"


async def _killed_in(world: World, step: DrillStep) -> None:
    for at in range(1, 200):
        trial = World()
        try:
            await trial.operator(kill=KillHard(at)).execute(WANTED)
        except Killed:
            record = trial.file.evidence and trial.file.evidence.record(step)
            if record is not None and record.ended_at is None:
                world.regions, world.file = trial.regions, trial.file
                return
    raise AssertionError(f"it is never in the step {step}")


async def test_a_full_disk_on_the_way_does_not_keep_it_from_going_back(world: World) -> None:
    def full(_: str) -> None:
        world.file.writable = False

    world.checks.before = full
    evidence = await world.operator().execute(WANTED)
    assert (world.state.may_write, world.state.evacuated) == (CAPE, frozenset())
    assert evidence.ended_at is None, "evidence that nobody can read is no evidence"
    assert any("the evidence can't be written now, and the rehearsal goes on" in line for line in world.told)
    world.file.writable = True
    assert (await world.operator("sipho").execute(WANTED)).ended_at is not None


async def test_without_a_place_for_the_evidence_nothing_is_begun(world: World) -> None:
    world.file.writable = False
    with pytest.raises(TransientPortError, match="no space left"):
        await world.operator().execute(WANTED)
    assert world.state == FIRST


def _no_item(world: World) -> None:
    world.regions.table.state = None


def _unclear(world: World) -> None:
    world.regions.table.state = replace(FIRST, unclear=True)


def _evacuated(world: World) -> None:
    world.regions.table.state = replace(FIRST, writer=IRELAND, evacuated=frozenset({CAPE}))


def _elsewhere(world: World) -> None:
    world.regions.table.state = replace(FIRST, writer="us-east-1")


def _alone(world: World) -> None:
    half_an_hour = NOON + timedelta(minutes=30)
    world.regions.alone._by_region[CAPE] = AloneConfirmation(CAPE, 1, "thandi", "sipho", half_an_hour)


@pytest.mark.parametrize(
    ("spoil", "refusal", "why"),
    [
        (_no_item, NoControlItem, "no item"),
        (_unclear, UnclearSwitch, "can't read"),
        (_evacuated, CannotRehearse, "af-south-1 is evacuated"),
        (_elsewhere, CannotRehearse, "us-east-1 writes"),
        (_alone, MayWriteAlone, "without the control table"),
        (lambda world: world.regions.readiness.lacking[IRELAND].update({Need.IMAGES: False}), CannotRehearse, "images"),
        (lambda world: world.regions.readiness.lacking[CAPE].update({Need.SECRETS: False}), CannotRehearse, "secrets"),
        (lambda world: world.regions.checkers.views.update({IRELAND: GONE}), CannotRehearse, "0 of 16"),
        (lambda world: world.checks.refusing.add(CAPE), TransientPortError, "takes no changes"),
    ],
)
async def test_an_environment_that_is_not_fit_is_left_as_it_is(
    world: World, spoil: Callable[[World], None], refusal: type[Exception], why: str
) -> None:
    spoil(world)
    before = world.regions.table.state
    for attempt in (world.operator().plan, world.operator().execute):
        with pytest.raises(refusal, match=why):
            await attempt(WANTED)
    assert (world.regions.table.state, world.file.evidence) == (before, None)


async def test_a_real_takeover_under_way_is_left_alone(world: World) -> None:
    world.regions.replication.copying = False
    with pytest.raises(NotCopied):
        await world.regions.operator().execute(PLANNED)
    with pytest.raises(AnotherSwitch):
        await world.operator().execute(WANTED)


async def test_it_leads_to_the_region_that_does_not_write(world: World) -> None:
    world.regions.checkers.views = {CAPE: CheckersView(16, 16), IRELAND: CheckersView(16, 16)}
    assert len(await world.operator().plan(replace(WANTED, to=IRELAND))) == 9
    for to in (CAPE, "us-east-1"):
        with pytest.raises(CannotRehearse, match="leads to eu-west-1 and back"):
            await world.operator().plan(replace(WANTED, to=to))


async def test_a_plan_changes_nothing_and_says_what_is_left(world: World) -> None:
    plan = await world.operator().plan(replace(WANTED, hold=timedelta(minutes=5)))
    assert (world.state, world.file.evidence) == (FIRST, None)
    assert "hold for 5 min" in plan[-3]
    assert plan[-2].startswith("fail back to af-south-1")
    await _killed_in(world, DrillStep.VERIFY)
    before = world.evidence
    left = await world.operator("sipho").plan(WANTED)
    assert left[0].startswith("take up the rehearsal that thandi began")
    assert len(left) == 4
    assert world.evidence == before


async def test_evidence_of_another_rehearsal_is_not_taken_up(world: World) -> None:
    await _killed_in(world, DrillStep.TAKEN)
    for operator, wanted, why in (
        (world.operator(environment="sit"), WANTED, "the settings are of sit"),
        (world.operator(), replace(WANTED, to=CAPE), "leads to eu-west-1"),
    ):
        with pytest.raises(CannotRehearse, match=why):
            await operator.execute(wanted)
    await world.operator().execute(WANTED)
    with pytest.raises(CannotRehearse, match="has ended: name another file"):
        await world.operator().execute(WANTED)
    assert issubclass(CannotRehearse, ApplicationError)


def test_a_figure_at_its_target_is_not_within_it() -> None:
    figures = Figures(CAPE, IRELAND, NOON, NOON, 3600.0, (), 300.0)
    assert not figures.in_time
    assert not figures.whole
    assert replace(figures, rto_seconds=3599.9).in_time
    assert replace(figures, rpo_seconds=299.9).whole
