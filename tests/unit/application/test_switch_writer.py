"""Switching the region that writes: planned or not, interrupted anywhere, by two at once, again and again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from orders.adapters.outbound.memory.alone_confirmations import MemoryAloneConfirmations
from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.control_table import MemoryControlTable
from orders.adapters.outbound.memory.regions import MemoryHealthCheckers, MemoryRegionReadiness, MemoryReplication
from orders.application.policy.errors import ApplicationError
from orders.application.regions.compare_copies import CompareCopies
from orders.application.regions.errors import (
    AnotherSwitch,
    MayWriteAlone,
    NoControlItem,
    NotCopied,
    NothingToAbandon,
    NotReady,
    Overtaken,
    StillHealthy,
    UnclearSwitch,
)
from orders.application.regions.switch_writer import DRAIN, SwitchRequest, SwitchWriter
from orders.ports.errors import PortError, TransientPortError
from orders.ports.health_checkers import CheckersView
from orders.ports.region_readiness import Need
from orders.ports.regions import AloneConfirmation, ControlState, SwitchStep
from tests.support.builders import NOON

CAPE, IRELAND = "af-south-1", "eu-west-1"
FIRST = ControlState(1, CAPE, frozenset(), "terraform", NOON - timedelta(days=1))
PLANNED = SwitchRequest(IRELAND, CAPE)
UNPLANNED = replace(PLANNED, planned=False)
BACK = SwitchRequest(CAPE, IRELAND, failback=True)
GONE = CheckersView(0, 16)


class Killed(Exception):
    """The process is killed at this call."""


@dataclass
class Kill:
    """Kills at the n-th call of any port, before it does anything or after it has; or lets somebody else go first."""

    at: int = -1
    after: bool = False
    calls: int = 0
    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def strike(self) -> None:
        if self.meanwhile is None:
            raise Killed
        await self.meanwhile()

    def on(self, port: Any) -> Any:
        return _Watched(port, self)


class _Watched:
    def __init__(self, port: Any, kill: Kill) -> None:
        self._port, self._kill = port, kill

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._port, name)

        async def watched(*given: Any, **named: Any) -> Any:
            self._kill.calls += 1
            here = self._kill.calls == self._kill.at
            if here and not self._kill.after:
                await self._kill.strike()
            answer = await call(*given, **named)
            if here and self._kill.after:
                await self._kill.strike()
            return answer

        return watched


@dataclass
class World:
    """Two regions and a control table; ``paused`` is how long was waited, in all."""

    table: MemoryControlTable = field(default_factory=lambda: MemoryControlTable(FIRST))
    checkers: MemoryHealthCheckers = field(default_factory=MemoryHealthCheckers)
    readiness: MemoryRegionReadiness = field(default_factory=MemoryRegionReadiness)
    replication: MemoryReplication = field(default_factory=lambda: MemoryReplication(CAPE, IRELAND))
    alone: MemoryAloneConfirmations = field(default_factory=MemoryAloneConfirmations)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    paused: float = 0
    told: list[str] = field(default_factory=list)

    def operator(self, by: str = "thandi", kill: Kill | None = None) -> SwitchWriter:
        kill = kill or Kill()
        on = kill.on

        class _Pausing:
            async def pause(_, seconds: float) -> None:  # noqa: N805 - self is the world
                self.paused += seconds
                self.clock.advance(timedelta(seconds=seconds))

        pause = on(_Pausing()).pause
        return SwitchWriter(
            on(self.table),
            on(self.checkers),
            on(self.readiness),
            CompareCopies(on(self.replication), self.clock, pause),
            [on(self.alone)],
            self.clock,
            by=by,
            pause=pause,
            tell=self.told.append,
        )

    @property
    def state(self) -> ControlState:
        assert self.table.state is not None
        return self.table.state


@pytest.fixture
def world() -> World:
    return World()


async def test_a_planned_takeover_of_a_living_region_waits_until_nobody_writes(world: World) -> None:
    world.readiness.tasks = {CAPE: 6, IRELAND: 1}
    done = await world.operator().execute(PLANNED)
    assert (done.epoch, done.may_write, done.evacuated, done.by) == (2, IRELAND, frozenset({CAPE}), "thandi")
    assert done == world.state
    assert world.paused == DRAIN.total_seconds() == 35
    assert world.readiness.tasks[IRELAND] == 6
    assert [line.split(":")[0] for line in world.told if ":" in line][:1] == ["prepare"]
    assert any("heuristic" in line for line in world.told)


async def test_between_evacuation_and_switch_nobody_may_write(world: World) -> None:
    may_write: list[str | None] = []

    async def pause(_: float) -> None:
        may_write.append(world.state.may_write)

    operator = world.operator()
    operator._pause = pause
    await operator.execute(PLANNED)
    assert may_write == [None]


async def test_failback_leaves_both_regions_in_traffic(world: World) -> None:
    await world.operator().execute(PLANNED)
    done = await world.operator().execute(BACK)
    assert (done.epoch, done.may_write, done.evacuated) == (3, CAPE, frozenset())


async def test_an_unplanned_takeover_waits_for_nothing_of_the_region_that_is_gone(world: World) -> None:
    world.checkers.views[CAPE] = GONE
    world.replication.unreachable = {CAPE}
    done = await world.operator().execute(UNPLANNED)
    assert (done.epoch, done.may_write, done.evacuated) == (2, IRELAND, frozenset({CAPE}))
    assert world.paused == 0


@pytest.mark.parametrize(
    ("view", "reachable", "why"),
    [
        (CheckersView(16, 16), True, "16 of 16 of Route 53's checkers see af-south-1 healthy"),
        (CheckersView(3, 16), True, "3 of 16"),
        (None, True, "HEALTH_CHECKS"),
        (GONE, False, "can't be asked"),
    ],
)
async def test_an_unplanned_takeover_of_a_region_that_may_be_alive_is_refused_unless_forced(
    world: World, view: CheckersView | None, reachable: bool, why: str
) -> None:
    if view is not None:
        world.checkers.views[CAPE] = view
    world.checkers.reachable = reachable
    for attempt in (world.operator().plan, world.operator().execute):
        with pytest.raises(StillHealthy, match=why):
            await attempt(UNPLANNED)
    assert world.state == FIRST
    assert (await world.operator().execute(replace(UNPLANNED, force=True))).may_write == IRELAND


async def test_few_checkers_that_reach_it_do_not_make_a_region_healthy(world: World) -> None:
    world.checkers.views[CAPE] = CheckersView(2, 16)
    assert (await world.operator().execute(UNPLANNED)).may_write == IRELAND


async def test_what_the_new_region_lacks_is_named_before_anything_is_done(world: World) -> None:
    world.readiness.lacking[IRELAND] = {Need.IMAGES: False, Need.CERTIFICATES: None}
    with pytest.raises(NotReady, match=r"images: images of eu-west-1\. Mend") as refused:
        await world.operator().execute(PLANNED)
    assert [each.need for each in refused.value.lacking] == [Need.IMAGES]
    assert world.state == FIRST
    assert (await world.operator().execute(replace(PLANNED, force=True))).may_write == IRELAND


@pytest.mark.parametrize("unreachable", [set(), {CAPE}])
async def test_a_copy_that_is_behind_stops_a_planned_takeover(world: World, unreachable: set[str]) -> None:
    world.replication.copying = False
    world.replication.unreachable = unreachable
    with pytest.raises(NotCopied, match="No region writes now"):
        await world.operator().execute(PLANNED)
    assert (world.state.may_write, world.state.epoch) == (None, 1)
    assert world.state.switch is not None
    assert world.state.switch.step is SwitchStep.COMPARE
    world.replication.copying, world.replication.unreachable = True, set()
    assert (await world.operator().execute(PLANNED)).epoch == 2


async def test_an_order_that_differs_is_named(world: World) -> None:
    world.replication.orders[CAPE]["demo/ord_1"] = (NOON, 4)
    world.replication.orders[IRELAND]["demo/ord_1"] = (NOON, 3)
    with pytest.raises(NotCopied, match="1 of 1 orders of the last hour differ: demo/ord_1"):
        await world.operator().execute(PLANNED)
    assert (await world.operator().execute(replace(PLANNED, force=True))).may_write == IRELAND


async def test_a_planned_takeover_whose_source_dies_goes_on_unplanned_in_the_same_epoch(world: World) -> None:
    world.replication.unreachable = {CAPE}
    with pytest.raises(NotCopied):
        await world.operator().execute(PLANNED)
    world.checkers.views[CAPE] = GONE
    done = await world.operator().execute(UNPLANNED)
    assert (done.epoch, done.may_write) == (2, IRELAND)
    assert done.switch is not None
    assert not done.switch.planned


@pytest.mark.parametrize("request_", [PLANNED, UNPLANNED, BACK], ids=["planned", "unplanned", "failback"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_killed_at_any_call_it_is_taken_up_with_the_same_epoch(request_: SwitchRequest, after: bool) -> None:
    positions = 0
    for at in range(1, 100):
        world = await _about_to(request_)
        begun = world.state.epoch
        kill = Kill(at, after)
        try:
            await world.operator("thandi", kill).execute(request_)
        except Killed:
            positions += 1
        else:
            break
        assert world.state.epoch in {begun, begun + 1}
        assert world.state.may_write in {None, request_.source, request_.target}
        done = await world.operator("sipho").execute(request_)
        assert (done.epoch, done.may_write, done.under_way) == (begun + 1, request_.target, None)
        assert done.evacuated == (frozenset() if request_.failback else {request_.source})
        if request_.planned:
            assert world.paused >= DRAIN.total_seconds()
    assert positions == kill.calls >= 7


async def _about_to(request: SwitchRequest) -> World:
    world = World()
    if request.failback:
        await world.operator().execute(PLANNED)
        world.paused = 0
    if not request.planned:
        world.checkers.views[request.source] = GONE
    return world


@pytest.mark.parametrize("request_", [PLANNED, UNPLANNED, BACK], ids=["planned", "unplanned", "failback"])
async def test_repeated_it_does_nothing(request_: SwitchRequest) -> None:
    world = await _about_to(request_)
    done = await world.operator().execute(request_)
    assert await world.operator("sipho").plan(request_) == []
    assert await world.operator("sipho").execute(request_) == done == world.state


@pytest.mark.parametrize("request_", [PLANNED, UNPLANNED, BACK], ids=["planned", "unplanned", "failback"])
async def test_of_two_operators_at_once_one_wins_and_the_other_is_told(request_: SwitchRequest) -> None:
    """The second one does everything while the first is at its n-th call, for every n."""
    told: list[str] = []
    for at in range(1, 100):
        world = await _about_to(request_)
        begun = world.state.epoch

        async def second(world: World = world) -> None:
            await world.operator("sipho").execute(request_)

        kill = Kill(at, meanwhile=second)
        try:
            await world.operator("thandi", kill).execute(request_)
        except Overtaken as error:
            told.append(str(error))
        assert (world.state.epoch, world.state.may_write) == (begun + 1, request_.target)
        if kill.calls < at:
            break
    assert len(told) >= 3
    assert all("sipho" in each and "somebody else was faster" in each for each in told)


async def test_another_switch_is_not_begun_while_one_is_under_way(world: World) -> None:
    world.replication.copying = False
    with pytest.raises(NotCopied):
        await world.operator().execute(PLANNED)
    for request in (BACK, replace(PLANNED, target=CAPE, source=IRELAND)):
        with pytest.raises(
            AnotherSwitch, match=r"planned takeover from af-south-1 to eu-west-1 is under way at step co"
        ):
            await world.operator("sipho").execute(request)


async def test_given_up_the_source_writes_again_in_its_epoch(world: World) -> None:
    world.replication.copying = False
    with pytest.raises(NotCopied):
        await world.operator().execute(PLANNED)
    given_up = await world.operator("sipho").abandon()
    assert (given_up.epoch, given_up.may_write, given_up.evacuated, given_up.by) == (1, CAPE, frozenset(), "sipho")
    with pytest.raises(NothingToAbandon, match="af-south-1 is the writer"):
        await world.operator().abandon()
    world.replication.copying = True
    assert (await world.operator().execute(PLANNED)).epoch == 2


async def test_a_failback_given_up_leaves_the_other_region_evacuated_as_it_was(world: World) -> None:
    before = await world.operator().execute(PLANNED)
    world.replication.copying = False
    with pytest.raises(NotCopied):
        await world.operator().execute(BACK)
    assert world.state.evacuated == {IRELAND}
    given_up = await world.operator().abandon()
    assert (given_up.may_write, given_up.evacuated) == (IRELAND, before.evacuated) == (IRELAND, frozenset({CAPE}))


async def test_a_switch_of_a_later_release_is_left_alone_or_given_up(world: World) -> None:
    world.table.state = replace(FIRST, evacuated=frozenset({CAPE}), revision=4, unclear=True)
    with pytest.raises(UnclearSwitch, match="later release"):
        await world.operator().execute(PLANNED)
    assert (await world.operator().abandon()).may_write == CAPE
    assert not world.state.unclear


async def test_without_an_item_the_first_writer_is_named_once(world: World) -> None:
    world.table.state = None
    for attempt in (world.operator().plan, world.operator().execute):
        with pytest.raises(NoControlItem, match="--first-epoch"):
            await attempt(PLANNED)
    with pytest.raises(NothingToAbandon):
        await world.operator().abandon()
    first = replace(PLANNED, first_epoch=7)
    assert "in epoch 7" in (await world.operator().plan(first))[0]
    done = await world.operator().execute(first)
    assert (done.epoch, done.may_write, done.evacuated) == (7, IRELAND, frozenset())
    assert await world.operator().execute(first) == done


async def test_a_writer_that_was_evacuated_is_taken_back(world: World) -> None:
    world.table.state = replace(FIRST, evacuated=frozenset({CAPE}))
    request = SwitchRequest(CAPE, IRELAND)
    assert "back into traffic" in (await world.operator().plan(request))[0]
    done = await world.operator().execute(request)
    assert (done.epoch, done.may_write) == (1, CAPE)


async def test_a_failback_after_a_takeover_back_takes_the_other_region_into_traffic(world: World) -> None:
    await world.operator().execute(PLANNED)
    await world.operator().execute(SwitchRequest(CAPE, IRELAND))
    assert (world.state.may_write, world.state.evacuated) == (CAPE, frozenset({IRELAND}))
    assert await world.operator().plan(BACK) == ["take eu-west-1 back into traffic; af-south-1 is the writer already"]
    done = await world.operator().execute(BACK)
    assert (done.epoch, done.may_write, done.evacuated) == (3, CAPE, frozenset())


@pytest.mark.parametrize("left", [timedelta(minutes=20), -DRAIN + timedelta(seconds=1)])
async def test_a_region_that_may_write_alone_is_not_taken_over(world: World, left: timedelta) -> None:
    await world.alone.keep(AloneConfirmation(CAPE, 1, "thandi", "sipho", NOON + left), seen=None)
    with pytest.raises(MayWriteAlone, match="two people have let af-south-1"):
        await world.operator().execute(PLANNED)
    world.clock.advance(left + DRAIN)
    assert (await world.operator().execute(PLANNED)).may_write == IRELAND


async def test_a_region_whose_confirmation_cannot_be_read_is_taken_over_and_it_is_said(world: World) -> None:
    world.alone.reachable = False
    await world.operator().execute(PLANNED)
    assert any("whether af-south-1 may write alone can't be read" in line for line in world.told)


async def test_a_plan_names_every_step_and_changes_nothing(world: World) -> None:
    planned = await world.operator().plan(PLANNED)
    assert len(planned) == 6
    assert "35 s" in " ".join(planned)
    world.checkers.views[CAPE] = GONE
    unplanned = await world.operator().plan(UNPLANNED)
    assert not any("evacuate af-south-1: DNS" in line for line in unplanned)
    assert "reconcile names it" in unplanned[-1]
    assert world.state == FIRST
    world.replication.copying = False
    with pytest.raises(NotCopied):
        await world.operator().execute(PLANNED)
    assert (await world.operator("sipho").plan(PLANNED))[0].startswith("take up: a planned takeover")


async def test_what_fails_can_be_taken_up(world: World) -> None:
    world.table.reachable = False
    with pytest.raises(TransientPortError):
        await world.operator().execute(PLANNED)
    assert issubclass(Overtaken, ApplicationError)
    assert not issubclass(PortError, ApplicationError)
