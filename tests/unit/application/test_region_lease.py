"""The writer's lease ([DATA-3]): who may write when, whatever fails and whatever the clocks do."""

import timeit
from dataclasses import replace
from datetime import timedelta

import pytest

from orders.adapters.outbound.memory.control_table import MemoryControlTable
from orders.application.policy.region_lease import HANDOVER, LEASE
from orders.ports.errors import NotTheWriter
from orders.ports.regions import ALONE_AT_MOST, AloneConfirmation
from tests.support.builders import NOON
from tests.support.regions import FIRST, LONG_AGO, A, B, Region, TwoRegions

HELD_FOR, WAIT = LEASE.total_seconds(), HANDOVER.total_seconds()


def _alone(region: Region) -> bool:
    return region.lease.alone


def _evacuated(region: Region) -> bool:
    return region.lease.evacuated


async def test_the_region_that_is_named_writes_and_the_other_does_not() -> None:
    regions = TwoRegions()
    assert regions.writers() == (False, False)
    await regions.look()
    assert regions.writers() == (True, False)
    assert regions.a.lease.check() == 1
    with pytest.raises(NotTheWriter, match=f"{A} writes"):
        regions.b.lease.check()
    await regions.live(600)
    assert regions.writers() == (True, False)


async def test_a_lease_counts_from_the_question_not_from_the_answer() -> None:
    region = Region(A, MemoryControlTable(FIRST), delay=4)
    await region.look()
    assert region.lease.remaining() == HELD_FOR - 4
    region.pass_time(HELD_FOR - 4.001)
    assert region.writes()
    region.pass_time(0.001)
    assert not region.writes()
    assert region.lease.remaining() == 0
    with pytest.raises(NotTheWriter, match="last read 30 s ago") as refused:
        region.lease.check()
    assert refused.value.retry_after == timedelta(seconds=5)


async def test_a_new_writer_waits_from_the_answer_until_the_old_one_has_stopped() -> None:
    region = Region(B, MemoryControlTable(FIRST))
    await region.look()
    region.control.state, region.delay = replace(FIRST, epoch=2, writer=B, at=NOON), 3
    await region.look()
    region.delay = 0
    with pytest.raises(NotTheWriter, match="may still be writing") as refused:
        region.lease.check()
    assert refused.value.retry_after == HANDOVER
    await region.live(WAIT - 0.5)
    assert not region.writes()
    await region.live(0.5)
    assert region.lease.check() == 2


@pytest.mark.parametrize(("age", "waits"), [(timedelta(minutes=59), True), (timedelta(hours=1), False)])
async def test_a_process_that_starts_waits_only_in_an_epoch_that_may_be_news(age: timedelta, waits: bool) -> None:
    region = Region(B, MemoryControlTable(replace(FIRST, epoch=7, writer=B, at=NOON - age)))
    await region.look()
    assert region.writes() is not waits
    await region.live(WAIT)
    assert region.lease.check() == 7


async def test_a_process_that_was_cut_off_for_hours_waits_in_a_new_epoch_however_old_it_is() -> None:
    region = Region(B, MemoryControlTable(FIRST))
    await region.look()
    region.control.state = replace(FIRST, epoch=3, writer=B, at=LONG_AGO)
    await region.look()
    assert not region.writes()


async def test_a_region_that_lost_its_name_waits_again_even_in_the_same_epoch() -> None:
    region = Region(A, MemoryControlTable(FIRST))
    await region.look()
    region.control.state = replace(FIRST, evacuated=frozenset({A}))
    await region.look()
    assert not region.writes()
    with pytest.raises(NotTheWriter, match=f"{A} is evacuated"):
        region.lease.check()
    region.control.state = FIRST
    await region.look()
    assert not region.writes()
    await region.live(WAIT)
    assert region.writes()


async def test_an_epoch_that_goes_back_lets_nobody_write() -> None:
    region = Region(A, MemoryControlTable(replace(FIRST, epoch=5)))
    await region.look()
    region.control.state = replace(FIRST, epoch=4)
    await region.look()
    with pytest.raises(NotTheWriter, match="went back from epoch 5 to 4"):
        region.lease.check()
    await region.live(120)
    assert not region.writes()
    region.control.state = replace(FIRST, epoch=6, at=NOON)
    await region.live(5 + WAIT)
    assert region.lease.check() == 6


