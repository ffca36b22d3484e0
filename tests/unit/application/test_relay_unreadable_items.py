"""Unreadable entries of the outbox wait alone, logged and counted, and everything else is sent ([PIPE-14])."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

import pytest

from orders.adapters.outbound.memory.outbox import MemoryOutbox
from orders.application.events.publish_events import BATCH as PUBLISHED_TOGETHER
from orders.application.events.publish_events import PublishEvents
from orders.application.events.relay_outbox import HELD_FIRST, OUTAGE, RelayOutbox
from orders.application.orders.queue_accepted import QueueAccepted
from orders.domain.events import OrderEvent
from orders.domain.lifecycle import Action, Role
from orders.domain.order import Order
from orders.ports.errors import ItemKind, NotPermitted, TransientPortError
from orders.ports.metric_catalogue import EVENT_PUBLICATION_FAILURES, UNREADABLE_ITEMS
from tests.support.builders import a_draft
from tests.support.gated_publisher import GatedPublisher
from tests.support.service import Service, a_caller

BATCH = 10


def one_shard(service: Service, batch: int = BATCH) -> RelayOutbox:
    service.outbox._shards = 1  # type: ignore[attr-defined] # all orders in one row, so that some stand behind others
    return RelayOutbox(
        service.outbox,
        service.publish_events,
        service.queue_accepted,
        service.clock,
        service.counters,
        lag=timedelta(0),
        batch=batch,
    )


async def left_behind(service: Service, count: int) -> list[Order]:
    """So many orders whose events nobody has published."""
    service.publisher.refuse = lambda _: "throttled"
    placed = [await service.place_order.execute(a_caller(), a_draft()) for _ in range(count)]
    await service.fast_path.drain()
    service.publisher.refuse = lambda _: None
    return placed


async def until_quiet(relay: RelayOutbox, sweeps: int = 50) -> int:
    """Sweeps until a whole round sends nothing; returns the number sent."""
    total = quiet = 0
    for _ in range(sweeps):
        sent = await relay.sweep(0)
        total, quiet = total + sent, 0 if sent else quiet + 1
        if quiet == 5:
            break
    return total


def went_out(service: Service) -> list[str]:
    return [event.order_id for event in service.publisher.published]


@pytest.mark.parametrize("damaged", [1, BATCH, 12 * BATCH + 3])
async def test_what_stands_first_and_cannot_be_read_is_in_nobody_s_way(damaged: int) -> None:
    service = Service()
    first, others = await left_behind(service, damaged), await left_behind(service, 2 * BATCH + 1)
    for order in first:
        service.table.damage(ItemKind.EVENT, order.tenant_id, order.order_id, 1)

    assert await until_quiet(one_shard(service)) == len(others)

    assert went_out(service) == [order.order_id for order in others]
    assert service.counters.of(UNREADABLE_ITEMS, kind="event", where="relay") == damaged


async def test_an_entry_that_names_no_order_is_passed_over_and_counted() -> None:
    service = Service()
    damaged, whole = await left_behind(service, 2)
    service.table.damage(ItemKind.OUTBOX, damaged.tenant_id, damaged.order_id)
    assert await one_shard(service).sweep(0) == 1
    assert went_out(service) == [whole.order_id]
    assert service.counters.of(UNREADABLE_ITEMS, kind="outbox", where="relay") == 1


async def test_events_before_it_go_out_and_those_behind_it_wait_with_their_order() -> None:
    service = Service()
    (order,) = await left_behind(service, 1)
    service.publisher.refuse = lambda _: "throttled"
    order = await service.change_status.execute(a_caller(Role.STAFF), order, Action.PROCESS)
    order = await service.change_status.execute(a_caller(), order, Action.CANCEL)
    await service.fast_path.drain()
    service.publisher.refuse = lambda _: None
    service.table.damage(ItemKind.EVENT, order.tenant_id, order.order_id, 2)

    assert await until_quiet(one_shard(service)) == 1

    assert [event.sequence for event in service.publisher.published] == [1]
    (entry,) = await service.outbox.overdue(0, before=service.clock.now(), limit=10)
    assert entry.order_id == order.order_id


async def test_an_order_that_contradicts_its_log_hurts_itself_alone() -> None:
    service = Service()
    wrong, whole = await left_behind(service, 2)
    (event,) = await service.outbox.waiting(wrong.tenant_id, wrong.order_id)
    another = OrderEvent(event.tenant_id, event.order_id, 1, 9, event.type, event.at, event.actor)
    service.table.log(event.tenant_id, event.order_id)[1] = another
    relay = one_shard(service)

    assert await until_quiet(relay) == 1

    assert went_out(service).count(whole.order_id) == 1
    assert went_out(service).count(wrong.order_id) == 1  # not once in every sweep


async def test_a_mistake_of_ours_over_one_order_hurts_that_order_alone() -> None:
    service = Service()
    wrong, whole = await left_behind(service, 2)

    def mistaken(event: OrderEvent) -> str | None:
        return str(1 // (event.order_id != wrong.order_id))[1:] or None

    service.publisher.refuse = mistaken
    assert await until_quiet(one_shard(service)) == 1
    assert went_out(service) == [whole.order_id]
    assert service.counters.of(UNREADABLE_ITEMS, kind="unexpected", where="relay") == 1


async def test_what_is_passed_over_is_tried_again_after_a_while_and_goes_out_once_it_can_be_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    service = Service()
    (order,) = await left_behind(service, 1)
    service.table.damage(ItemKind.EVENT, order.tenant_id, order.order_id, 1)
    relay = one_shard(service)
    with caplog.at_level(logging.ERROR):
        for _ in range(20):
            await relay.sweep(0)
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 1
    service.table._damaged.clear()
    assert await relay.sweep(0) == 0
    service.clock.advance(HELD_FIRST + timedelta(seconds=1))
    assert await relay.sweep(0) == 1


async def test_a_table_out_of_reach_ends_the_sweep_after_a_few_orders() -> None:
    service = Service()
    await left_behind(service, BATCH)
    asked: list[str] = []

    def unreachable(event: OrderEvent) -> str | None:
        asked.append(event.order_id)
        raise NotPermitted("event bus", "AccessDeniedException")

    service.publisher.refuse = unreachable
    with pytest.raises(NotPermitted):
        await one_shard(service).sweep(0)
    assert len(asked) == 1
    assert service.counters.of(EVENT_PUBLICATION_FAILURES) == BATCH + OUTAGE


async def test_one_order_that_is_out_of_reach_does_not_keep_the_others_waiting() -> None:
    service = Service()
    slow, *others = await left_behind(service, 4)

    class Hot(MemoryOutbox):
        async def waiting(self, tenant_id: str, order_id: str) -> Sequence[OrderEvent]:
            if order_id == slow.order_id:
                raise TransientPortError("orders table", "throttled", throttled=True)
            return await super().waiting(tenant_id, order_id)

    outbox = Hot(service.table)
    service.publish_events = PublishEvents(outbox, service.publisher, service.counters, service.table.lease)
    assert await one_shard(service).sweep(0) == 3
    assert went_out(service) == [order.order_id for order in others]


async def test_events_of_many_orders_go_together_once_some_have_gone() -> None:
    placed = 2 * PUBLISHED_TOGETHER
    service = Service(publisher=GatedPublisher())
    assert isinstance(service.publisher, GatedPublisher)
    service.fast_path._limit = 0
    for _ in range(placed):
        await service.place_order.execute(a_caller(), a_draft())
    assert await one_shard(service, placed).sweep(0) == placed
    assert [len(batch) for batch in service.publisher.batches] == [OUTAGE, PUBLISHED_TOGETHER, 22]


async def test_a_queue_that_refuses_one_accepted_order_is_no_end_of_the_others() -> None:
    service = Service()
    await service.accept_order.execute(a_caller(), a_draft())
    await service.fast_path.drain()
    (order,) = await left_behind(service, 1)

    class Broken(QueueAccepted):
        async def execute(self, tenant_id: str, order_id: str, traceparent: str | None = None) -> None:
            raise ValueError(tenant_id, order_id, traceparent)

    service.table.unqueued[order.tenant_id, "ord_accepted"] = order.created_at
    service.queue_accepted = Broken(service.acceptances, service.commands)
    async with asyncio.timeout(5):
        assert await until_quiet(one_shard(service)) == 1
