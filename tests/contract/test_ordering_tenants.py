"""The contract of ``OrderingTenants``, on which `orders tenants check` relies."""

from datetime import UTC, datetime, timedelta

from tests.contract.changes import placed
from tests.contract.order_stores import Store

LONG_AGO = datetime(2019, 3, 1, 12, tzinfo=UTC)
"""A day that no other test places orders on."""
DAY = timedelta(days=1)


async def test_the_shops_of_every_order_of_whole_days_are_told_once(store: Store, tenant_id: str) -> None:
    begin = LONG_AGO.replace(hour=23)
    times = [LONG_AGO - DAY, LONG_AGO, LONG_AGO, LONG_AGO + DAY, LONG_AGO + 2 * DAY]
    for number, at in enumerate(times):
        await store.orders.add(placed(f"{tenant_id}.{number}", at=at))
        await store.orders.add(placed(f"{tenant_id}.{number}", at=at))
    found = await store.ordering.since(begin, LONG_AGO.replace(hour=1) + DAY)
    assert [each for each in found if each.startswith(tenant_id)] == [f"{tenant_id}.{number}" for number in (1, 2, 3)]


async def test_without_an_order_there_is_no_shop(store: Store) -> None:
    assert await store.ordering.since(LONG_AGO - 100 * DAY, LONG_AGO - 99 * DAY) == []
