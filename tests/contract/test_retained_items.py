"""The contract of ``RetainedItems``, and of all that reads items: what is over is taken for none."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orders.adapters.outbound.memory.clock import FixedClock
from orders.domain.lifecycle import Role
from orders.domain.order import Change
from orders.ports.acceptances import Acceptance
from orders.ports.mail import MailIntent, MailState, MailTemplate
from orders.ports.order_repository import OrderQuery
from tests.contract.order_stores import EmulatorTable, Store, memory_store, store_over
from tests.support.builders import NOON, a_draft, a_stamp, an_order_id, placed

UNTIL = NOON.replace(year=NOON.year + 7)
LEASE = timedelta(seconds=45)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
async def store(orders_table: EmulatorTable | None, clock: FixedClock) -> AsyncIterator[Store]:
    if orders_table is None:
        yield memory_store(clock)
        return
    async with orders_table.endpoint.client("dynamodb") as client:
        yield store_over(client, orders_table.name, clock=clock)


def created(tenant_id: str) -> Change:
    return placed(a_draft(), roles=frozenset({Role.STAFF}), tenant_id=tenant_id)


async def a_life(store: Store, tenant_id: str) -> Change:
    """An accepted and cancelled order with its log and a mail."""
    first = created(tenant_id)
    order = first.order
    await store.acceptances.add(
        Acceptance(
            tenant_id=tenant_id,
            order_id=order.order_id,
            customer_id=order.customer_id,
            principal="p",
            roles=frozenset({Role.CUSTOMER}),
            accepted_at=NOON,
            draft=a_draft(),
        )
    )
    last = order.cancel("too late", a_stamp(), frozenset({Role.STAFF}))
    await store.history(first, last)
    for change in (first, last):
        assert change.event is not None
        await store.outbox.settle(change.event)
    await store.mails.finish(an_intent(order), MailState.SENT, at=NOON)
    return last


def an_intent(order: Any, template: MailTemplate = MailTemplate.ORDER_CONFIRMATION) -> MailIntent:
    return MailIntent(order.tenant_id, order.order_id, 1, template, "thandi@example.com")


async def found(store: Store, change: Change) -> tuple[int, ...]:
    """How many orders, listed orders, events, acceptances and mails of it are there."""
    order = change.order
    key = (order.tenant_id, order.order_id)
    listed = await store.orders.page(OrderQuery(tenant_id=order.tenant_id, limit=10))
    return (
        int(await store.orders.get(*key) is not None),
        len(listed.orders),
        len(await store.log.read(*key)),
        int(await store.acceptances.get(*key) is not None),
        len(await store.mails.of_order(*key)),
    )


async def test_everything_is_there_until_it_is_over_and_nothing_from_then_on(
    store: Store, tenant_id: str, clock: FixedClock
) -> None:
    change = await a_life(store, tenant_id)
    # The order and the event of its end have their expiry by the write that ended it.
    assert await store.retained.keep_until(tenant_id, change.order.order_id, UNTIL) == 3
    clock.at = UNTIL - timedelta(seconds=1)
    assert await found(store, change) == (1, 1, 2, 1, 1)
    clock.at = UNTIL
    assert await found(store, change) == (0, 0, 0, 0, 0)


async def test_once_more_it_changes_nothing_and_later_it_moves_all_on(
    store: Store, tenant_id: str, clock: FixedClock
) -> None:
    change = await a_life(store, tenant_id)
    order_id = change.order.order_id
    await store.retained.keep_until(tenant_id, order_id, UNTIL)
    assert await store.retained.keep_until(tenant_id, order_id, UNTIL) == 0
    assert await store.retained.keep_until(tenant_id, order_id, UNTIL - timedelta(days=1)) == 0
    assert await store.retained.keep_until(tenant_id, order_id, UNTIL + timedelta(days=1)) == 5
    clock.at = UNTIL
    assert await found(store, change) == (1, 1, 2, 1, 1)


async def test_an_order_stays_what_it_is(store: Store, tenant_id: str) -> None:
    change = await a_life(store, tenant_id)
    await store.retained.keep_until(tenant_id, change.order.order_id, UNTIL)
    assert await store.orders.get(tenant_id, change.order.order_id) == change.order
    assert change.order.expires_at == UNTIL


async def test_of_an_order_that_is_not_there_nothing_is_changed(store: Store, tenant_id: str) -> None:
    assert await store.retained.keep_until(tenant_id, an_order_id(), UNTIL) == 0


async def test_the_key_of_an_order_that_is_over_is_free(store: Store, tenant_id: str, clock: FixedClock) -> None:
    change = await a_life(store, tenant_id)
    await store.retained.keep_until(tenant_id, change.order.order_id, UNTIL)
    clock.at = UNTIL
    await store.orders.add(created(tenant_id))
    assert (await found(store, change))[0] == 1


async def test_a_mail_of_after_the_end_goes_by_itself(store: Store, tenant_id: str, clock: FixedClock) -> None:
    change = await a_life(store, tenant_id)
    intent = replace(an_intent(change.order, MailTemplate.ORDER_CANCELLED), expires_at=UNTIL)
    await store.mails.claim(intent, now=NOON, lease=LEASE)
    clock.at = UNTIL
    left = await store.mails.of_order(tenant_id, change.order.order_id)
    assert [record.template for record in left] == [MailTemplate.ORDER_CONFIRMATION]


async def test_the_event_of_the_end_and_those_after_it_go_by_themselves(
    store: Store, tenant_id: str, clock: FixedClock
) -> None:
    change = await a_life(store, tenant_id)
    deleted = change.order.delete(a_stamp(), frozenset({Role.ADMIN}))
    assert deleted.event is not None
    await store.orders.save(deleted)
    await store.outbox.settle(deleted.event)
    clock.at = UNTIL
    assert [event.sequence for event in await store.log.read(tenant_id, change.order.order_id)] == [1]
