"""The contract of ``EventArchive``, on which replay relies ([PIPE-13])."""

from datetime import datetime, timedelta

from orders.domain.events import OrderEvent
from orders.ports.event_archive import ArchivedEvent
from tests.contract.changes import event_of, placed
from tests.contract.order_stores import Store
from tests.support.builders import NOON

DAY = timedelta(days=1)


async def published(store: Store, tenant_id: str, *times: datetime) -> list[OrderEvent]:
    """An order at each time, its created event published."""
    changes = [placed(tenant_id, at=at) for at in times]
    for change in changes:
        await store.orders.add(change)
        await store.outbox.settle(event_of(change))
    return [event_of(change) for change in changes]


async def all_of(store: Store, tenant_id: str, *, limit: int) -> list[ArchivedEvent]:
    found: list[ArchivedEvent] = []
    while True:
        after = found[-1].place if found else None
        page = await store.archive.read(tenant_id, since=NOON - DAY, until=NOON + 3 * DAY, after=after, limit=limit)
        if not page:
            return found
        assert len(page) <= limit
        found += page


async def test_events_come_by_time_over_all_shards_and_days_whatever_the_pages(store: Store, tenant_id: str) -> None:
    times = [NOON + timedelta(hours=7 * number, milliseconds=number % 3) for number in range(10)]
    events = await published(store, tenant_id, *times, NOON, NOON, NOON)
    expected = sorted(events, key=lambda event: (event.at, event.order_id))
    for limit in (1, 3, 100):
        found = await all_of(store, tenant_id, limit=limit)
        assert [each.event for each in found] == expected
        assert [each.place for each in found] == sorted({each.place for each in found})


async def test_a_span_takes_its_beginning_and_leaves_its_end(store: Store, tenant_id: str) -> None:
    times = [NOON, NOON + timedelta(milliseconds=1), NOON + timedelta(milliseconds=2)]
    events = await published(store, tenant_id, *times)
    found = await store.archive.read(tenant_id, since=times[0], until=times[2])
    assert [each.event for each in found] == events[:2]
    assert await store.archive.read(tenant_id, since=times[2], until=times[2]) == []
    assert await store.archive.read(tenant_id, since=NOON + DAY, until=NOON) == []


async def test_other_tenants_and_what_only_waits_are_not_in_it(store: Store, tenant_id: str) -> None:
    await published(store, f"{tenant_id}.other", NOON)
    await store.orders.add(placed(tenant_id))
    assert await all_of(store, tenant_id, limit=10) == []
