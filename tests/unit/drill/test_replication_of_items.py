"""What replication between two regions does to items, by a clock that the test turns."""

import random
from collections.abc import Iterator

import pytest

from tests.drill.replication.items import Image, ItemReplication, ItemWrite
from tests.drill.replication.transit import Transit

A, B = "af-south-1", "eu-west-1"
KEY = ("TENANT#demo#ORDER#1", "ORDER")


class World:
    """Two regions' tables, replicated."""

    def __init__(self, lags: Iterator[float], skew_ms: dict[str, int] | None = None) -> None:
        self.now = 0.0
        self.transit: Transit[ItemWrite] = Transit(lambda: next(lags), lambda: self.now)
        self.replication = ItemReplication((A, B), self.transit, skew_ms=skew_ms)
        self.tables: dict[str, dict[tuple[str, ...], Image]] = {A: {}, B: {}}

    def write(self, region: str, image: Image | None, key: tuple[str, ...] = KEY) -> None:
        self._put(region, key, image)
        self.replication.written(region, key, image, at_ms=round(self.now * 1000))

    def pass_to(self, seconds: float) -> None:
        self.now = seconds
        for parcel in self.transit.arrived():
            if self.replication.arrives(parcel):
                self._put(parcel.target, parcel.content.key, parcel.content.image)

    def _put(self, region: str, key: tuple[str, ...], image: Image | None) -> None:
        if image is None:
            self.tables[region].pop(key, None)
        else:
            self.tables[region][key] = image

    def lost(self) -> list[Image | None]:
        return [conflict.lost.image for conflict in self.replication.conflicts]


def lags(*seconds: float) -> Iterator[float]:
    yield from seconds
    while True:
        yield seconds[-1]


def test_a_write_arrives_after_its_lag_and_not_before() -> None:
    world = World(lags(2))
    world.write(A, {"n": 1})
    world.pass_to(1.99)
    assert world.tables[B] == {}
    world.pass_to(2)
    assert world.tables[B] == {KEY: {"n": 1}}


def test_what_is_under_way_is_counted_by_where_it_comes_from_also_while_it_is_held_back() -> None:
    world = World(lags(2))
    world.write(A, {"n": 1})
    world.transit.region_died(B)
    world.write(A, {"n": 2})
    world.write(B, {"n": 3})
    assert (world.transit.under_way_from(A), world.transit.under_way_from(B)) == (2, 1)
    world.transit.region_returned(B)
    assert (world.transit.under_way_from(A), world.transit.under_way_from(B)) == (2, 1)
    world.pass_to(2)
    assert (world.transit.under_way_from(A), world.transit.under_way_from(B)) == (0, 0)


def test_a_later_write_that_overtakes_an_earlier_one_of_its_item_stays() -> None:
    world = World(lags(5, 1))
    world.write(A, {"n": 1})
    world.write(A, {"n": 2})
    world.pass_to(1)
    assert world.tables[B] == {KEY: {"n": 2}}
    world.pass_to(5)
    assert world.tables[B] == {KEY: {"n": 2}}
    assert world.lost() == []


def test_writes_of_different_items_arrive_in_another_order() -> None:
    world = World(lags(5, 1))
    world.write(A, {"n": 1}, ("first",))
    world.write(A, {"n": 2}, ("second",))
    world.pass_to(2)
    assert set(world.tables[B]) == {("second",)}
    world.pass_to(5)
    assert set(world.tables[B]) == {("first",), ("second",)}


def test_a_deletion_is_replicated_and_an_earlier_write_does_not_bring_the_item_back() -> None:
    world = World(lags(5, 1))
    world.write(A, {"n": 1})
    world.write(A, None)
    world.pass_to(1)
    world.pass_to(5)
    assert world.tables == {A: {}, B: {}}
    assert world.lost() == []


def test_a_change_on_top_of_what_was_replicated_overwrites_nothing_unseen() -> None:
    world = World(lags(1))
    world.write(A, {"n": 1})
    world.pass_to(1)
    world.write(B, {"n": 2})
    world.pass_to(2)
    assert world.tables[A] == world.tables[B] == {KEY: {"n": 2}}
    assert world.lost() == []


def test_of_two_concurrent_writes_the_later_wins_in_both_regions_and_the_other_is_told_of_once() -> None:
    world = World(lags(1))
    world.write(A, {"by": "A"})
    world.pass_to(0.5)
    world.write(B, {"by": "B"})
    world.pass_to(2)
    assert world.tables[A] == world.tables[B] == {KEY: {"by": "B"}}
    assert world.lost() == [{"by": "A"}]


