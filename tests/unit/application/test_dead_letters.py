"""Operators among dead letters: looking leaves all as it was, sending again and throwing away hit what is meant."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.dead_letters import MemoryDeadLetterQueues
from orders.application.operations.dead_letters import (
    CLOCK_SKEW,
    DeadLetterService,
    LetterFilter,
    Subject,
    Tally,
    subject_of,
)
from orders.contracts.cloud_event import to_cloud_event
from orders.domain.events import OrderEvent
from orders.domain.lifecycle import Role
from orders.ports.dead_letters import DeadLetter, UnknownQueue
from orders.ports.errors import PermanentPortError, TransientPortError
from tests.support.builders import NOON, a_stamp, an_order, an_order_id

EARLIER = NOON - timedelta(hours=1)


class Desk:
    """An office over queues in memory, whose pauses take no time."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOON)
        self.queues = MemoryDeadLetterQueues(self.clock, ("pdf-creator", "customer-notifier"))
        self.pauses: list[float] = []
        self.office = DeadLetterService(self.queues, self.clock, pause=self._pause)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def dead_letter(self, count: int, *, queue: str = "pdf-creator", first: int = 1, reason: str = "Bug") -> None:
        for number in range(first, first + count):
            body = json.dumps({"command": "render-document", "tenant_id": "demo", "order_id": an_order_id(number)})
            letter = DeadLetter(queue, f"{queue}-{number}", body, EARLIER, reason, "no ord", "")
            self.queues.dead_letter(letter)


EVERYTHING = LetterFilter()


def an_event() -> OrderEvent:
    event = an_order().process(a_stamp(role=Role.STAFF), [Role.STAFF]).event
    assert event is not None
    return event


def test_what_a_letter_is_about_is_read_from_events_commands_and_other_services_events() -> None:
    event = an_event()
    envelope = {"detail-type": "io.bbws.orders.order.processing.v1", "detail": to_cloud_event(event)}
    assert subject_of(json.dumps(envelope)) == Subject(
        event.tenant_id, event.order_id, "io.bbws.orders.order.processing.v1"
    )
    payment = {"detail-type": "PaymentCaptured", "detail": {"tenant_id": "demo", "order_id": an_order_id()}}
    assert subject_of(json.dumps(payment)) == Subject("demo", an_order_id(), "PaymentCaptured")
    assert subject_of('{"command":"create-order","order_id":"<script>"}') == Subject(kind="create-order")
    for nothing in ("not json", "[]", "3", '{"detail":3}'):
        assert subject_of(nothing) == Subject()


async def test_looking_leaves_all_as_it_was() -> None:
    desk = Desk()
    desk.dead_letter(25)
    letters, tally = await desk.office.list(["pdf-creator"], EVERYTHING)
    assert (len(letters), tally.looked_at, tally.matched, tally.acted_on) == (25, 25, 25, 0)
    assert len((await desk.office.list(["pdf-creator"], EVERYTHING, limit=7))[0]) == 7
    assert len((await desk.office.list(["pdf-creator"], EVERYTHING))[0]) == 25
    assert await desk.office.depths() == {"pdf-creator": 25, "customer-notifier": 0}


async def test_what_is_meant_is_sent_again_and_the_rest_stays() -> None:
    desk = Desk()
    desk.dead_letter(30)
    desk.dead_letter(5, queue="customer-notifier", first=7)
    one = LetterFilter(order_id=an_order_id(7))
    tally = await desk.office.redrive(desk.office.queue_names, one)
    assert (tally.matched, tally.acted_on) == (2, 2)
    assert {letter.message_id for letter in desk.queues.redriven} == {"pdf-creator-7", "customer-notifier-7"}
    # Those that were only looked at are in reach again.
    assert (await desk.office.redrive(desk.office.queue_names, EVERYTHING)).acted_on == 33
    assert await desk.office.depths() == {"pdf-creator": 0, "customer-notifier": 0}


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        (LetterFilter(tenant_id="demo"), 3),
        (LetterFilter(tenant_id="other"), 0),
        (LetterFilter(reason="bug"), 3),
        (LetterFilter(reason="no ord"), 3),
        (LetterFilter(reason="throttled"), 0),
        (LetterFilter(message_ids=frozenset({"pdf-creator-2"})), 1),
        (LetterFilter(sent_from=EARLIER), 3),
        (LetterFilter(sent_before=EARLIER), 0),
    ],
)
async def test_each_filter_selects(wanted: LetterFilter, matches: int) -> None:
    desk = Desk()
    desk.dead_letter(3)
    assert (await desk.office.list(["pdf-creator"], wanted))[1].matched == matches


async def test_no_faster_than_asked_and_no_more_than_asked() -> None:
    desk = Desk()
    desk.dead_letter(12)
    seen: list[tuple[str, int]] = []

    def watch(letter: DeadLetter, tally: Tally) -> None:
        seen.append((letter.message_id, tally.acted_on))

    tally = await desk.office.redrive(["pdf-creator"], EVERYTHING, limit=4, per_second=5, watch=watch)
    assert (tally.acted_on, desk.pauses) == (4, [0.2] * 3)
    assert [count for _, count in seen] == [1, 2, 3, 4]
    assert len((await desk.office.list(["pdf-creator"], EVERYTHING))[0]) == 8