async def test_a_first_deployment_without_an_item_lets_nobody_write_until_there_is_one() -> None:
    regions = TwoRegions(None)
    await regions.live(60)
    assert regions.writers() == (False, False)
    with pytest.raises(NotTheWriter, match="names nobody"):
        regions.a.lease.check()
    regions.decide(FIRST)
    # It read that nobody was named: the epoch is new to it.
    await regions.live(5 + WAIT)
    assert regions.writers() == (True, False)
    assert regions.a.lease.check() == 1


async def test_an_item_that_goes_takes_the_lease_at_once_and_one_that_is_damaged_when_it_ends() -> None:
    region = Region(A, MemoryControlTable(FIRST))
    await region.look()
    region.control.damaged = True
    await region.live(HELD_FOR - 1)
    assert region.writes()
    await region.live(1)
    assert not region.writes()
    region.control.damaged = False
    await region.look()
    assert region.writes()
    region.control.state = None
    await region.look()
    assert not region.writes()


async def test_a_died_and_returns_while_europe_is_out_of_reach() -> None:
    regions = TwoRegions()
    await regions.look()
    regions.switch(B, evacuated=frozenset({A}))
    regions.a.control.reachable = False
    regions.a.restart()
    await regions.live(120)
    assert regions.writers() == (False, True)
    assert _evacuated(regions.a), "a region that knows nothing must not take the traffic back"
    with pytest.raises(NotTheWriter, match="not been read yet"):
        regions.a.lease.check()
    # Two people may even say so: it does not know the epoch that they speak of.
    await regions.a.confirm_alone(1)
    await regions.live(60)
    assert regions.writers() == (False, True)
    regions.a.control.reachable = True
    await regions.live(60)
    assert regions.writers() == (False, True)
    assert _evacuated(regions.a)


async def test_a_loses_the_control_table_only() -> None:
    regions = TwoRegions()
    await regions.look()
    regions.a.control.reachable = False
    await regions.live(HELD_FOR - 1)
    assert regions.writers() == (True, False)
    await regions.live(1)
    assert regions.writers() == (False, False)
    assert not _evacuated(regions.a), "reads go on"
    regions.switch(B)
    await regions.live(5 + WAIT)
    assert regions.writers() == (False, True)


async def test_a_is_cut_off_at_the_very_moment_of_the_switch() -> None:
    """The worst case: A's last good read was a moment before the switch, and B reads it a moment after."""
    regions = TwoRegions()
    await regions.look()
    regions.switch(B)
    regions.a.control.reachable = False
    await regions.b.look()
    await regions.live(WAIT)
    assert regions.writers() == (False, True)


async def test_a_and_b_cut_off_from_each_other_change_nothing() -> None:
    """Neither region asks the other: what both read in Europe decides."""
    regions = TwoRegions()
    await regions.look()
    await regions.live(300)
    assert regions.writers() == (True, False)


async def test_both_cut_off_from_control_leave_nobody_writing() -> None:
    regions = TwoRegions()
    await regions.look()
    for region in regions.both:
        region.control.reachable = False
    await regions.live(HELD_FOR)
    assert regions.writers() == (False, False)
    await regions.live(3600)
    assert regions.writers() == (False, False)
    for region in regions.both:
        region.control.reachable = True
    await regions.live(5)
    assert regions.writers() == (True, False), "in the epoch that was its own nobody else can have written"


async def test_planned_on_a_living_region_hands_over_without_two_writers() -> None:
    regions = TwoRegions()
    await regions.look()
    regions.decide(replace(FIRST, evacuated=frozenset({A}), at=NOON))
    await regions.live(5)
    assert regions.writers() == (False, False)
    assert _evacuated(regions.a)
    assert not _evacuated(regions.b)
    regions.switch(B, evacuated=frozenset({A}))
    await regions.live(5 + WAIT)
    assert regions.writers() == (False, True)
    assert regions.b.lease.check() == 2
    # And back.
    regions.switch(A)
    await regions.live(5 + WAIT)
    assert regions.writers() == (True, False)
    assert regions.a.lease.check() == 3


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(hours=-2), timedelta(hours=2), timedelta(days=400)])
async def test_the_clock_on_the_wall_jumps_without_any_effect(jump: timedelta) -> None:
    regions = TwoRegions()
    await regions.look()
    for region in regions.both:
        region.clock.advance(jump)
    await regions.live(60)
    assert regions.writers() == (True, False)
    regions.switch(B)
    regions.b.clock.advance(-jump)
    regions.a.clock.advance(-jump)
    regions.a.control.reachable = False
    await regions.live(5 + WAIT)
    assert regions.writers() == (False, True)


