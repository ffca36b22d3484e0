"""The in-memory adapters can be made to fail as a table out of reach does."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from orders.adapters.outbound.memory.mail_intents import MemoryMailIntents
from orders.adapters.outbound.memory.order_repository import MemoryOrderRepository
from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.adapters.outbound.memory.outbox import MemoryOutbox
from orders.ports.errors import TransientPortError
from orders.ports.mail import MailIntent, MailState, MailTemplate
from orders.ports.order_repository import OrderQuery
from tests.contract.changes import placed, processed
from tests.support.builders import NOON, a_claim


async def test_out_of_reach_every_operation_fails_as_transient_and_changes_nothing() -> None:
    table, mails = MemoryTable(), MemoryMailIntents()
    orders, outbox = MemoryOrderRepository(table), MemoryOutbox(table)
    first = placed("tenant_a")
    event, order_id = first.event, first.order.order_id
    assert event is not None
    intent = MailIntent("tenant_a", order_id, 1, MailTemplate.ORDER_CONFIRMATION, "thandi@example.com")
    await orders.add(first)
    table.reachable = mails.reachable = False
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: orders.add(first),
        lambda: orders.get("tenant_a", order_id),
        lambda: orders.save(processed(first.order)),
        lambda: orders.page(OrderQuery("tenant_a")),
        lambda: outbox.overdue(0, before=NOON, limit=1),
        lambda: outbox.waiting("tenant_a", order_id),
        lambda: outbox.settle(event),
        lambda: outbox.read("tenant_a", order_id),
        lambda: mails.claim(intent, now=NOON, lease=timedelta(minutes=1)),
        lambda: mails.release(intent, a_claim(), now=NOON),
        lambda: mails.finish(intent, MailState.SENT, at=NOON),
        lambda: mails.of_order("tenant_a", order_id),
        lambda: outbox.redact(event),
        lambda: mails.redact("tenant_a", order_id),
    ]
    for call in calls:
        with pytest.raises(TransientPortError):
            await call()

    table.reachable = mails.reachable = True
    assert await orders.get("tenant_a", order_id) == first.order
    assert await outbox.waiting("tenant_a", order_id) == [event]
    assert await mails.of_order("tenant_a", order_id) == []
