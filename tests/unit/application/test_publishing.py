"""Events reach the bus: at once when all goes well, by the relay when not, and never get lost in between."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orders.adapters.outbound.memory.event_publisher import MemoryEventPublisher
from orders.domain.events import OrderEvent
from orders.domain.lifecycle import Action, Role
from orders.domain.order import Order
from orders.domain.parts import ParcelLine
from orders.domain.shipping import Shipment
from orders.ports.errors import ItemKind, NotPermitted, OutboxFull, TransientPortError
from orders.ports.metric_catalogue import (
    EVENT_PUBLICATION_FAILURES,
    EVENT_PUBLICATIONS,
    EVENTS_PUBLISHED,
    ORDERS_COMPLETED,
    ORDERS_CREATED,
    REVENUE,
)
from orders.ports.order_repository import MAX_PENDING_EVENTS
from tests.support.builders import a_draft, a_line
from tests.support.service import Service, a_caller


async def three_events(service: Service) -> Order:
    order = await service.place_order.execute(a_caller(), a_draft())
    order = await service.change_status.execute(a_caller(Role.STAFF), order, Action.PROCESS)
    order = await service.change_status.execute(a_caller(), order, Action.CANCEL)
    await service.fast_path.drain()
    return order


def a_parcel(number: int) -> Shipment:
    return Shipment("DHL", f"T{number}", lines=(ParcelLine("line_1", 1),))


async def waiting(service: Service, order: Order) -> list[int]:
    return [event.sequence for event in await service.outbox.waiting("tenant_a", order.order_id)]


async def sweep(service: Service, lag: timedelta = timedelta(0)) -> int:
    return sum([await service.relay(lag).sweep(shard) for shard in range(service.outbox.shards)])


async def test_what_the_bus_refused_waits_and_the_relay_publishes_it_in_order() -> None:
    service = Service()
    service.publisher.refuse = lambda event: "throttled"
    order = await three_events(service)
    assert await waiting(service, order) == [1, 2, 3]
    assert await sweep(service) == 0
    service.publisher.refuse = lambda event: None
    assert await sweep(service) == 3
    assert [event.sequence for event in service.publisher.published] == [1, 2, 3]
    assert await waiting(service, order) == []
    assert await sweep(service) == 0


async def test_one_entrys_failure_is_that_entrys_alone() -> None:
    service = Service()

    def second_fails(event: OrderEvent) -> str | None:
        return "internal failure" if event.sequence == 2 else None

    service.publisher.refuse = second_fails
    order = await three_events(service)
    assert await waiting(service, order) == [2]
    history = await service.read_history.execute(a_caller(Role.STAFF), order)
    assert [entry.sequence for entry in history.entries] == [1, 2, 3]
    service.publisher.refuse = lambda event: None
    assert await sweep(service) == 1


async def test_the_relay_leaves_to_the_writer_what_is_fresh() -> None:
    service = Service()
    service.publisher.refuse = lambda event: "throttled"
    await three_events(service)
    service.publisher.refuse = lambda event: None
    assert await sweep(service, lag=timedelta(seconds=5)) == 0


async def test_a_table_out_of_reach_after_publishing_means_publishing_again() -> None:
    service = Service()

    def lose_the_table(event: OrderEvent) -> str | None:
        service.table.reachable = False
        return None

    order = await service.place_order.execute(a_caller(), a_draft())
    service.publisher.refuse = lose_the_table
    await service.fast_path.drain()
    service.table.reachable = True
    assert await waiting(service, order) == [1]
    service.publisher.refuse = lambda event: None
    assert await sweep(service) == 1
    assert [event.sequence for event in service.publisher.published] == [1, 1]


async def test_what_somebody_else_settled_is_passed_over() -> None:
    service = Service()
    service.publisher.refuse = lambda event: "throttled"
    order = await three_events(service)
    service.publisher.refuse = lambda event: None
    assert await service.publish_events.waiting_of("tenant_a", order.order_id) == 3
    assert await service.publish_events.waiting_of("tenant_a", order.order_id) == 0
    assert await waiting(service, order) == []


async def test_when_the_bus_takes_nothing_changes_are_refused_before_the_order_overflows() -> None:
    service = Service()
    service.publisher.refuse = lambda event: "unreachable"
    staff = a_caller(Role.STAFF)
    order = await service.place_order.execute(a_caller(), a_draft(lines=(a_line(quantity=40),)))
    order = await service.change_status.execute(staff, order, Action.PROCESS)
    for number in range(MAX_PENDING_EVENTS - 2):
        order = await service.fulfil_order.execute(staff, order, a_parcel(number))
    await service.fast_path.drain()
    with pytest.raises(OutboxFull):
        await service.fulfil_order.execute(staff, order, a_parcel(98))
    service.publisher.refuse = lambda event: None
    order = await service.fulfil_order.execute(staff, order, a_parcel(99))
    assert order.sequence == MAX_PENDING_EVENTS + 1


async def test_an_outage_is_raised_to_the_loop() -> None:
    service = Service()
    service.table.reachable = False
    with pytest.raises(TransientPortError):
        await sweep(service)


async def test_an_event_behind_one_that_cannot_be_read_waits_with_its_order_whoever_publishes() -> None:
    service = Service()
    service.publisher.refuse = lambda _: "throttled"
    order = await service.place_order.execute(a_caller(), a_draft())
    await service.fast_path.drain()
    service.table.damage(ItemKind.EVENT, "tenant_a", order.order_id, 1)
    service.publisher.refuse = lambda _: None

    await service.change_status.execute(a_caller(Role.STAFF), order, Action.PROCESS)
    await service.fast_path.drain()

    assert service.publisher.published == []
    assert [row.waiting.keys() for row in service.table.rows.values()] == [{1, 2}]


def counted(service: Service) -> dict[str, float]:
    """What was attempted, what failed, what was settled."""
    metrics = (EVENT_PUBLICATIONS, EVENT_PUBLICATION_FAILURES, EVENTS_PUBLISHED)
    return {metric.name.removeprefix("event_"): service.counters.of(metric) for metric in metrics}


async def test_each_attempt_is_counted_and_each_event_once_whoever_publishes_it() -> None:
    service = Service()
    service.publisher.refuse = lambda event: "throttled" if event.sequence == 2 else None
    await three_events(service)
    assert counted(service) == {"publications": 3, "publication_failures": 1, "events_published": 2}
    service.publisher.refuse = lambda event: None
    await sweep(service)
    assert counted(service) == {"publications": 4, "publication_failures": 1, "events_published": 3}


async def test_what_was_published_and_could_not_be_settled_has_failed_with_all_behind_it() -> None:
    service = Service()
    service.publisher.refuse = lambda event: "throttled"
    order = await three_events(service)

    def lose_the_table(event: OrderEvent) -> str | None:
        service.table.reachable = False
        return None

    service.publisher.refuse = lose_the_table
    with pytest.raises(TransientPortError):
        await service.publish_events.waiting_of("tenant_a", order.order_id)
    assert counted(service) == {"publications": 6, "publication_failures": 6, "events_published": 0}


async def test_a_bus_that_denies_access_fails_every_event() -> None:
    class Denying(MemoryEventPublisher):
        async def publish(self, events: Any) -> Any:
            raise NotPermitted("event bus", "access denied")

    service = Service(publisher=Denying())
    await service.place_order.execute(a_caller(), a_draft())
    await service.fast_path.drain()
    assert counted(service) == {"publications": 1, "publication_failures": 1, "events_published": 0}


async def test_an_event_that_is_published_again_after_it_was_settled_is_counted_once() -> None:
    service = Service()
    await service.place_order.execute(a_caller(), a_draft())
    await service.fast_path.drain()
    (created,) = service.publisher.published
    assert await service.publish_events.execute([created]) == 1
    assert counted(service) == {"publications": 2, "publication_failures": 0, "events_published": 1}
    assert service.counters.of(ORDERS_CREATED) == 1


async def test_orders_and_what_they_come_to_are_counted_in_units_of_their_currency() -> None:
    service = Service()
    order = await service.place_order.execute(a_caller(), a_draft())
    staff = a_caller(Role.STAFF)
    order = await service.change_status.execute(staff, order, Action.PROCESS)
    order = await service.fulfil_order.execute(staff, order, Shipment("DHL", "T1"))
    order = await service.deliver_parcel.execute(staff, order, "par_1")
    await service.fast_path.drain()
    assert service.counters.of(ORDERS_COMPLETED) == 0
    await service.change_status.execute(staff, order, Action.COMPLETE)
    await service.fast_path.drain()
    assert (service.counters.of(ORDERS_CREATED), service.counters.of(ORDERS_COMPLETED)) == (1, 1)
    total = float(order.totals.total.to_decimal())
    assert total > 1
    assert service.counters.counted(REVENUE) == {frozenset({("currency", order.currency)}): total}


async def test_a_creation_that_says_no_total_is_an_order_all_the_same() -> None:
    service = Service(publisher=MemoryEventPublisher())
    await service.place_order.execute(a_caller(), a_draft())
    await service.fast_path.drain()
    (created,) = service.publisher.published
    bare = replace(created, data={"status": "pending"})
    service.table.rows[bare.tenant_id, bare.order_id].waiting[bare.sequence] = bare
    await service.publish_events.execute([bare])
    assert service.counters.of(ORDERS_CREATED) == 2
    assert service.counters.of(REVENUE) == float(str(created.data["total"]))
