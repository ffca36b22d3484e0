"""Replay: the events asked for, each order's in its sequence, no mail, broken off and gone on with ([PIPE-13])."""

import random
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from orders.adapters.outbound.memory.event_archive import MemoryEventArchive
from orders.adapters.outbound.memory.event_publisher import MemoryEventPublisher
from orders.adapters.outbound.memory.order_numbers import MemoryOrderNumbers
from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.adapters.outbound.memory.outbox import MemoryOutbox
from orders.application.events.replay_events import CLOCK_SKEW, Progress, ReplayEvents, Selection
from orders.application.operations.find_order import FindOrder
from orders.domain.events import EventType, OrderEvent
from orders.domain.lifecycle import Role
from orders.ports.errors import ItemKind, TransientPortError
from tests.support.builders import NOON, a_stamp, an_order, an_order_id

HOUR = timedelta(hours=1)
LAST_HOUR = Selection("tenant_a", since=NOON - HOUR, until=NOON)


@dataclass
class Replay:
    """A replay over logs in memory."""

    table: MemoryTable = field(default_factory=MemoryTable)
    publisher: MemoryEventPublisher = field(default_factory=MemoryEventPublisher)
    pauses: list[float] = field(default_factory=list)
    places: list[Progress] = field(default_factory=list)

    def __post_init__(self) -> None:
        outbox, archive = MemoryOutbox(self.table), MemoryEventArchive(self.table)
        find_order = FindOrder(MemoryOrderNumbers(self.table))
        self.use_case = ReplayEvents(outbox, archive, self.publisher, find_order, pause=self._pause)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def watch(self, progress: Progress) -> None:
        self.places.append(replace(progress))

    def log(self, event: OrderEvent) -> None:
        self.table.log(event.tenant_id, event.order_id)[event.sequence] = event

    @property
    def published(self) -> list[tuple[str, int]]:
        return [(event.order_id, event.sequence) for event in self.publisher.published]


def an_event(order: int, sequence: int, seconds: float, kind: EventType = EventType.PROCESSING) -> OrderEvent:
    event = an_order(order_id=an_order_id(order)).process(a_stamp(role=Role.STAFF), [Role.STAFF]).event
    assert event is not None
    return replace(event, sequence=sequence, at=NOON - HOUR + timedelta(seconds=seconds), type=kind)


