"""What is written says under which writer's epoch, and nothing is written without the lease ([DATA-3])."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from orders.adapters.outbound.dynamodb.items.attribute_values import from_wire
from orders.adapters.outbound.dynamodb.keys import acceptance_key, event_key, mail_key, order_key
from orders.adapters.outbound.memory.writer_leases import SetLease
from orders.contracts.cloud_event import event_id
from orders.domain.events import OrderEvent
from orders.domain.order import Order
from orders.domain.reports import Reported
from orders.ports.acceptances import AcceptanceState
from orders.ports.errors import NotTheWriter, PermanentPortError
from orders.ports.mail import FeedbackKind, MailFeedback, MailIntent, MailState, MailTemplate
from orders.ports.suppressions import Suppression, SuppressionReason
from tests.contract.changes import event_of, placed, processed, shipped
from tests.contract.order_stores import EmulatorTable, Store, store_over
from tests.contract.test_acceptances import accepted
from tests.support.builders import NOON


def lease_of(store: Store) -> SetLease:
    assert isinstance(store.lease, SetLease)
    return store.lease


def intent_of(order: Order) -> MailIntent:
    return MailIntent(order.tenant_id, order.order_id, 1, MailTemplate.ORDER_CONFIRMATION, "jo@example.com")


async def test_an_event_is_of_the_epoch_that_it_was_written_in(store: Store, tenant_id: str) -> None:
    first = placed(tenant_id)
    second, lease = processed(first.order), lease_of(store)
    third = shipped(second.order, 1)
    stored = [await store.orders.add(first)]
    lease.epoch = 2
    stored.append(await store.orders.save(second))
    lease.epoch = 7
    stored.append(await store.orders.save(third))
    order_id = first.order.order_id
    assert [(event.sequence, event.epoch) for event in stored] == [(1, 1), (2, 2), (3, 7)]
    assert [event_id(event) for event in stored] == [
        f"{order_id}.1.0000000001",
        f"{order_id}.2.0000000002",
        f"{order_id}.7.0000000003",
    ]
    assert await store.outbox.waiting(tenant_id, order_id) == stored
    for event in stored:
        assert await store.outbox.settle(event)
    assert await store.log.read(tenant_id, order_id) == stored
    archived = await store.archive.read(tenant_id, since=NOON - timedelta(days=1), until=NOON + timedelta(days=1))
    assert [each.event for each in archived] == stored


async def test_what_was_written_in_an_earlier_epoch_is_not_written_again(store: Store, tenant_id: str) -> None:
    first = placed(tenant_id)
    second = processed(first.order)
    stored = [await store.orders.add(first), await store.orders.save(second)]
    lease_of(store).epoch = 2
    assert await store.orders.add(first) == stored[0]
    assert await store.orders.save(second) == stored[1]
    assert await store.outbox.waiting(tenant_id, first.order.order_id) == stored


async def test_the_log_goes_on_with_the_later_writer_s_event(store: Store, tenant_id: str) -> None:
    """The region that wrote before published a change, whose event arrived here and whose order did not."""
    first = placed(tenant_id)
    lost = event_of(processed(first.order, principal="staff_lost"))
    await store.outbox.settle(await store.orders.add(first))
    await store.outbox.settle(lost)
    lease_of(store).epoch = 2
    kept = await store.orders.save(processed(first.order, at=NOON + timedelta(hours=1)))
    assert await store.outbox.settle(kept)
    assert (await store.log.read(tenant_id, first.order.order_id))[1:] == [kept]
    with pytest.raises(PermanentPortError, match="another event 2"):
        await store.outbox.settle(lost)
    with pytest.raises(PermanentPortError, match="another event 2"):
        await store.log.redact(replace(lost, data={}))
    assert await store.log.redact(replace(kept, reason=None))


async def _wrote(write: Callable[[], Awaitable[object]]) -> bool:
    try:
        await write()
    except NotTheWriter:
        return False
    return True


async def test_nothing_is_written_without_the_lease_and_all_is_read(store: Store, tenant_id: str) -> None:
    first = placed(tenant_id)
    event = await store.orders.add(first)
    waits = accepted(tenant_id)
    await store.acceptances.add(waits)
    intent = intent_of(first.order)
    suppression = Suppression(tenant_id, "hash", SuppressionReason.BOUNCED, NOON, first.order.order_id)
    claim = await store.mails.claim(intent, now=NOON, lease=timedelta(minutes=1))
    await store.suppressions.add(suppression)
    lease_of(store).epoch = None
    order_id = first.order.order_id
    noted = replace(first.order, reported=Reported(1, (), NOON, None))
    writes: list[Callable[[], Awaitable[object]]] = [
        lambda: store.orders.add(placed(tenant_id)),
        lambda: store.orders.save(processed(first.order)),
        lambda: store.orders.note(noted),
        lambda: store.outbox.settle(event),
        lambda: store.log.redact(event),
        lambda: store.acceptances.add(accepted(tenant_id)),
        lambda: store.acceptances.queued(tenant_id, waits.order_id),
        lambda: store.acceptances.finish(tenant_id, waits.order_id, AcceptanceState.PLACED),
        lambda: store.acceptances.redact(tenant_id, waits.order_id, None),
        lambda: store.mails.claim(intent_of(placed(tenant_id).order), now=NOON, lease=timedelta(minutes=1)),
        lambda: store.mails.release(intent, claim, now=NOON),
        lambda: store.mails.finish(intent, MailState.SENT, at=NOON),
        lambda: store.mails.note_feedback(intent.reference, MailFeedback(FeedbackKind.DELAYED, NOON)),
        lambda: store.mails.redact(tenant_id, order_id),
        lambda: store.suppressions.add(replace(suppression, recipient_hash="other")),
        lambda: store.suppressions.remove(tenant_id, "hash", at=NOON),
    ]
    assert [await _wrote(write) for write in writes] == [False] * len(writes)
    assert await store.orders.get(tenant_id, order_id) == first.order
    assert await store.outbox.waiting(tenant_id, order_id) == [event]
    assert await store.acceptances.get(tenant_id, waits.order_id) == waits
    assert [record.state for record in await store.mails.of_order(tenant_id, order_id)] == [MailState.CLAIMED]
    assert await store.suppressions.find(tenant_id, "hash") == suppression
    lease_of(store).epoch = 2
    assert await _wrote(writes[1])


async def test_order_event_and_mail_carry_the_epoch_and_items_without_one_are_of_the_first(
    dynamo_table: EmulatorTable, tenant_id: str
) -> None:
    async with dynamo_table.endpoint.client("dynamodb") as client:
        store = store_over(client, dynamo_table.name)
        lease_of(store).epoch = 4
        first, waits = placed(tenant_id), accepted(tenant_id, 90_000)  # placed orders are counted from 1
        event = await store.orders.add(first)
        order_id, intent = first.order.order_id, intent_of(first.order)
        await store.outbox.settle(event)
        await store.acceptances.add(waits)
        await store.mails.claim(intent, now=NOON, lease=timedelta(minutes=1))
        keys = [
            order_key(tenant_id, order_id),
            event_key(tenant_id, order_id, 1),
            acceptance_key(tenant_id, waits.order_id),
            mail_key(intent.reference),
        ]

        async def epoch_at(key: dict[str, str]) -> object:
            wire = {name: {"S": value} for name, value in key.items()}
            return from_wire((await client.get_item(TableName=dynamo_table.name, Key=wire))["Item"]).get("epoch")

        assert [await epoch_at(key) for key in keys] == [4, 4, 4, 4]
        for key in keys:
            wire = {name: {"S": value} for name, value in key.items()}
            await client.update_item(TableName=dynamo_table.name, Key=wire, UpdateExpression="REMOVE epoch")
        older = replace(event, epoch=1)
        assert await store.log.read(tenant_id, order_id) == [older]
        assert await store.log.redact(replace(older, reason=None))
        assert not await store.outbox.settle(older)
        await store.orders.save(processed(first.order))
        assert await epoch_at(keys[0]) == 4


async def test_the_writer_s_relay_finds_what_both_regions_left(dynamo_table: EmulatorTable, tenant_id: str) -> None:
    async with dynamo_table.endpoint.client("dynamodb") as client:
        here, there = f"{tenant_id}-here", f"{tenant_id}-there"
        left, own = placed(tenant_id), placed(tenant_id)
        await store_over(client, dynamo_table.name, there).orders.add(left)
        await store_over(client, dynamo_table.name, here).orders.add(own)
        both = store_over(client, dynamo_table.name, here, other_region=there)
        assert both.outbox.shards == 2 * store_over(client, dynamo_table.name, here).outbox.shards
        assert [order_id for order_id, _ in await both.overdue()] == sorted([left.order.order_id, own.order.order_id])
        found = await both.unreadable.in_outbox(limit=10)
        assert found.looked_at == 2


def test_events_of_one_sequence_and_two_writers_are_two() -> None:
    event: OrderEvent = event_of(placed("tenant_a"))
    assert event_id(event) != event_id(replace(event, epoch=2))
