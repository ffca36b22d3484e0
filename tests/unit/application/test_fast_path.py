"""The fast path: events go at once, and together while others are on their way ([PIPE-1])."""

import asyncio
import logging
from contextvars import ContextVar
from itertools import count

import pytest

from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.application.events.publish_events import BATCH, PublishEvents
from orders.domain.events import OrderEvent
from orders.domain.lifecycle import Action, Role
from orders.domain.order import Order
from orders.ports.errors import ItemKind
from orders.ports.metric_catalogue import EVENT_PUBLICATION_FAILURES, EVENT_PUBLICATIONS, EVENTS_PUBLISHED
from tests.support.builders import a_draft
from tests.support.crashing_process import Died, Life
from tests.support.gated_publisher import GatedPublisher
from tests.support.service import Service, a_caller

STAFF = a_caller(Role.STAFF)


def gated() -> tuple[Service, GatedPublisher]:
    """A service whose bus keeps the first call waiting until its gate is opened."""
    publisher = GatedPublisher()
    publisher.gate.clear()
    return Service(publisher=publisher), publisher


async def placed(service: Service, number: int = 1, tenant_id: str = "tenant_a") -> list[Order]:
    caller = a_caller(tenant_id=tenant_id)
    return [await service.place_order.execute(caller, a_draft()) for _ in range(number)]


async def opened(service: Service, publisher: GatedPublisher) -> None:
    publisher.gate.set()
    async with asyncio.timeout(5):
        await service.fast_path.drain()


def sizes(publisher: GatedPublisher) -> list[int]:
    return [len(batch) for batch in publisher.batches]


def waiting(service: Service) -> dict[str, list[int]]:
    """Sequences that wait, by order."""
    return {order_id: sorted(row.waiting) for (_, order_id), row in service.table.rows.items() if row.waiting}


async def test_a_lone_event_goes_at_once() -> None:
    service, publisher = gated()
    await placed(service)
    await publisher.asked.wait()
    assert sizes(publisher) == [1]
    await opened(service, publisher)
    assert waiting(service) == {}


async def test_while_events_are_on_their_way_others_gather_and_go_together() -> None:
    service, publisher = gated()
    await placed(service)
    await publisher.asked.wait()
    await placed(service, 7)
    await placed(service, 3, "tenant_b")
    assert sizes(publisher) == [1]
    await opened(service, publisher)
    assert sizes(publisher) == [1, 10]
    assert {event.tenant_id for event in publisher.batches[-1]} == {"tenant_a", "tenant_b"}
    assert waiting(service) == {}
    assert service.counters.of(EVENTS_PUBLISHED) == service.counters.of(EVENT_PUBLICATIONS) == 11


async def test_a_whole_batch_waits_for_no_other() -> None:
    service, publisher = gated()
    await placed(service)
    await publisher.asked.wait()
    (first,) = publisher.batches[0]
    await placed(service, 2 * BATCH + 4)
    assert sizes(publisher) == [1, BATCH, BATCH]
    await opened(service, publisher)
    assert sizes(publisher) == [1, BATCH, BATCH, 4]
    assert waiting(service) == {}
    assert first.order_id not in {event.order_id for batch in publisher.batches[1:] for event in batch}


async def test_a_whole_batch_has_no_event_of_an_order_that_has_one_on_its_way() -> None:
    service, publisher = gated()
    (order,) = await placed(service)
    await publisher.asked.wait()
    order = await service.change_status.execute(STAFF, order, Action.PROCESS)
    await placed(service, BATCH - 1)
    assert sizes(publisher) == [1]
    await placed(service, 2)
    assert order.order_id not in {event.order_id for event in publisher.batches[1]}
    await opened(service, publisher)
    assert sizes(publisher) == [1, BATCH, 2]
    assert [event.sequence for event in publisher.published if event.order_id == order.order_id] == [1, 2]
    assert waiting(service) == {}


async def test_an_order_with_an_event_on_its_way_waits_with_its_next() -> None:
    service, publisher = gated()
    (order,) = await placed(service)
    await publisher.asked.wait()
    order = await service.change_status.execute(STAFF, order, Action.PROCESS)
    await service.change_status.execute(a_caller(), order, Action.CANCEL)
    (other,) = await placed(service)
    assert sizes(publisher) == [1]
    await opened(service, publisher)
    told = [[(event.order_id, event.sequence) for event in batch] for batch in publisher.batches]
    assert told == [[(order.order_id, 1)], [(order.order_id, 2), (other.order_id, 1)], [(order.order_id, 3)]]
    assert waiting(service) == {}