def many(orders: int, each: int, *, seed: int = 1) -> list[OrderEvent]:
    """Events of many orders over an hour, by writers whose clocks differ."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    events = []
    for order in range(orders):
        at = chance.uniform(10, 3000)
        for sequence in range(1, each + 1):
            at += chance.uniform(0, 2)
            skew = chance.uniform(-0.49, 0.49) * CLOCK_SKEW.total_seconds()
            events.append(an_event(order, sequence, at + skew))
    return events


def in_sequence(published: list[tuple[str, int]]) -> bool:
    seen: dict[str, int] = {}
    for order_id, sequence in published:
        if sequence <= seen.get(order_id, 0):
            return False
        seen[order_id] = sequence
    return True


@pytest.mark.parametrize("seed", range(5))
async def test_every_event_once_and_each_orders_in_sequence_although_clocks_differ(seed: int) -> None:
    replay = Replay()
    events = many(150, 6, seed=seed)
    for event in events:
        replay.log(event)
    progress = await replay.use_case.execute(LAST_HOUR, replay.watch)
    assert sorted(replay.published) == sorted((event.order_id, event.sequence) for event in events)
    assert in_sequence(replay.published)
    assert (progress.published, progress.finished) == (len(events), True)


@pytest.mark.parametrize("stop_after", [1, 7, 40, 89])
async def test_broken_off_it_goes_on_and_loses_nothing(stop_after: int) -> None:
    replay = Replay()
    events = many(150, 6)
    for event in events:
        replay.log(event)

    class Interrupted(Exception):
        pass

    def break_off(progress: Progress) -> None:
        replay.watch(progress)
        if len(replay.places) == stop_after:
            raise Interrupted

    with pytest.raises(Interrupted):
        await replay.use_case.execute(LAST_HOUR, break_off)
    before = len(replay.published)
    await replay.use_case.execute(LAST_HOUR, replay.watch, after=replay.places[-1].place)
    assert set(replay.published) == {(event.order_id, event.sequence) for event in events}
    assert in_sequence(replay.published[before:])
    assert len(replay.published) < len(events) + 600


async def test_in_order_it_goes_on_at_the_very_place() -> None:
    replay = Replay()
    for order in range(40):
        replay.log(an_event(order, 1, 10 * order))
    progress = Progress()
    async for each in replay.use_case.selected(LAST_HOUR):
        progress.place = each.place
        if each.event.order_id == an_order_id(19):
            break
    await replay.use_case.execute(LAST_HOUR, replay.watch, after=progress.place)
    assert replay.published == [(an_order_id(order), 1) for order in range(20, 40)]


async def test_one_order_whole_or_from_a_place() -> None:
    replay = Replay()
    for sequence in range(1, 26):
        replay.log(an_event(1, sequence, 0))
    replay.log(an_event(2, 1, 0))
    await replay.use_case.execute(Selection("tenant_a", order_id=an_order_id(1)), replay.watch)
    assert replay.published == [(an_order_id(1), sequence) for sequence in range(1, 26)]
    assert [progress.place for progress in replay.places][:2] == ["0000000010", "0000000020"]
    replay.publisher.published.clear()
    one = Selection("tenant_a", order_id=an_order_id(1))
    await replay.use_case.execute(one, replay.watch, after="0000000020")
    assert replay.published == [(an_order_id(1), sequence) for sequence in range(21, 26)]


async def test_kinds_and_times_select() -> None:
    replay = Replay()
    replay.log(an_event(1, 1, 0, EventType.CREATED))
    replay.log(an_event(1, 2, 60))
    replay.log(an_event(1, 3, 120, EventType.CANCELLED))
    replay.log(an_event(3, 1, 3600))
    kinds = frozenset({EventType.CREATED, EventType.CANCELLED})
    await replay.use_case.execute(replace(LAST_HOUR, types=kinds), replay.watch)
    assert replay.published == [(an_order_id(1), 1), (an_order_id(1), 3)]
    replay.publisher.published.clear()
    since = NOON - HOUR + timedelta(seconds=60)
    await replay.use_case.execute(Selection("tenant_a", an_order_id(1), since=since), replay.watch)
    assert replay.published == [(an_order_id(1), 2), (an_order_id(1), 3)]
    with pytest.raises(ValueError, match="since and until"):
        await replay.use_case.execute(Selection("tenant_a"), replay.watch)


async def test_the_rate_limit_is_kept() -> None:
    replay = Replay()
    for sequence in range(1, 26):
        replay.log(an_event(1, sequence, 0))
    await replay.use_case.execute(Selection("tenant_a", an_order_id(1)), replay.watch, per_second=50)
    assert replay.pauses == [0.2, 0.2]


async def test_a_bus_that_takes_nothing_ends_it_where_it_is() -> None:
    replay = Replay()
    for sequence in range(1, 31):
        replay.log(an_event(1, sequence, 0))
    replay.publisher.refuse = lambda event: "throttled" if event.sequence == 15 else None
    with pytest.raises(TransientPortError, match="throttled"):
        await replay.use_case.execute(Selection("tenant_a", an_order_id(1)), replay.watch)
    assert replay.places[-1].place == "0000000010"


async def test_one_event_that_cannot_be_read_leaves_the_others_of_its_order_and_of_its_shop() -> None:
    replay = Replay()
    for event in many(5, 4):
        replay.log(event)
    replay.table.damage(ItemKind.EVENT, "tenant_a", an_order_id(2), 2)
    whole = await replay.use_case.execute(LAST_HOUR, replay.watch)
    assert (whole.published, whole.unreadable, whole.finished) == (19, 1, True)
    assert in_sequence(replay.published)
    replay.publisher.published.clear()
    one = await replay.use_case.execute(Selection("tenant_a", order_id=an_order_id(2)), replay.watch)
    assert (one.published, one.unreadable) == (3, 1)
    assert [sequence for _, sequence in replay.published] == [1, 3, 4]


async def test_a_page_of_nothing_readable_is_not_the_end() -> None:
    replay = Replay()
    for sequence in range(1, 252):
        replay.log(an_event(1, sequence, sequence))
        if sequence != 251:
            replay.table.damage(ItemKind.EVENT, "tenant_a", an_order_id(1), sequence)
    for selection in (LAST_HOUR, Selection("tenant_a", order_id=an_order_id(1))):
        outcome = await replay.use_case.execute(selection, replay.watch)
        assert (outcome.published, outcome.unreadable) == (1, 250)
