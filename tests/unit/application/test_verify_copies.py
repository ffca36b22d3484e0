"""Comparing two copies of the orders: everything that differs is named, and nothing else."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from orders.application.regions.verify_copies import (
    CHECKED_AGAIN,
    LAG,
    TOGETHER,
    DayCount,
    Difference,
    VerifyCopies,
)
from orders.ports.errors import TransientPortError
from orders.ports.orders_by_day import OrderOutline
from orders.ports.table_copies import OrderCopy
from tests.support.builders import NOON

DAY = timedelta(days=1)
COPY = OrderCopy({"ORDER": "a", "EVENT#0000000001": "b"}, (1,), frozenset({"1.pdf"}))


@dataclass
class Copy:
    """A copy in dictionaries; ``listed`` are the orders that its index has."""

    name: str
    copies: dict[str, OrderCopy] = field(default_factory=dict)
    listed: dict[str, OrderOutline] = field(default_factory=dict)
    asked: int = 0
    most: int = 0

    def put(self, order_id: str, copy: OrderCopy = COPY, *, day: datetime = NOON) -> None:
        outline = OrderOutline(f"{day:%Y-%m-%dT%H}#{order_id}", "demo", order_id, max(copy.events, default=0))
        self.copies[order_id], self.listed[order_id] = copy, outline

    async def orders(self, day: datetime) -> AsyncIterator[OrderOutline]:
        for outline in sorted(self.listed.values(), key=lambda each: each.position):
            if outline.position.startswith(f"{day:%Y-%m-%d}"):
                yield outline

    async def order(self, outline: OrderOutline) -> OrderCopy:
        self.asked += 1
        return self.copies.get(outline.order_id, OrderCopy({}, (), frozenset()))


@dataclass
class World:
    left: Copy = field(default_factory=lambda: Copy("af-south-1"))
    right: Copy = field(default_factory=lambda: Copy("eu-west-1"))
    told: list[Difference] = field(default_factory=list)
    days: list[DayCount] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None

    def put(self, order_id: str, *, day: datetime = NOON) -> None:
        for copy in (self.left, self.right):
            copy.put(order_id, day=day)

    async def verify(self, begin: datetime = NOON, end: datetime = NOON, *, items: bool = True) -> int:
        async def pause(seconds: float) -> None:
            self.pauses.append(seconds)
            self.meanwhile()

        use_case = VerifyCopies(self.left, self.right, pause)
        return await use_case.execute(begin, end, tell=self.told.append, items=items, per_day=self.days.append)


@pytest.fixture
def world() -> World:
    return World()


async def test_copies_that_are_the_same_differ_in_nothing_and_are_counted_by_day(world: World) -> None:
    for number in range(3 * TOGETHER + 1):
        world.put(f"ord_{number:03}")
    world.put("ord_x", day=NOON + DAY)
    assert await world.verify(NOON, NOON + 2 * DAY) == 0
    assert [(each.left, each.right, each.differing) for each in world.days] == [(25, 25, 0), (1, 1, 0), (0, 0, 0)]
    assert (world.told, world.pauses) == ([], [])


MAIL = replace(COPY, checksums={**COPY.checksums, "MAIL 1": "c"})
CASES: Mapping[str, tuple[OrderCopy | None, OrderCopy | None, tuple[str, ...]]] = {
    "missing there": (COPY, None, ("missing in eu-west-1",)),
    "missing here": (None, COPY, ("missing in af-south-1",)),
    "item missing": (MAIL, COPY, ("item MAIL 1 is missing in eu-west-1",)),
    "item more": (COPY, MAIL, ("item MAIL 1 is missing in af-south-1",)),
    "other content": (
        COPY,
        replace(COPY, checksums=dict(COPY.checksums) | {"ORDER": "z"}),
        ("item ORDER differs",),
    ),
    "PDF missing": (COPY, replace(COPY, documents=frozenset()), ("PDF 1.pdf is missing in eu-west-1",)),
    "behind": (
        replace(COPY, events=(1, 2)),
        COPY,
        ("events up to 2 in af-south-1 and 1 in eu-west-1",),
    ),
    "a gap in both": (
        replace(COPY, events=(1, 3)),
        replace(COPY, events=(1, 3)),
        (
            "event 2 is missing in af-south-1, and later ones are there",
            "event 2 is missing in eu-west-1, and later ones are there",
        ),
    ),
}


@pytest.mark.parametrize("case", sorted(CASES))
async def test_each_difference_is_named(world: World, case: str) -> None:
    left, right, what = CASES[case]
    world.put("ord_0")
    for copy, has in ((world.left, left), (world.right, right)):
        if has is not None:
            copy.put("ord_1", has)
    world.put("ord_2")
    assert await world.verify() == 1
    assert world.told == [Difference("demo", "ord_1", f"{NOON:%Y-%m-%d}", what)]
    assert world.days[0].differing == 1


async def test_what_was_under_way_is_compared_once_more_and_is_no_difference(world: World) -> None:
    world.left.put("ord_1")
    world.left.put("ord_2")
    world.meanwhile = lambda: world.right.put("ord_1")
    assert await world.verify() == 1
    assert [each.order_id for each in world.told] == ["ord_2"]
    assert world.pauses == [LAG.total_seconds()]


async def test_an_index_that_is_behind_is_no_difference(world: World) -> None:
    world.put("ord_1")
    del world.right.listed["ord_1"]
    assert await world.verify() == 0


async def test_counts_alone_read_no_order_that_is_the_same(world: World) -> None:
    world.put("ord_1")
    world.left.put("ord_2", MAIL)
    world.right.put("ord_2", COPY)
    assert await world.verify(items=False) == 0
    assert world.left.asked == world.right.asked == 0
    world.left.put("ord_3")
    assert await world.verify(items=False) == 1


async def test_of_many_that_differ_a_bounded_number_is_held(world: World) -> None:
    held: list[int] = []
    for number in range(3 * CHECKED_AGAIN):
        world.left.put(f"ord_{number:04}")
    world.meanwhile = lambda: held.append(len(world.told))
    assert await world.verify() == 3 * CHECKED_AGAIN
    assert len(world.pauses) == 3
    assert held == [0, CHECKED_AGAIN, 2 * CHECKED_AGAIN]


async def test_a_copy_that_cannot_be_read_ends_it(world: World) -> None:
    async def order(_: OrderOutline) -> OrderCopy:
        raise TransientPortError("orders table", "out of reach")

    world.put("ord_1")
    world.right.order = order  # type: ignore[assignment,method-assign]
    with pytest.raises(TransientPortError):
        await world.verify()