async def test_the_monotonic_clock_that_goes_on_while_the_machine_sleeps_ends_the_lease() -> None:
    region = Region(A, MemoryControlTable(FIRST))
    await region.look()
    region.seconds += 3600
    assert not region.writes(), "before anything else runs"
    await region.look()
    assert region.writes()


async def test_a_monotonic_clock_that_goes_back_gives_no_time() -> None:
    region = Region(A, MemoryControlTable(FIRST))
    await region.look()
    region.seconds -= 500
    assert not region.writes()
    assert region.lease.remaining() == 0


async def test_two_people_let_a_region_write_alone_for_an_hour_at_most() -> None:
    region = Region(A, MemoryControlTable(FIRST))
    await region.look()
    region.control.reachable = False
    await region.confirm_alone(1)
    await region.live(10)
    assert region.writes()
    assert not _alone(region), "the table has not been out of reach for long enough"
    await region.live(20)
    assert region.writes()
    assert _alone(region)
    assert region.lease.check() == 1
    await region.live(ALONE_AT_MOST.total_seconds() - 35)
    assert region.writes()
    await region.live(5)
    assert not region.writes()
    await region.confirm_alone(1)
    await region.live(5)
    assert region.writes()


async def test_a_confirmation_does_not_outlast_its_hour_by_a_clock_on_the_wall_that_goes_back() -> None:
    region = Region(A, MemoryControlTable(FIRST))
    await region.look()
    region.control.reachable = False
    await region.live(HELD_FOR)
    await region.confirm_alone(1)
    await region.live(60)
    region.clock.advance(timedelta(hours=-5))
    await region.live(ALONE_AT_MOST.total_seconds() - 65)
    assert region.writes()
    await region.live(10)
    assert not region.writes()


@pytest.mark.parametrize(
    "given",
    [
        AloneConfirmation(A, 2, "thandi", "sipho", NOON + timedelta(hours=1)),
        AloneConfirmation(A, 1, "thandi", None, NOON + timedelta(hours=1)),
        AloneConfirmation(A, 1, "thandi", "sipho", NOON),
    ],
    ids=["of another epoch", "by one person", "over"],
)
async def test_a_confirmation_that_says_nothing(given: AloneConfirmation) -> None:
    region = Region(A, MemoryControlTable(FIRST))
    await region.look()
    region.control.reachable = False
    await region.confirmations.keep(given, seen=None)
    await region.live(60)
    assert not region.writes()


async def test_alone_ends_with_the_first_good_read_that_names_another() -> None:
    regions = TwoRegions()
    await regions.look()
    regions.a.control.reachable = False
    await regions.a.live(HELD_FOR)
    await regions.a.confirm_alone(1)
    await regions.a.look()
    assert _alone(regions.a)
    regions.switch(B)
    regions.a.control.reachable = True
    await regions.a.look()
    assert not regions.a.writes()
    # Cut off again: it knows by now that the epoch is no longer its own.
    regions.a.control.reachable = False
    await regions.a.live(120)
    assert not regions.a.writes()


async def test_alone_without_the_orders_table_ends_when_the_confirmation_was_last_read() -> None:
    region = Region(A, MemoryControlTable(FIRST))
    await region.look()
    region.control.reachable = False
    await region.confirm_alone(1)
    await region.live(60)
    assert region.writes()
    region.confirmations.reachable = False
    await region.live(HELD_FOR)
    assert not region.writes()


async def test_each_change_of_the_lease_is_audited_with_its_epoch() -> None:
    regions = TwoRegions()
    await regions.look()
    regions.switch(B)
    await regions.live(5 + WAIT)
    told = [(each.operation, each.principal, each.request_id, each.why) for each in regions.a.trail.records]
    assert told == [
        ("got the writer's lease", f"api in {A}", "epoch-1", None),
        ("lost the writer's lease", f"api in {A}", "epoch-1", None),
    ]
    assert [(each.operation, each.request_id) for each in regions.b.trail.records] == [
        ("got the writer's lease", "epoch-2")
    ]
    regions.b.control.reachable = False
    await regions.b.live(HELD_FOR)
    await regions.b.confirm_alone(2)
    await regions.b.live(5)
    assert [(each.operation, each.request_id, each.why) for each in regions.b.trail.records[1:]] == [
        ("lost the writer's lease", "epoch-2", None),
        ("got the writer's lease", "epoch-2", "alone"),
    ]


async def test_asking_costs_about_a_microsecond() -> None:
    region = Region(A, MemoryControlTable(FIRST))
    await region.look()
    best = min(timeit.repeat(region.lease.check, number=10_000, repeat=5)) / 10_000
    assert best < 5e-6
