"""Reports of other services through the event-processor: in any order, any number of times, over any death."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders.adapters.inbound.sqs.retry_policy import IMPOSSIBLE
from orders.application.events.apply_external_event import ApplyExternalEvent, ReportFromTheFuture
from orders.application.orders.change_order import OrderChanger
from orders.application.policy.errors import OrderNotFound
from orders.domain.errors import Fault
from orders.domain.events import EventType, OrderEvent
from orders.domain.external_event_rules import ImpossibleReport
from orders.domain.lifecycle import Action, Role
from orders.domain.order import Order
from orders.domain.reports import Report
from orders.ports.acceptances import AcceptanceState
from orders.ports.errors import NotYet
from tests.support.builders import NOON, a_draft, an_order_id
from tests.support.crashing_process import Died, Life
from tests.support.external_event_feeds import STORIES, on_the_bus, outcome
from tests.support.service import HOLD, Service, a_caller
from tests.support.workers import an_event_processor, delivered, handled, message

SECOND = timedelta(seconds=1)
HALVES = (1, 1)


class Shop:
    """A service with one order, and the event-processor's queue in the test's hand."""

    def __init__(self, start: Any = NOON) -> None:
        self.service = Service(start=start)
        self.process = handled(an_event_processor(self.service))
        self.dead: Counter[str] = Counter()
        self._told = 0

    async def open(self) -> Order:
        return await self.service.place_order.execute(a_caller(), a_draft())

    async def now(self, order: Order) -> Order:
        found = await self.service.repository.get(order.tenant_id, order.order_id)
        assert found is not None
        return found

    async def told(self) -> list[OrderEvent]:
        """Our own events since the last time."""
        await self.service.fast_path.drain()
        events = self.service.publisher.published[self._told :]
        self._told += len(events)
        return events

    async def give(self, order: Order, report: Report) -> None:
        await self.take(on_the_bus(order, report))

    async def take(self, body: Any) -> None:
        """Hand the event-processor a message; what is impossible is a dead letter."""
        try:
            await self.process(message(body))
        except IMPOSSIBLE:
            self.dead[body["detail"]["event_id"]] += 1

    async def settle(self, order: Order) -> Order:
        """Deliver our own events and what was put back, until nothing comes any more."""
        while True:
            events = await self.told()
            for event in events:
                await self.process(delivered(event))
            returned, self.service.report_returns.returned = self.service.report_returns.returned, []
            if returned:
                self.service.clock.advance(max(after for *_, after in returned))
            for *_, report, _ in returned:
                await self.give(order, report)
            if not events and not returned:
                return await self.now(order)


@pytest.mark.parametrize("name", STORIES)
async def test_a_story_told_in_order_comes_to_its_end(name: str) -> None:
    shop = Shop()
    order = await shop.open()
    for report in STORIES[name].reports(NOON, SECOND, HALVES):
        await shop.give(order, report)
    found = await shop.settle(order)
    assert (str(found.status), found.reported.parked) == (STORIES[name].status, ())
    assert len(shop.dead) == STORIES[name].impossible


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_shuffled_and_repeated_it_comes_to_the_same(data: st.DataObject) -> None:
    async def run() -> None:
        name = data.draw(st.sampled_from(sorted(STORIES)), label="story")
        story = STORIES[name]
        reports = story.reports(NOON, SECOND, HALVES)
        told = reports + data.draw(st.lists(st.sampled_from(reports), max_size=6) if reports else st.just([]))
        feed = data.draw(st.permutations(told), label="feed")
        expected = await ordered(name)
        shop = Shop()
        order = await shop.open()
        for report in feed:
            await shop.give(order, report)
            if data.draw(st.booleans(), label="our own events come now"):
                for event in await shop.told():
                    await shop.process(delivered(event))
        found = await shop.settle(order)
        assert outcome(found) == expected
        assert len(shop.dead) == story.impossible

    asyncio.run(run())


async def ordered(name: str) -> dict[str, Any]:
    shop = Shop()
    order = await shop.open()
    for report in STORIES[name].reports(NOON, SECOND, HALVES):
        await shop.give(order, report)
    return outcome(await shop.settle(order))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("name", ["delivered", "declined, then paid", "shipped and never paid"])
async def test_whoever_dies_at_any_call_is_followed_by_one_who_finishes(name: str, after: bool) -> None:
    expected = await ordered(name)
    deaths = 0
    while True:
        shop = Shop()
        service = shop.service
        order = await shop.open()
        # The worst order: everything waits for the last to come.
        *waiting, last = reversed(STORIES[name].reports(NOON, SECOND, HALVES))
        for report in waiting:
            await shop.give(order, report)
        try:
            await hearing(service, Life(deaths, after)).execute(order.tenant_id, order.order_id, last)
        except Died:
            deaths += 1
            # The process is gone, and with it its fast path: the relay publishes what it had left.
            for shard in range(service.outbox.shards):
                await service.relay().sweep(shard)
            await shop.give(order, last)
        else:
            break
        assert outcome(await shop.settle(order)) == expected, f"died at call {deaths}"
        assert len(shop.dead) == STORIES[name].impossible
    assert deaths >= 1


def hearing(service: Service, life: Life) -> ApplyExternalEvent:
    repository = life.of(service.repository)
    changer = OrderChanger(repository, service.clock, service.fast_path, service.replays)
    returns = life.of(service.report_returns)
    return ApplyExternalEvent(repository, life.of(service.acceptances), changer, returns, service.clock, hold=HOLD)


@pytest.mark.parametrize("after", [False, True])
async def test_whoever_dies_while_catching_up_is_followed_by_one_who_finishes(after: bool) -> None:
    deaths = 0
    while True:
        shop = Shop()
        order = await shop.open()
        for report in reversed(STORIES["delivered"].reports(NOON, SECOND, HALVES)[1:]):
            await shop.give(order, report)
        await shop.service.change_status.execute(a_caller(Role.STAFF), await shop.now(order), Action.PROCESS)
        try:
            await hearing(shop.service, Life(deaths, after)).catch_up(order.tenant_id, order.order_id)
        except Died:
            deaths += 1
            for shard in range(shop.service.outbox.shards):
                await shop.service.relay().sweep(shard)
        else:
            break
        found = await shop.settle(order)
        assert (found.status, found.version, found.reported.parked) == ("completed", 7, ()), f"died at call {deaths}"
    # It reads once, and writes two parcels, two arrivals and the end.
    assert deaths == 6


async def test_what_staff_do_by_the_api_brings_what_waited_along() -> None:
    shop = Shop()
    order = await shop.open()
    _, sent, second, *_ = STORIES["delivered"].reports(NOON, SECOND, HALVES)
    for report in (second, sent):
        await shop.give(order, report)
    waiting = await shop.now(order)
    assert (waiting.status, waiting.version, waiting.reported.revision) == ("pending", 1, 2)
    await shop.service.change_status.execute(a_caller(Role.STAFF), waiting, Action.PROCESS)
    found = await shop.settle(order)
    assert (found.status, len(found.parcels), found.reported.parked) == ("fulfilled", 2, ())
    log = await shop.service.outbox.read(order.tenant_id, order.order_id)
    assert [event.actor.principal for event in log][1:] == ["staff-principal", *["io.bbws.fulfilment"] * 2]


async def test_parking_and_a_change_at_the_same_moment_lose_neither() -> None:
    shop = Shop()
    order = await shop.open()
    reports = STORIES["delivered"].reports(NOON, SECOND, HALVES)
    staff = a_caller(Role.STAFF)
    # All have read the order as it was; whoever comes second reads it again.
    await asyncio.gather(
        *(shop.give(order, report) for report in reports[1:]),
        shop.service.change_status.execute(staff, order, Action.PROCESS),
    )
    assert (await shop.settle(order)).status == "completed"


async def test_what_waited_in_vain_is_a_dead_letter_with_its_reason() -> None:
    shop = Shop()
    order = await shop.open()
    sent = STORIES["shipped"].reports(NOON, SECOND, HALVES)[1]
    await shop.give(order, sent)
    await shop.service.change_status.execute(a_caller(), await shop.now(order), Action.CANCEL)
    found = await shop.settle(order)
    assert (found.status, found.reported.parked, shop.dead) == ("cancelled", (), Counter({sent.id: 1}))
    with pytest.raises(ImpossibleReport, match="ShipmentDispatched of an order that is cancelled"):
        await shop.process(message(on_the_bus(order, sent)))


async def test_a_parcel_that_arrived_before_it_was_shipped_is_a_dead_letter_parked_or_not() -> None:
    shop = Shop(start=NOON + timedelta(hours=1))
    order = await shop.open()
    captured, sent, arrived = STORIES["half arrived"].reports(NOON, SECOND, HALVES)
    early = replace(arrived, at=NOON - timedelta(hours=1))
    await shop.give(order, early)
    assert (await shop.now(order)).reported.parked == (early,)
    await shop.give(order, captured)
    await shop.give(order, sent)
    found = await shop.settle(order)
    assert (found.status, found.reported.parked, shop.dead) == ("partially_fulfilled", (), Counter({early.id: 1}))
    assert found.parcels[0].delivered_at is None
    with pytest.raises(ImpossibleReport, match="before its parcel was shipped"):
        await shop.process(message(on_the_bus(order, early)))
    await shop.service.deliver_parcel.execute(a_caller(Role.STAFF), found, "par_1")
    await shop.process(message(on_the_bus(order, early)))


async def test_a_failure_waits_its_time_and_a_capture_that_follows_wins() -> None:
    shop = Shop()
    order = await shop.open()
    failed, captured = STORIES["declined, then paid"].reports(NOON, SECOND, HALVES)
    await shop.give(order, failed)
    ((_, _, kept_back, after),) = shop.service.report_returns.returned
    assert kept_back == failed
    assert HOLD - SECOND < after <= HOLD
    await shop.give(order, captured)
    assert (await shop.settle(order)).status == "processing"
    assert not shop.dead


async def test_when_it_comes_later_than_that_people_learn_of_the_money() -> None:
    shop = Shop()
    order = await shop.open()
    failed, captured = STORIES["declined, then paid"].reports(NOON, SECOND, HALVES)
    await shop.give(order, failed)
    assert (await shop.settle(order)).status == "rejected"
    with pytest.raises(ImpossibleReport, match="the money has to be returned"):
        await shop.process(message(on_the_bus(order, captured)))


async def test_reports_of_deleted_and_erased_orders_are_obsolete() -> None:
    shop = Shop()
    order = await shop.open()
    await shop.service.change_status.execute(a_caller(), order, Action.CANCEL)
    admin = a_caller(Role.ADMIN)
    await shop.service.delete_order.execute(admin, await shop.now(order))
    gone = await shop.service.erase_personal_data.execute(admin, await shop.now(order))
    (captured,) = STORIES["paid"].reports(NOON, SECOND, HALVES)
    await shop.give(order, captured)
    assert (await shop.now(order)).sequence == gone.sequence
    assert not shop.dead


async def test_nobody_reports_of_another_shops_order() -> None:
    shop = Shop()
    order = await shop.open()
    (captured,) = STORIES["paid"].reports(NOON, SECOND, HALVES)
    with pytest.raises(OrderNotFound):
        await shop.service.apply_external_event.execute("tenant_b", order.order_id, captured)
    with pytest.raises(OrderNotFound):
        await shop.service.apply_external_event.execute(order.tenant_id, an_order_id(99), captured)


async def test_an_accepted_order_is_waited_for() -> None:
    shop = Shop()
    accepted = await shop.service.accept_order.execute(a_caller(), a_draft())
    (captured,) = STORIES["paid"].reports(NOON, SECOND, HALVES)
    with pytest.raises(NotYet):
        await shop.service.apply_external_event.execute("tenant_a", accepted.order_id, captured)


async def test_an_order_that_is_placed_while_it_is_looked_for_is_waited_for() -> None:
    shop = Shop()
    service = shop.service
    accepted = await service.accept_order.execute(a_caller(), a_draft())

    class Overtaken:
        """A table that shows what it held right before the order was placed."""

        async def get(self, tenant_id: str, order_id: str) -> Order | None:
            found = await service.repository.get(tenant_id, order_id)
            await service.place_accepted.execute(tenant_id, order_id)
            return found

    hear_report = ApplyExternalEvent(
        Overtaken(),  # type: ignore[arg-type]
        service.acceptances,
        service.order_changer,
        service.report_returns,
        service.clock,
        hold=HOLD,
    )
    (captured,) = STORIES["paid"].reports(NOON, SECOND, HALVES)
    with pytest.raises(NotYet):
        await hear_report.execute("tenant_a", accepted.order_id, captured)
    await hear_report.execute("tenant_a", accepted.order_id, captured)


async def test_a_report_of_an_order_that_was_rejected_is_impossible() -> None:
    shop = Shop()
    accepted = await shop.service.accept_order.execute(a_caller(), a_draft())
    faults = (Fault((), "x", "y"),)
    await shop.service.acceptances.finish("tenant_a", accepted.order_id, AcceptanceState.REJECTED, faults)
    (captured,) = STORIES["paid"].reports(NOON, SECOND, HALVES)
    with pytest.raises(OrderNotFound):
        await shop.service.apply_external_event.execute("tenant_a", accepted.order_id, captured)


async def test_what_has_not_happened_yet_is_refused() -> None:
    shop = Shop()
    order = await shop.open()
    (captured,) = STORIES["paid"].reports(NOON + timedelta(hours=1), SECOND, HALVES)
    with pytest.raises(ReportFromTheFuture, match="yet to come"):
        await shop.process(message(on_the_bus(order, captured)))


async def test_the_events_say_who_reported() -> None:
    shop = Shop()
    order = await shop.open()
    for report in STORIES["delivered"].reports(NOON, SECOND, HALVES):
        await shop.give(order, report)
    await shop.settle(order)
    log = await shop.service.outbox.read(order.tenant_id, order.order_id)
    assert [(event.type, event.actor.principal) for event in log][1:] == [
        (EventType.PROCESSING, "io.bbws.payments"),
        (EventType.FULFILLED, "io.bbws.fulfilment"),
        (EventType.FULFILLED, "io.bbws.fulfilment"),
        (EventType.DELIVERED, "io.bbws.fulfilment"),
        (EventType.DELIVERED, "io.bbws.fulfilment"),
        (EventType.COMPLETED, "io.bbws.fulfilment"),
    ]