async def test_broken_off_while_the_queue_is_asked_nothing_stays_hidden() -> None:
    class Slow(MemoryDeadLetterQueues):
        def __post_init__(self) -> None:
            super().__post_init__()
            self.asked, self.answer = asyncio.Event(), asyncio.Event()

        async def take(self, queue: str, *, hold: timedelta) -> Sequence[DeadLetter]:
            taken = await super().take(queue, hold=hold)
            self.asked.set()
            await self.answer.wait()
            return taken

    desk = Desk()
    desk.queues = queues = Slow(desk.clock)
    office = DeadLetterService(queues, desk.clock)
    desk.dead_letter(3)
    looking = asyncio.create_task(office.list(["pdf-creator"], EVERYTHING))
    await queues.asked.wait()
    looking.cancel()
    await asyncio.sleep(0)
    queues.answer.set()
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert len(await queues.take("pdf-creator", hold=timedelta(minutes=1))) == 3


async def test_one_that_comes_back_meanwhile_is_not_sent_round_and_round() -> None:
    desk = Desk()
    desk.dead_letter(1)

    def come_back(letter: DeadLetter, _: Tally) -> None:
        later = desk.clock.now() + CLOCK_SKEW + timedelta(seconds=1)
        desk.queues.dead_letter(DeadLetter(letter.queue, "again", letter.body, later, "Bug", "x"))

    tally = await desk.office.redrive(["pdf-creator"], EVERYTHING, watch=come_back)
    assert (tally.looked_at, tally.acted_on, tally.came_back) == (2, 1, 1)
    assert await desk.queues.depth("pdf-creator") == 1


async def test_one_that_is_back_at_once_is_not_either() -> None:
    """Clocks tell no difference of a second; a worker that refuses a message takes less."""
    desk = Desk()
    desk.dead_letter(2)
    rounds = 0

    def come_back(letter: DeadLetter, _: Tally) -> None:
        nonlocal rounds
        rounds += 1
        desk.queues.dead_letter(DeadLetter(letter.queue, f"again-{rounds}", letter.body, desk.clock.now(), "Bug", "x"))

    tally = await desk.office.redrive(["pdf-creator"], EVERYTHING, watch=come_back)
    assert (tally.acted_on, tally.came_back) == (2, 2)
    assert await desk.queues.depth("pdf-creator") == 2


async def test_another_that_comes_meanwhile_has_not_come_back() -> None:
    desk = Desk()
    desk.dead_letter(1)

    def come(letter: DeadLetter, _: Tally) -> None:
        later = desk.clock.now() + CLOCK_SKEW + timedelta(seconds=1)
        desk.queues.dead_letter(DeadLetter(letter.queue, "another", "{}", later, "Bug", "x"))

    tally = await desk.office.redrive(["pdf-creator"], EVERYTHING, watch=come)
    assert (tally.looked_at, tally.acted_on, tally.came_back) == (2, 1, 0)


async def test_what_can_not_be_sent_stays_and_is_named() -> None:
    desk = Desk()
    desk.dead_letter(3)
    desk.queues.failures = 1
    tally = await desk.office.redrive(["pdf-creator"], EVERYTHING)
    assert (tally.matched, tally.acted_on) == (3, 2)
    assert tally.failed == ["pdf-creator-1: pdf-creator queue: told to fail"]
    assert [letter.message_id for letter in (await desk.office.list(["pdf-creator"], EVERYTHING))[0]] == [
        "pdf-creator-1"
    ]


async def test_one_that_is_refused_for_good_keeps_none_of_the_others() -> None:
    class Choosy(MemoryDeadLetterQueues):
        async def redrive(self, letter: DeadLetter) -> None:
            if letter.message_id == "pdf-creator-2":
                raise PermanentPortError("pdf-creator queue", "InvalidMessageContents")
            await super().redrive(letter)

    desk = Desk()
    desk.queues = Choosy(desk.clock, ("pdf-creator",))
    desk.office = DeadLetterService(desk.queues, desk.clock)
    desk.dead_letter(3)
    tally = await desk.office.redrive(["pdf-creator"], EVERYTHING)
    assert (tally.matched, tally.acted_on) == (3, 2)
    assert tally.failed == ["pdf-creator-2: pdf-creator queue: InvalidMessageContents"]


async def test_purge_deletes_selected_letters_only() -> None:
    desk = Desk()
    desk.dead_letter(3)
    assert (await desk.office.purge(["pdf-creator"], LetterFilter(order_id=an_order_id(2)))).acted_on == 1
    assert await desk.queues.depth("pdf-creator") == 2
    assert desk.queues.redriven == []


async def test_a_wrong_name_and_a_queue_out_of_reach_are_said() -> None:
    desk = Desk()
    with pytest.raises(UnknownQueue):
        await desk.office.redrive(["pdf"], EVERYTHING)
    desk.queues.reachable = False
    with pytest.raises(TransientPortError):
        await desk.office.depths()
