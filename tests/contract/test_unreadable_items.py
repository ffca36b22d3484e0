"""Unreadable items affect only themselves, in every adapter over the orders table ([PIPE-14])."""

from datetime import timedelta

import pytest

from orders.ports.errors import ItemKind, UnreadableItem
from orders.ports.mail import MailIntent, MailState, MailTemplate
from orders.ports.order_repository import OrderQuery
from orders.ports.outbox import OutboxEntry
from orders.ports.suppressions import Suppression, SuppressionReason
from orders.ports.unreadable_items import UnknownPlace
from tests.contract.changes import event_of, placed, processed
from tests.contract.order_stores import AT_LAST, Store
from tests.contract.test_acceptances import accepted
from tests.support.builders import NOON, an_order_id

MINUTE = timedelta(minutes=1)


async def test_an_order_that_cannot_be_read_is_refused_and_left_out_of_pages_that_go_on(
    store: Store, tenant_id: str
) -> None:
    changes = [placed(tenant_id, at=NOON + number * MINUTE) for number in range(6)]
    for change in changes:
        await store.orders.add(change)
    for index in (0, 2, 3):
        await store.damage.order(tenant_id, changes[index].order.order_id)

    with pytest.raises(UnreadableItem) as refused:
        await store.orders.get(tenant_id, changes[0].order.order_id)
    assert (refused.value.kind, refused.value.customer_id) == (ItemKind.ORDER, changes[0].order.customer_id)
    with pytest.raises(UnreadableItem):
        await store.orders.add(placed(tenant_id, order_id=changes[0].order.order_id, at=NOON + 9 * MINUTE))

    for ascending in (False, True):
        found: list[str] = []
        unreadable, after = 0, None
        for _ in range(10):
            page = await store.orders.page(OrderQuery(tenant_id, limit=1, after=after, ascending=ascending))
            found += [order.order_id for order in page.orders]
            unreadable, after = unreadable + page.unreadable, page.next_position
            if after is None:
                break
        assert sorted(found) == sorted(changes[index].order.order_id for index in (1, 4, 5))
        assert unreadable == 3


async def test_a_look_goes_on_behind_a_place_that_it_told_and_nowhere_else(store: Store, tenant_id: str) -> None:
    for number in range(2):
        await store.orders.add(placed(tenant_id, at=NOON + number * MINUTE))
    told = (await store.unreadable.of_tenant(tenant_id, limit=1)).next_position
    assert told is not None
    assert (await store.unreadable.of_tenant(tenant_id, after=told)).looked_at == 1
    for given in ("garbage", "", told[:-1]):
        with pytest.raises(UnknownPlace):
            await store.unreadable.of_tenant(tenant_id, after=given)


async def test_waiting_events_end_before_one_that_cannot_be_read(store: Store, tenant_id: str) -> None:
    first = placed(tenant_id)
    second = processed(first.order)
    order_id = first.order.order_id
    await store.history(first, second)
    await store.damage.event(tenant_id, order_id, 2)

    assert await store.outbox.waiting(tenant_id, order_id) == [first.event]
    await store.outbox.settle(event_of(first))
    with pytest.raises(UnreadableItem) as refused:
        await store.outbox.waiting(tenant_id, order_id)
    assert (refused.value.kind, refused.value.order_id, refused.value.sequence) == (ItemKind.EVENT, order_id, 2)
    assert [found for found, _ in await store.overdue()] == [order_id]


@pytest.mark.parametrize("settled", [True, False])
async def test_a_log_is_read_past_what_in_it_cannot_be_read(store: Store, tenant_id: str, settled: bool) -> None:
    first = placed(tenant_id)
    second = processed(first.order)
    order_id = first.order.order_id
    await store.history(first, second)
    if settled:
        await store.outbox.settle(event_of(first))
        await store.outbox.settle(event_of(second))
    await store.damage.event(tenant_id, order_id, 1)

    with pytest.raises(UnreadableItem):
        await store.log.read(tenant_id, order_id)
    lost: list[UnreadableItem] = []
    assert await store.log.read(tenant_id, order_id, passed_over=lost.append) == [second.event]
    assert [(error.kind, error.sequence) for error in lost] == [(ItemKind.EVENT, 1)]
    assert await store.log.read(tenant_id, order_id, limit=1, passed_over=lost.append) == []


async def test_overdue_orders_are_paged_through(store: Store, tenant_id: str) -> None:
    for number in range(9):
        await store.orders.add(placed(tenant_id, at=NOON + number * MINUTE))
    for shard in range(store.outbox.shards):
        whole = await store.outbox.overdue(shard, before=AT_LAST, limit=100)
        paged: list[OutboxEntry] = []
        after = None
        while page := await store.outbox.overdue(shard, before=AT_LAST, limit=2, after=after):
            paged += page
            after = page[-1].position
        assert paged == whole


async def test_an_archive_is_read_past_what_in_it_cannot_be_read(store: Store, tenant_id: str) -> None:
    changes = [placed(tenant_id, at=NOON + number * MINUTE) for number in range(5)]
    for change in changes:
        await store.orders.add(change)
        await store.outbox.settle(event_of(change))
    for index in (0, 1, 3):
        await store.damage.event(tenant_id, changes[index].order.order_id, 1)

    until = NOON + timedelta(hours=1)
    with pytest.raises(UnreadableItem):
        await store.archive.read(tenant_id, since=NOON, until=until)
    lost: list[UnreadableItem] = []
    found, after = [], None
    while page := await store.archive.read(
        tenant_id, since=NOON, until=until, after=after, limit=1, passed_over=lost.append
    ):
        found += [each.event for each in page]
        after = page[-1].place
    assert found == [changes[2].event, changes[4].event]
    assert len({error.place for error in lost}) == 3


