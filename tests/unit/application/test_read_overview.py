"""The overview: what it shows, what needs a look, and what becomes of parts that don't answer."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.dead_letters import MemoryDeadLetterQueues
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.adapters.outbound.memory.outbox import MemoryOutbox
from orders.adapters.outbound.memory.queue_depths import MemoryQueueDepths
from orders.adapters.outbound.memory.recent_figures import MemoryRecentFigures
from orders.application.operations.read_overview import (
    DEAD_LETTERS_OVER,
    ERROR_RATE_OVER,
    OLDEST_MESSAGE_OVER_SECONDS,
    OUTBOX_AGE_OVER_SECONDS,
    OUTBOX_PAGE,
    Overview,
    QueueState,
    ReadOverview,
    RuleState,
    ShardState,
)
from orders.ports.dead_letters import DeadLetter
from orders.ports.errors import ItemKind
from orders.ports.queue_depths import QueueDepth
from orders.ports.recent_figures import Figures, RecentFigures
from tests.support.builders import NOON, a_draft
from tests.support.service import Service, a_caller
from tests.terraform.figures import ROOT

WORKERS = ("record-creator", "pdf-creator")
RULE = "rule:bbws-order-pdf-creation"


@dataclass
class Given:
    """Figures as they are given; ``wait`` is awaited first."""

    figures: Figures = field(default_factory=lambda: Figures(span=timedelta(minutes=5)))
    wait: Callable[[], "asyncio.Future[None]"] | None = None

    async def read(self) -> Figures:
        if self.wait is not None:
            await self.wait()
        return self.figures


class Desk:
    """The overview over a service in memory."""

    def __init__(self) -> None:
        self.service = Service()
        self.clock = FixedClock(NOON)
        self.depths = MemoryQueueDepths(WORKERS)
        self.dead_letters = MemoryDeadLetterQueues(self.clock, (*WORKERS, RULE))
        self.given = Given()

    def read(self, figures: RecentFigures | None = None, *, timeout_seconds: float = 5) -> ReadOverview:
        return ReadOverview(
            self.depths,
            self.dead_letters,
            self.service.outbox,
            figures or self.given,
            self.clock,
            timeout_seconds=timeout_seconds,
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_quiet_service_has_nothing_to_look_at(desk: Desk) -> None:
    found = await desk.read().execute()
    assert found.at == NOON
    assert found.queues == tuple(QueueState(each, QueueDepth(0, 0), 0) for each in WORKERS)
    assert found.rules == (RuleState(RULE, 0),)
    assert found.outbox == tuple(ShardState(each, 0, False, None) for each in range(desk.service.outbox.shards))
    assert (found.unreachable, found.concerns) == ((), 0)


async def test_depths_dead_letters_and_ages_are_those_of_each_queue(desk: Desk) -> None:
    desk.depths.depths["pdf-creator"] = QueueDepth(waiting=7, in_flight=2, delayed=1)
    for name in ("pdf-creator", RULE):
        desk.dead_letters.dead_letter(DeadLetter(name, "m", "body", NOON))
    desk.given.figures = Figures(span=timedelta(minutes=5), oldest_message_seconds={"pdf-creator": 121})
    found = await desk.read().execute()
    assert found.queues[1] == QueueState("pdf-creator", QueueDepth(7, 2, 1), 1, 121)
    assert found.queues[0].oldest_seconds is None
    assert (found.queues[1].is_late, found.queues[1].has_dead_letters, found.rules[0].has_dead_letters) == (True,) * 3
    assert found.concerns == 3


async def test_waiting_orders_are_counted_by_shard_and_a_full_page_has_more(desk: Desk) -> None:
    desk.service.publisher.refuse = lambda _: "throttled"
    for _ in range(OUTBOX_PAGE * 2):
        await desk.service.place_order.execute(a_caller(), a_draft())
    desk.clock.at = desk.service.clock.now() + timedelta(seconds=61)
    found = await desk.read().execute()
    assert sum(each.waiting for each in found.outbox) == OUTBOX_PAGE * 2
    assert not any(each.more for each in found.outbox)
    assert all(each.is_late for each in found.outbox)

    one_shard = ReadOverview(
        desk.depths, desk.dead_letters, MemoryOutbox(desk.service.table, shards=1), desk.given, desk.clock
    )
    (shard,) = (await one_shard.execute()).outbox
    assert (shard.waiting, shard.more) == (OUTBOX_PAGE, True)


async def test_entries_that_can_t_be_read_are_counted(desk: Desk) -> None:
    desk.service.publisher.refuse = lambda _: "throttled"
    order = await desk.service.place_order.execute(a_caller(), a_draft())
    desk.service.table.damage(ItemKind.OUTBOX, order.tenant_id, order.order_id)
    desk.clock.at = desk.service.clock.now() + timedelta(seconds=1)
    found = await desk.read().execute()
    assert (sum(each.unreadable for each in found.outbox), sum(each.waiting for each in found.outbox)) == (1, 0)
    assert found.concerns == 1


async def test_parts_out_of_reach_are_one_line_each_and_the_others_are_shown(desk: Desk) -> None:
    desk.depths.reachable = False
    figures = MemoryRecentFigures(MemoryMetrics(), desk.clock)
    figures.reachable = False
    found = await desk.read(figures).execute()
    assert found.unreachable == (
        "queues: record-creator queue: told to be out of reach (and 1 more)",
        "figures: metrics: told to be out of reach",
    )
    assert found.queues[0] == QueueState("record-creator", None, 0)
    assert (found.figures, found.too_many_errors) == (None, False)
    assert len(found.outbox) == desk.service.outbox.shards
    assert found.concerns == 2

    desk.dead_letters.reachable = False
    dead = await desk.read(figures).execute()
    assert (dead.queues[0].dead_letters, dead.queues[0].has_dead_letters) == (None, False)
    assert (dead.rules[0].dead_letters, dead.rules[0].has_dead_letters) == (None, False)


async def test_a_part_that_does_not_answer_is_not_waited_for(desk: Desk) -> None:
    desk.given.wait = lambda: asyncio.get_running_loop().create_future()
    found = await desk.read(timeout_seconds=0).execute()
    assert "figures: no answer within 0 s" in found.unreachable


async def test_a_mistake_of_ours_is_raised(desk: Desk) -> None:
    class Broken:
        async def read(self) -> Figures:
            raise RuntimeError("a bug")

    with pytest.raises(ExceptionGroup) as raised:
        await desk.read(Broken()).execute()
    assert isinstance(raised.value.exceptions[0], RuntimeError)


@pytest.mark.parametrize(
    ("figures", "too_many", "rate"),
    [
        (Figures(span=timedelta(minutes=5), requests=100, errors=5), False, 0.05),
        (Figures(span=timedelta(minutes=5), requests=100, errors=6), True, 0.06),
        (Figures(span=timedelta(minutes=5), requests=0, errors=0), False, None),
        (Figures(span=timedelta(minutes=5), requests=100), False, None),
    ],
)
def test_an_error_rate_above_the_alarms_needs_a_look(figures: Figures, too_many: bool, rate: float | None) -> None:
    overview = Overview(NOON, (), (), (), figures, ())
    assert (overview.too_many_errors, figures.error_rate, overview.concerns) == (too_many, rate, int(too_many))


def test_thresholds_are_the_alarms() -> None:
    alarms = (ROOT / "deploy/terraform/modules/monitoring/catalogue.tf").read_text("utf-8")

    def threshold(alarm: str) -> float:
        # The row's own key, or the key of rows that are made in a loop.
        found = re.search(rf'"{alarm}[^\n]*=> ?merge|"{alarm}[^\n]*merge', alarms)
        assert found is not None, alarm
        value = re.search(r"threshold\s*=\s*([\d.]+)", alarms[found.end() :])
        assert value is not None
        return float(value.group(1))

    assert threshold("error rate") == ERROR_RATE_OVER
    assert threshold("oldest unpublished event seconds") == OUTBOX_AGE_OVER_SECONDS
    assert threshold("oldest message seconds") == OLDEST_MESSAGE_OVER_SECONDS
    assert threshold("dead-letter depth") == DEAD_LETTERS_OVER
