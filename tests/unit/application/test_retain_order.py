"""Dating what is stored of an order by its end: dying anywhere, coming twice, ends that move on, and late writers."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.document_store import MemoryDocumentStore
from orders.adapters.outbound.memory.retained_items import MemoryRetainedItems
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.application.events.publish_events import PublishEvents
from orders.application.orders.retain_order import SECOND_PASS_AFTER, RetainedStores, RetainOrder
from orders.application.policy.caller import worker
from orders.application.policy.errors import OrderNotFound
from orders.domain.lifecycle import Action, Role
from orders.domain.order import Order
from orders.domain.retention import kept_until
from orders.ports.errors import TransientPortError
from orders.ports.mail import MailIntent, MailTemplate
from orders.ports.retention import DAY_CLASSES, document_days
from tests.support.builders import NOON, an_order_id
from tests.support.crashing_process import Died, Life
from tests.support.service import LEASE, Service, a_caller
from tests.support.workers import Workers
from tests.unit.application.test_scrub_order import TENANT, keyed, marked_draft

CLOCK = FixedClock(NOON)


def a_service() -> Service:
    return Service(documents=MemoryDocumentStore(clock=CLOCK), elsewhere=MemoryDocumentStore(clock=CLOCK))


async def ended(service: Service, *, settled: bool = False) -> Order:
    """An accepted order with a document and mails, cancelled; its last event waits to be published."""
    order = await service.accept_order.execute(a_caller(), marked_draft(), keyed("create"))
    await service.place_accepted.execute(TENANT, order.order_id)
    await service.fast_path.drain()
    await Workers(service).settle()
    order = await service.open_order.execute(a_caller(), order.order_id)
    order = await service.change_status.execute(a_caller(), order, Action.CANCEL, reason="too late")
    await service.fast_path.drain()
    if settled:
        await Workers(service).settle()
    found = await service.repository.get(TENANT, order.order_id)
    assert found is not None
    return found


def expiries(service: Service, order: Order) -> set[datetime | None]:
    """The expiry of everything stored of the order in this region."""
    key = (TENANT, order.order_id)
    row = service.table.rows[key]
    return {
        row.order.expires_at,
        *(event.expires_at for event in row.waiting.values()),
        *(event.expires_at for event in service.table.log(*key).values()),
        *([service.table.accepted_until.get(key)] if key in service.table.accepted else []),
        *(entry.expires_at for entry in service.intents._entries.values()),
        *(service.documents.expiries.get(name) for name in service.documents.documents),
    }


def retaining(service: Service, life: Life) -> RetainOrder:
    """The use case in a process with that much life."""
    outbox = life.of(service.outbox)
    return RetainOrder(
        life.of(service.repository),
        RetainedStores(
            outbox,
            life.of(MemoryRetainedItems(service.table, service.intents)),
            life.of(service.documents),
            [life.of(service.elsewhere)],
        ),
        PublishEvents(outbox, life.of(service.publisher), service.counters, AlwaysWriter()),
        life.of(service.retain_requests),
    )


async def test_everything_goes_seven_years_after_the_end() -> None:
    service = a_service()
    order = await ended(service)
    assert expiries(service, order) == {None, order.expires_at}
    await service.use_cases.retain_order().execute(TENANT, order.order_id)
    assert expiries(service, order) == {order.expires_at}
    assert service.retain_requests.requested == [(TENANT, order.order_id, SECOND_PASS_AFTER)]


@pytest.mark.parametrize("after", [False, True])
async def test_whoever_dies_at_any_call_is_followed_by_one_who_finishes(after: bool) -> None:
    deaths = 0
    while True:
        service = a_service()
        order = await ended(service)
        try:
            await retaining(service, Life(deaths, after)).execute(TENANT, order.order_id)
        except Died:
            await service.use_cases.retain_order().execute(TENANT, order.order_id)
            assert expiries(service, order) == {order.expires_at}, f"died at call {deaths + 1}"
            assert service.retain_requests.requested
            deaths += 1
        else:
            break
    assert deaths >= 6


async def test_again_and_again_it_has_the_effect_of_once() -> None:
    service = a_service()
    order = await ended(service)
    for again in (True, False, True):
        await service.use_cases.retain_order().execute(TENANT, order.order_id, again=again)
        assert len(service.documents.versions) == 2
    assert expiries(service, order) == {order.expires_at}


async def test_nothing_of_an_order_that_is_not_over_is_dated() -> None:
    service = a_service()
    order = await service.place_order.execute(a_caller(), marked_draft())
    await Workers(service).settle()
    await service.use_cases.retain_order().execute(TENANT, order.order_id)
    assert expiries(service, order) == {None}
    assert service.retain_requests.requested == []
    with pytest.raises(OrderNotFound):
        await service.use_cases.retain_order().execute(TENANT, an_order_id(77))


async def test_an_end_that_moves_on_moves_everything_on() -> None:
    service = a_service()
    order = await ended(service, settled=True)
    row = service.table.rows[TENANT, order.order_id]
    assert order.expires_at is not None
    row.order = replace(row.order, expires_at=order.expires_at + timedelta(days=30))
    await service.use_cases.retain_order().execute(TENANT, order.order_id)
    assert expiries(service, order) == {order.expires_at + timedelta(days=30)}


async def test_the_worker_dates_by_the_event_of_the_end() -> None:
    service = a_service()
    order = await ended(service, settled=True)
    assert expiries(service, order) == {order.expires_at}
    await Workers(service).let_time_pass()
    assert expiries(service, order) == {order.expires_at}


async def test_whoever_read_the_order_before_its_end_and_writes_after_it_is_caught_by_the_second_pass() -> None:
    service = a_service()
    order = await ended(service, settled=True)
    intent = MailIntent(TENANT, order.order_id, 1, MailTemplate.ORDER_SHIPPED, "thandi@example.com")
    await service.intents.claim(intent, now=NOON, lease=LEASE)
    await service.documents.put(next(iter(service.documents.documents)), b"late")
    assert None in expiries(service, order)
    await Workers(service).let_time_pass()
    assert expiries(service, order) == {order.expires_at}


async def test_a_mail_of_after_the_end_goes_with_its_order() -> None:
    service = a_service()
    order = await ended(service, settled=True)
    assert {entry.expires_at for entry in service.intents._entries.values()} == {order.expires_at}


async def test_a_document_of_after_the_end_goes_with_its_order() -> None:
    service = a_service()
    order = await ended(service, settled=True)
    await service.erase_personal_data.execute(a_caller(Role.ADMIN), order)
    await service.render_document.execute(worker(TENANT, "pdf-creator"), order.order_id)
    assert set(service.documents.expiries.values()) == {order.expires_at}


async def test_the_other_region_is_dated_by_replication_and_by_the_second_pass_if_that_missed_it() -> None:
    service = a_service()
    order = await ended(service)
    other = service.elsewhere
    assert isinstance(other, MemoryDocumentStore)
    for key, pdf in service.documents.documents.items():
        await other.put(key, pdf)
    await service.use_cases.retain_order().execute(TENANT, order.order_id)
    assert other.expiries == {}
    await service.use_cases.retain_order().execute(TENANT, order.order_id, again=False)
    assert set(other.expiries.values()) == {order.expires_at}


@pytest.mark.parametrize("where", ["documents", "intents", "table", "retain_requests", "publisher"])
async def test_what_is_out_of_reach_is_come_back_to(where: str) -> None:
    service = a_service()
    order = await ended(service)
    if where == "publisher":
        service.publisher.refuse = lambda _: "busy"
        row = service.table.rows[TENANT, order.order_id]
        row.wait(replace(service.table.log(TENANT, order.order_id)[1], expires_at=None))
    else:
        getattr(service, where).reachable = False
    with pytest.raises(TransientPortError):
        await service.use_cases.retain_order().execute(TENANT, order.order_id)
    assert service.retain_requests.requested == []
    if where == "publisher":
        service.publisher.refuse = lambda _: None
    else:
        getattr(service, where).reachable = True
    await service.use_cases.retain_order().execute(TENANT, order.order_id)
    assert expiries(service, order) == {order.expires_at}


async def test_an_order_that_an_earlier_release_ended_is_kept_from_its_last_change() -> None:
    service = a_service()
    order = await ended(service, settled=True)
    row = service.table.rows[TENANT, order.order_id]
    row.order = replace(row.order, expires_at=None)
    await service.use_cases.retain_order().execute(TENANT, order.order_id)
    assert row.order.expires_at == kept_until(order.updated_at)


# -- ages of documents -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=2557), 2555),
        (timedelta(days=2556, hours=23), 2555),
        (timedelta(days=2556), 2554),
        (timedelta(days=2555), 2553),
        (timedelta(days=2540), 2538),
        (timedelta(days=2530), 2048),
        (timedelta(days=730), 512),
        (timedelta(days=3), 1),
        (timedelta(days=2, seconds=1), None),
        (timedelta(days=2), None),
        (timedelta(days=-1), None),
    ],
)
def test_a_document_gets_the_highest_age_at_which_it_is_gone_in_time(left: timedelta, days: int | None) -> None:
    assert document_days(NOON, NOON + left) == days


def test_whatever_is_left_no_document_is_kept_for_longer() -> None:
    for hours in range(0, 2557 * 24, 7):
        days = document_days(NOON, NOON + timedelta(hours=hours))
        assert days is None or timedelta(days=days + 1) <= timedelta(hours=hours) or days == 1


def test_there_are_as_many_ages_as_a_bucket_has_room_for() -> None:
    assert len(set(DAY_CLASSES)) == len(DAY_CLASSES) == 33