async def test_it_is_bounded_and_leaves_the_rest_to_the_relay() -> None:
    service, publisher = gated()
    service.fast_path._limit = 3
    await placed(service)
    await publisher.asked.wait()
    *_, last = await placed(service, 3)
    await opened(service, publisher)
    assert waiting(service) == {last.order_id: [1]}
    await placed(service)
    await opened(service, publisher)
    assert list(waiting(service)) == [last.order_id]


async def test_what_one_order_cannot_do_keeps_no_other_back() -> None:
    service, publisher = gated()
    unreadable, contradicted, refused, whole = await placed(service, 4)
    await opened(service, publisher)
    publisher.gate.clear()
    orders = [unreadable, contradicted, refused, whole]
    service.table.damage(ItemKind.EVENT, unreadable.tenant_id, unreadable.order_id, 2)
    publisher.refuse = lambda event: "throttled" if event.order_id == refused.order_id else None
    publisher.batches.clear()
    publisher.asked.clear()
    await placed(service)
    await publisher.asked.wait()
    for order in orders:
        await service.change_status.execute(STAFF, order, Action.PROCESS)
    (event,) = await service.outbox.waiting(contradicted.tenant_id, contradicted.order_id)
    another = OrderEvent(event.tenant_id, event.order_id, 2, 9, event.type, event.at, event.actor)
    service.table.log(event.tenant_id, event.order_id)[2] = another
    await opened(service, publisher)
    assert waiting(service) == {order.order_id: [2] for order in (unreadable, contradicted, refused)}
    assert sizes(publisher) == [1, 3]
    assert service.counters.of(EVENT_PUBLICATION_FAILURES) == 2


async def test_a_mistake_over_one_order_is_logged_and_hurts_that_order_alone(caplog: pytest.LogCaptureFixture) -> None:
    service, publisher = gated()
    await placed(service)
    await publisher.asked.wait()
    wrong, *_ = await placed(service, 3)

    def mistaken(event: OrderEvent) -> str | None:
        if event.order_id == wrong.order_id:
            raise ValueError
        return None

    publisher.refuse = mistaken
    with caplog.at_level(logging.ERROR):
        await opened(service, publisher)
    assert waiting(service) == {wrong.order_id: [1]}
    assert wrong.order_id in caplog.text
    publisher.refuse = lambda event: None
    await placed(service)
    await opened(service, publisher)
    assert waiting(service) == {wrong.order_id: [1]}


async def test_a_batch_belongs_to_no_request() -> None:
    request: ContextVar[str] = ContextVar("request", default="none")
    seen: list[str] = []
    service = Service()

    def note(_: OrderEvent) -> None:
        seen.append(request.get())

    service.publisher.refuse = note
    request.set("the first")
    await placed(service)
    await service.fast_path.drain()
    assert seen == ["none"]


@pytest.mark.parametrize("after", [False, True])
async def test_whoever_dies_at_any_call_loses_nothing_of_any_order(after: bool) -> None:
    for deaths in count():
        service, dead = await _died_at(deaths, after)
        for (tenant_id, order_id), row in service.table.rows.items():
            gone = {event.sequence for event in service.publisher.published if event.order_id == order_id}
            logged = service.table.log(tenant_id, order_id).keys()
            assert {1, 2} - row.waiting.keys() <= gone & logged, f"died at call {deaths + 1}"
        relay = service.relay()
        for shard in range(service.outbox.shards):
            await relay.sweep(shard)
        assert waiting(service) == {}
        assert service.counters.of(EVENTS_PUBLISHED) <= 6
        if not dead:
            assert deaths >= 4
            break


async def _died_at(call: int, after: bool) -> tuple[Service, bool]:
    """Two events of each of three orders, published by a process that dies at that call of a port, if it lives so
    long.
    """
    service = Service()
    service.fast_path._limit = 0
    orders = await placed(service, 3)
    for order in orders:
        await service.change_status.execute(STAFF, order, Action.PROCESS)
    life = Life(call, after)
    publish = PublishEvents(life.of(service.outbox), life.of(service.publisher), service.counters, AlwaysWriter())
    try:
        await publish.waiting_of_all([(order.tenant_id, order.order_id) for order in orders])
    except Died:
        return service, True
    return service, False