async def test_an_acceptance_that_cannot_be_read_is_refused(store: Store, tenant_id: str) -> None:
    acceptance = accepted(tenant_id)
    await store.acceptances.add(acceptance)
    await store.damage.acceptance(tenant_id, acceptance.order_id)
    with pytest.raises(UnreadableItem) as refused:
        await store.acceptances.get(tenant_id, acceptance.order_id)
    assert refused.value.kind is ItemKind.ACCEPTANCE


async def test_one_mail_that_cannot_be_read_is_not_sent_again_and_leaves_the_others(
    store: Store, tenant_id: str
) -> None:
    lost_one, other = (
        MailIntent(tenant_id, an_order_id(), sequence, MailTemplate.ORDER_CONFIRMATION, "t@example.com")
        for sequence in (1, 2)
    )
    for intent in (lost_one, other):
        await store.mails.finish(intent, MailState.SENT, at=NOON)
    await store.damage.mail(lost_one.reference)

    with pytest.raises(UnreadableItem):
        await store.mails.claim(lost_one, now=NOON, lease=MINUTE)
    with pytest.raises(UnreadableItem):
        await store.mails.of_order(tenant_id, an_order_id())
    lost: list[UnreadableItem] = []
    assert [mail.sequence for mail in await store.mails.of_order(tenant_id, an_order_id(), lost.append)] == [2]
    assert [error.kind for error in lost] == [ItemKind.MAIL]


async def test_an_address_whose_entry_cannot_be_read_is_not_taken_for_one_that_may_be_written_to(
    store: Store, tenant_id: str
) -> None:
    for hashed in ("0" * 16, "1" * 16):
        await store.suppressions.add(
            Suppression(tenant_id, hashed, SuppressionReason.BOUNCED, NOON, an_order_id(), None)
        )
    await store.damage.suppression(tenant_id, "0" * 16)
    with pytest.raises(UnreadableItem):
        await store.suppressions.find(tenant_id, "0" * 16)
    lost: list[UnreadableItem] = []
    found = await store.suppressions.of_tenant(tenant_id, passed_over=lost.append)
    assert [each.recipient_hash for each in found] == ["1" * 16]
    assert [error.kind for error in lost] == [ItemKind.SUPPRESSION]


async def test_all_that_cannot_be_read_is_found_by_order_and_by_shop(store: Store, tenant_id: str) -> None:
    orders = [placed(tenant_id, at=NOON + number * MINUTE) for number in range(4)]
    for change in orders:
        await store.orders.add(change)
    ids = [change.order.order_id for change in orders]
    await store.outbox.settle(event_of(orders[1]))
    mail = MailIntent(tenant_id, ids[3], 1, MailTemplate.ORDER_CONFIRMATION, "t@example.com")
    await store.mails.finish(mail, MailState.SENT, at=NOON)
    await store.suppressions.add(Suppression(tenant_id, "0" * 16, SuppressionReason.BOUNCED, NOON, ids[0], None))
    await store.damage.order(tenant_id, ids[0])
    await store.damage.event(tenant_id, ids[1], 1)
    await store.damage.event(tenant_id, ids[2], 1)
    await store.damage.mail(mail.reference)
    await store.damage.suppression(tenant_id, "0" * 16)

    whole = await store.unreadable.of_tenant(tenant_id)
    assert sorted((str(each.kind), each.order_id) for each in whole.items if each.kind != ItemKind.SUPPRESSION) == [
        ("event", ids[1]), ("event", ids[2]), ("mail", ids[3]), ("order", ids[0]),
    ]  # fmt: skip
    assert [each.tenant_id for each in whole.items if each.kind == ItemKind.SUPPRESSION] == [tenant_id]
    assert (whole.looked_at, whole.next_position) == (4, None)
    assert [str(each.kind) for each in (await store.unreadable.of_order(tenant_id, ids[3])).items] == ["mail"]

    paged: list[UnreadableItem] = []
    after: str | None = None
    for _ in range(10):
        page = await store.unreadable.of_tenant(tenant_id, after=after, limit=1)
        paged, after = [*paged, *page.items], page.next_position
        if after is None:
            break
    assert sorted(map(str, paged)) == sorted(map(str, whole.items))


async def test_what_holds_up_the_outbox_is_found_without_knowing_the_shop(store: Store, tenant_id: str) -> None:
    held_up, settled, whole = (placed(tenant_id) for _ in range(3))
    for change in (held_up, settled, whole):
        await store.orders.add(change)
    await store.outbox.settle(event_of(settled))
    for change in (held_up, settled):
        await store.damage.event(tenant_id, change.order.order_id, 1)
    acceptance = accepted(tenant_id, 77)
    await store.acceptances.add(acceptance)
    await store.damage.acceptance(tenant_id, acceptance.order_id)

    found = await store.unreadable.in_outbox(limit=100)
    assert sorted((str(each.kind), each.order_id) for each in found.items) == [
        ("acceptance", acceptance.order_id), ("event", held_up.order.order_id),
    ]  # fmt: skip
    assert found.looked_at == 3
