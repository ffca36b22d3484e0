"""The contracts of ``Outbox`` and ``EventLog``, on every backend."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, permutations

import pytest

from orders.domain.events import OrderEvent
from orders.ports.errors import PermanentPortError
from tests.contract.changes import event_of, placed, placed_in_full, processed, rendered_often, shipped
from tests.contract.order_stores import Store
from tests.support.builders import NOON, a_receipt


async def test_nothing_waits_where_there_is_no_order(store: Store, tenant_id: str) -> None:
    order_id = placed(tenant_id).order.order_id

    assert await store.outbox.waiting(tenant_id, order_id) == []
    assert await store.log.read(tenant_id, order_id) == []


async def test_events_wait_in_their_order_and_come_back_as_they_were(store: Store, tenant_id: str) -> None:
    first = placed_in_full(tenant_id)
    second = processed(first.order)
    cancelled = replace(event_of(second), reason="out of stock, sorry", traceparent="00-1-2-01", changed=("/a", "/b"))
    await store.history(first, replace(second, event=cancelled))

    assert await store.outbox.waiting(tenant_id, first.order.order_id) == [first.event, cancelled]


async def test_a_receipt_stays_with_its_event_from_waiting_to_log(store: Store, tenant_id: str) -> None:
    headers = (("ETag", '"1-ab"'), ("Location", "/v1.0/orders/x"))
    receipt = a_receipt("k" * 32, "f" * 32, 201, headers, b'{"total":59.98}')
    first = placed(tenant_id).answered(receipt)
    second = processed(first.order).answered(a_receipt("l" * 32, "f" * 32, 204))
    await store.history(first, second)

    assert await store.outbox.waiting(tenant_id, first.order.order_id) == [first.event, second.event]
    await store.outbox.settle(event_of(first))
    assert await store.log.read(tenant_id, first.order.order_id) == [first.event, second.event]
    found = await store.orders.get(tenant_id, first.order.order_id)
    assert found is not None
    assert found.recent_keys == (("l" * 32, 2),)


async def test_overdue_are_exactly_the_orders_with_waiting_events(store: Store, tenant_id: str) -> None:
    changes = [placed(tenant_id, at=NOON + timedelta(seconds=number)) for number in range(12)]
    for change in changes:
        await store.orders.add(change)
    for change in changes[::3]:
        await store.outbox.settle(event_of(change))

    expected = sorted(
        (change.order.order_id, change.order.created_at) for number, change in enumerate(changes) if number % 3
    )
    assert await store.overdue() == expected


async def test_overdue_is_who_waits_since_before(store: Store, tenant_id: str) -> None:
    change = placed(tenant_id)
    await store.orders.add(change)

    assert await store.overdue(before=NOON) == []
    assert await store.overdue(before=NOON + timedelta(milliseconds=1)) == [(change.order.order_id, NOON)]


async def test_overdue_gives_the_oldest_first_and_no_more_than_asked(store: Store, tenant_id: str) -> None:
    for number in (7, 3, 9, 1, 5, 2, 8, 4, 6, 0):
        await store.orders.add(placed(tenant_id, at=NOON + timedelta(seconds=number)))

    for shard in range(store.outbox.shards):
        everything = await store.outbox.overdue(shard, before=NOON + timedelta(hours=1), limit=100)
        assert all(entry.tenant_id == tenant_id for entry in everything)
        assert all(former.since <= latter.since for former, latter in pairwise(everything))
        assert await store.outbox.overdue(shard, before=NOON + timedelta(hours=1), limit=2) == everything[:2]


async def test_an_order_is_overdue_no_later_than_its_oldest_event(store: Store, tenant_id: str) -> None:
    first = placed(tenant_id)
    second = processed(first.order, at=NOON + timedelta(minutes=1))
    third = shipped(second.order, 1)
    await store.history(first, second)
    assert await store.overdue() == [(first.order.order_id, NOON)]

    await store.outbox.settle(event_of(first))
    await store.outbox.settle(event_of(second))
    assert await store.overdue() == []
    await store.orders.save(third)

    assert await store.overdue() == [(first.order.order_id, event_of(third).at)]


async def test_settling_is_repeatable(store: Store, tenant_id: str) -> None:
    first = placed(tenant_id)
    second = processed(first.order)
    await store.history(first, second)

    for _ in range(2):
        await store.outbox.settle(event_of(first))
        assert await store.outbox.waiting(tenant_id, first.order.order_id) == [second.event]
        assert len(await store.overdue()) == 1
    for _ in range(2):
        await store.outbox.settle(event_of(second))
        assert await store.outbox.waiting(tenant_id, first.order.order_id) == []
        assert await store.overdue() == []
    await store.outbox.settle(event_of(first))

    assert await store.log.read(tenant_id, first.order.order_id) == [first.event, second.event]
    assert await store.orders.get(tenant_id, first.order.order_id) == second.order


async def test_an_event_whose_order_is_gone_can_be_settled(store: Store, tenant_id: str) -> None:
    first = placed(tenant_id)

    await store.outbox.settle(event_of(first))

    assert await store.log.read(tenant_id, first.order.order_id) == [first.event]
    assert await store.orders.get(tenant_id, first.order.order_id) is None


async def test_what_is_in_the_log_is_not_overwritten(store: Store, tenant_id: str) -> None:
    first = placed(tenant_id)
    await store.orders.add(first)
    erased = replace(event_of(first), reason=None)
    await store.outbox.settle(erased)

    await store.outbox.settle(replace(erased, reason="what erasure took out"))
    with pytest.raises(PermanentPortError):
        await store.outbox.settle(replace(erased, at=NOON + timedelta(seconds=1)))

    assert await store.log.read(tenant_id, first.order.order_id) == [erased]


async def test_saving_and_settling_in_every_order_lose_nothing(store: Store, tenant_id: str) -> None:
    for number, steps in enumerate(permutations(("save 2", "settle 1", "settle 2", "save 3"))):
        if steps.index("save 2") > min(steps.index("settle 2"), steps.index("save 3")):
            continue  # what is not saved can't be settled or built upon
        first = placed(f"{tenant_id}{number}")
        second = processed(first.order)
        third = shipped(second.order, 1)
        await store.orders.add(first)
        saved, settled = [event_of(first)], set()
        for step in steps:
            if step.startswith("save"):
                change = second if step == "save 2" else third
                await store.orders.save(change)
                saved.append(event_of(change))
            else:
                event = event_of(first if step == "settle 1" else second)
                await store.outbox.settle(event)
                settled.add(event.sequence)
            await assert_kept(store, saved, settled)


async def test_saving_and_settling_at_once_lose_nothing(store: Store, tenant_id: str) -> None:
    first = placed(tenant_id)
    await store.orders.add(first)
    to_settle: asyncio.Queue[OrderEvent | None] = asyncio.Queue()
    settlers = 4
    events = [event_of(first)]
    removed: list[int] = []

    async def write() -> None:
        to_settle.put_nowait(events[0])
        for change in rendered_often(first.order, 12):
            await store.orders.save(change)
            events.append(event_of(change))
            # Twice: as if the writer and the relay were both at it.
            to_settle.put_nowait(events[-1])
            to_settle.put_nowait(events[-1])
        for _ in range(settlers):
            to_settle.put_nowait(None)

    async def settle() -> None:
        while (event := await to_settle.get()) is not None:
            if await store.outbox.settle(event):
                removed.append(event.sequence)

    async def read() -> None:
        seen = 0
        while seen < 13:
            log = await store.log.read(tenant_id, first.order.order_id)
            assert [event.sequence for event in log] == list(range(1, len(log) + 1))
            assert len(log) >= seen
            seen = len(log)
            await asyncio.sleep(0)  # memory answers without ever letting the others go on

    await asyncio.gather(write(), *(settle() for _ in range(settlers)), read())

    await assert_kept(store, events, {event.sequence for event in events})
    assert sorted(removed) == [event.sequence for event in events], "each by one of its settlers"


async def test_the_log_is_read_in_pages(store: Store, tenant_id: str) -> None:
    first = placed(tenant_id)
    later = rendered_often(first.order, 8)
    events = [event_of(change) for change in (first, *later)]
    await store.history(first, *later)
    for event in events[:5]:
        await store.outbox.settle(event)
    # Published before its predecessors are: shown when they are in the log or waiting, which they are.
    await store.outbox.settle(events[7])

    order_id = first.order.order_id
    assert await store.log.read(tenant_id, order_id) == events
    assert await store.log.read(tenant_id, order_id, limit=3) == events[:3]
    assert await store.log.read(tenant_id, order_id, after=3, limit=4) == events[3:7]
    assert await store.log.read(tenant_id, order_id, after=7) == events[7:]
    assert await store.log.read(tenant_id, order_id, after=9) == []


async def test_the_log_ends_at_a_gap(store: Store, tenant_id: str) -> None:
    first = placed(tenant_id)
    second = processed(first.order)
    third = shipped(second.order, 1)
    # As if another region's write of the second had not arrived yet.
    await store.orders.add(first)
    await store.outbox.settle(event_of(third))

    assert await store.log.read(tenant_id, first.order.order_id) == [first.event]


async def assert_kept(store: Store, saved: Sequence[OrderEvent], settled: set[int]) -> None:
    """All that was saved is in the log, what is not settled waits, and the order is overdue as long as any does."""
    tenant_id, order_id = saved[0].tenant_id, saved[0].order_id
    waiting, log, overdue = await asyncio.gather(
        store.outbox.waiting(tenant_id, order_id), store.log.read(tenant_id, order_id), store.overdue()
    )
    assert waiting == [event for event in saved if event.sequence not in settled]
    assert log == list(saved)
    assert (order_id in [each for each, _ in overdue]) == bool(waiting)


async def test_a_logged_event_can_be_redacted_and_a_waiting_one_not_yet(store: Store, tenant_id: str) -> None:
    headers = (("ETag", '"1-ab"'),)
    first = placed(tenant_id).answered(a_receipt("k" * 32, "f" * 32, 201, headers, b'{"notes":"Ring twice"}'))
    second = processed(first.order)
    told = replace(event_of(second), reason="as Thandi asked", traceparent="00-1-2-01", changed=("/a",))
    await store.history(first, replace(second, event=told))
    hidden = a_receipt("k" * 32, "f" * 32, 201, headers, b'{"notes":"[erased]"}')
    redacted = [
        replace(event_of(first), receipt=hidden),
        replace(told, reason="[erased]", data={**told.data, "reason_code": "other"}),
    ]

    assert not await store.log.redact(redacted[0])
    assert await store.log.read(tenant_id, first.order.order_id) == [first.event, told]
    for event in (event_of(first), told):
        await store.outbox.settle(event)
    for _ in range(2):
        assert [await store.log.redact(event) for event in redacted] == [True, True]

    assert await store.log.read(tenant_id, first.order.order_id) == redacted


async def test_what_is_redacted_stays_so_when_it_is_settled_again(store: Store, tenant_id: str) -> None:
    change = placed(tenant_id)
    typed = replace(event_of(change), reason="as Thandi asked", receipt=a_receipt("k", "f", 201, (), b"Thandi"))
    await store.orders.add(replace(change, event=typed))
    await store.outbox.settle(typed)
    bare = replace(typed, reason=None, receipt=None)
    assert await store.log.redact(bare)

    await store.outbox.settle(typed)

    assert await store.log.read(tenant_id, change.order.order_id) == [bare]


async def test_another_event_is_not_redacted(store: Store, tenant_id: str) -> None:
    first = placed(tenant_id)
    await store.orders.add(first)
    await store.outbox.settle(event_of(first))

    with pytest.raises(PermanentPortError, match="another event 1"):
        await store.log.redact(replace(event_of(first), version=2, data={}))

    assert await store.log.read(tenant_id, first.order.order_id) == [first.event]
    assert not await store.log.redact(event_of(placed(tenant_id)))