def test_of_two_writes_in_one_millisecond_both_regions_choose_the_same() -> None:
    world = World(lags(1))
    world.write(A, {"by": "A"})
    world.write(B, {"by": "B"})
    world.pass_to(1)
    assert world.tables[A] == world.tables[B]


def test_whole_items_win_and_attributes_are_not_merged() -> None:
    world = World(lags(1))
    world.write(A, {"status": "shipped", "parcel": "P1"})
    world.pass_to(0.5)
    world.write(B, {"status": "cancelled"})
    world.pass_to(2)
    assert world.tables[A] == {KEY: {"status": "cancelled"}}


def test_what_is_under_way_when_its_region_dies_does_not_arrive_while_it_is_dead() -> None:
    world = World(lags(1))
    world.write(A, {"n": 1})
    world.transit.region_died(A)
    world.pass_to(1000)
    assert world.tables[B] == {}
    assert [parcel.content.image for parcel in world.transit.held] == [{"n": 1}]


def test_it_arrives_late_when_the_region_returns_and_not_at_once() -> None:
    world = World(lags(1))
    world.write(A, {"n": 1})
    world.transit.region_died(A)
    world.pass_to(1000)
    world.transit.region_returned(A)
    world.pass_to(1000.5)
    assert world.tables[B] == {}
    world.pass_to(1001)
    assert world.tables[B] == {KEY: {"n": 1}}


def test_a_late_write_loses_to_what_the_other_region_has_written_meanwhile() -> None:
    world = World(lags(1))
    world.write(A, {"by": "A"})
    world.transit.region_died(A)
    world.pass_to(60)
    world.write(B, {"by": "B"})
    world.write(B, {"by": "B", "n": 2})
    world.transit.region_returned(A)
    world.pass_to(61)
    assert world.tables[A] == world.tables[B] == {KEY: {"by": "B", "n": 2}}
    assert world.lost() == [{"by": "A"}]


def test_what_the_living_region_writes_waits_for_the_dead_one() -> None:
    world = World(lags(1))
    world.transit.region_died(A)
    world.write(B, {"n": 1})
    world.pass_to(1000)
    assert world.tables[A] == {}
    world.transit.region_returned(A)
    world.pass_to(1001)
    assert world.tables[A] == {KEY: {"n": 1}}


def test_with_one_of_two_dead_regions_back_what_is_between_them_still_waits() -> None:
    world = World(lags(1))
    world.write(A, {"n": 1})
    world.transit.region_died(A)
    world.transit.region_died(B)
    world.transit.region_returned(A)
    world.pass_to(1000)
    assert world.tables[B] == {}
    world.transit.region_returned(B)
    world.pass_to(1001)
    assert world.tables[B] == {KEY: {"n": 1}}


def test_a_region_whose_clock_is_ahead_wins_against_a_later_write() -> None:
    world = World(lags(1), skew_ms={A: 30_000})
    world.write(A, {"by": "A"})
    world.transit.region_died(A)
    world.pass_to(10)
    world.write(B, {"by": "B"})
    world.transit.region_returned(A)
    world.pass_to(12)
    assert world.tables[A] == world.tables[B] == {KEY: {"by": "A"}}
    assert world.lost() == [{"by": "B"}]


def test_a_region_whose_clock_is_behind_gets_the_newer_item_back() -> None:
    world = World(lags(1), skew_ms={B: -30_000})
    world.write(A, {"by": "A"})
    world.pass_to(1)
    world.write(B, {"by": "B"})
    assert world.tables[B] == {KEY: {"by": "B"}}
    world.pass_to(3)
    assert world.tables[A] == world.tables[B] == {KEY: {"by": "A"}}
    assert world.lost() == [{"by": "B"}]


@pytest.mark.parametrize("seed", range(50))
def test_whatever_happens_both_regions_come_to_hold_the_same(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    world = World(iter(lambda: chance.uniform(0, 5), None), {A: chance.randint(-900, 900), B: 0})
    for number in range(200):
        world.pass_to(world.now + chance.uniform(0, 0.5))
        image = None if chance.random() < 0.2 else {"n": number}
        world.write(chance.choice((A, B)), image, (f"item-{chance.randrange(8)}",))
        if chance.random() < 0.05:
            world.transit.region_died(chance.choice((A, B)))
        if chance.random() < 0.05:
            world.transit.region_returned(chance.choice((A, B)))
    for region in (A, B):
        world.transit.region_returned(region)
    world.pass_to(world.now + 10)
    world.pass_to(world.now + 10)
    assert world.transit.under_way == 0
    assert world.tables[A] == world.tables[B]
