"""The contract of ``OrdersByDay``, by which tables are compared."""

from datetime import UTC, datetime, timedelta

from orders.ports.orders_by_day import OrderOutline
from tests.contract.changes import placed
from tests.contract.order_stores import Store

LONG_AGO = datetime(2017, 5, 1, 12, tzinfo=UTC)
"""A day that no other test places orders on."""
DAY = timedelta(days=1)


async def of(store: Store, tenant_id: str, day: datetime, since: datetime | None = None) -> list[OrderOutline]:
    return [each async for each in store.days.read(day, since=since) if each.tenant_id == tenant_id]


async def test_a_days_orders_come_in_order_whichever_shard_they_are_in(store: Store, tenant_id: str) -> None:
    at = [LONG_AGO + timedelta(minutes=number) for number in range(12)]
    changes = [placed(tenant_id, at=each) for each in at]
    for change in reversed(changes):
        await store.orders.add(change)
    await store.orders.add(placed(tenant_id, at=LONG_AGO - DAY))
    await store.orders.add(placed(tenant_id, at=LONG_AGO.replace(hour=0) + DAY))
    found = await of(store, tenant_id, LONG_AGO)
    assert [each.order_id for each in found] == [change.order.order_id for change in changes]
    assert [each.sequence for each in found] == [change.order.sequence for change in changes]
    positions = [each.position for each in found]
    assert positions == sorted(positions)
    assert positions[0].startswith("2017-05-01T12:00:00.000Z#ord_")


async def test_only_those_placed_since(store: Store, tenant_id: str) -> None:
    changes = [placed(tenant_id, at=LONG_AGO + timedelta(minutes=number)) for number in range(4)]
    for change in changes:
        await store.orders.add(change)
    found = await of(store, tenant_id, LONG_AGO, LONG_AGO + timedelta(minutes=2))
    assert [each.order_id for each in found] == [change.order.order_id for change in changes[2:]]


async def test_a_day_without_orders_has_none(store: Store, tenant_id: str) -> None:
    assert await of(store, tenant_id, LONG_AGO - 100 * DAY) == []
