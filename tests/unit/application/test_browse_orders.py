"""Orders of several shops as one listing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from orders.adapters.outbound.memory.tenant_files import MemoryOrderingTenants, MemoryTenantFiles
from orders.application.operations import browse_orders
from orders.application.operations.browse_orders import MOST_LOOKED_AT, BrowseOrders, Mark, Place
from orders.application.operations.find_shops import FindShops
from orders.application.operations.known_shops import KnownShops
from orders.domain.errors import ActionForbidden
from orders.domain.lifecycle import Action, Role, Status
from orders.domain.order import Order
from orders.ports.errors import ItemKind, TransientPortError
from orders.ports.tenants import TenantFile
from tests.support.builders import NOON, a_draft
from tests.support.service import Service, a_caller

SHOPS = ("a", "b", "c")
ADMINS = [a_caller(Role.ADMIN, tenant_id=shop) for shop in SHOPS]


@pytest.fixture
def service() -> Service:
    return Service()


async def place(service: Service, shop: str) -> Order:
    return await service.place_order.execute(a_caller(Role.STAFF, tenant_id=shop), a_draft())


async def at_one_moment(service: Service, shops: str) -> list[Order]:
    """Orders that were placed within the same millisecond."""
    placed = []
    for shop in shops:
        order = await place(service, shop)
        service.clock.advance(timedelta(milliseconds=-2))
        placed.append(order)
    return placed


async def walked(service: Service, limit: int, mark: Mark | None = None) -> list[str]:
    """The ids of all pages."""
    browse, found, behind = BrowseOrders(service.list_orders), [], None
    while True:
        page = await browse.execute(ADMINS, limit=limit, behind=behind, mark=mark)
        assert len(page.orders) <= limit
        found += [order.order_id for order in page.orders]
        if page.next_place is None:
            return found
        assert mark is not None or page.next_place == Place.of(page.orders[-1])
        behind = page.next_place


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_every_order_comes_once_and_newest_first(service: Service, limit: int) -> None:
    placed = [await place(service, shop) for shop in "abcaabbcacb"]
    assert await walked(service, limit) == [order.order_id for order in reversed(placed)]


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_orders_of_one_moment_are_neither_lost_nor_repeated(service: Service, limit: int) -> None:
    placed = await at_one_moment(service, "aabbbac")
    assert len({order.created_at for order in placed}) < len(placed)
    assert sorted(await walked(service, limit)) == sorted(order.order_id for order in placed)


async def test_a_full_page_with_nothing_behind_it_is_the_last(service: Service) -> None:
    for shop in "ab":
        await place(service, shop)
    page = await BrowseOrders(service.list_orders).execute(ADMINS, limit=2)
    assert (len(page.orders), page.next_place) == (2, None)


async def test_only_the_wanted_status_and_deleted_ones_too(service: Service) -> None:
    kept, other = await place(service, "a"), await place(service, "b")
    admin = a_caller(Role.ADMIN, tenant_id="b")
    cancelled = await service.change_status.execute(admin, other, Action.CANCEL)
    await service.delete_order.execute(admin, cancelled)
    browse = BrowseOrders(service.list_orders)
    found = await browse.execute(ADMINS)
    assert [order.order_id for order in found.orders] == [other.order_id, kept.order_id]
    found = await browse.execute(ADMINS, statuses=(Status.CANCELLED,))
    assert [order.order_id for order in found.orders] == [other.order_id]


async def test_unreadable_orders_are_counted(service: Service) -> None:
    placed = [await place(service, shop) for shop in "abab"]
    for order in placed[:2]:
        service.table.damage(ItemKind.ORDER, order.tenant_id, order.order_id)
    page = await BrowseOrders(service.list_orders).execute(ADMINS)
    assert (len(page.orders), page.unreadable) == (2, 2)


async def test_who_may_not_see_a_shops_orders_sees_none(service: Service) -> None:
    await place(service, "a")
    with pytest.raises(ActionForbidden):
        await BrowseOrders(service.list_orders).execute([a_caller(Role.STAFF, tenant_id="a")])
    assert (await BrowseOrders(service.list_orders).execute([])).orders == ()


async def test_an_outage_is_raised_as_itself(service: Service) -> None:
    service.table.reachable = False
    with pytest.raises(TransientPortError):
        await BrowseOrders(service.list_orders).execute(ADMINS)


def test_places_are_in_the_order_of_time_then_id() -> None:
    places = [Place(NOON, "ord_1"), Place(NOON, "ord_2"), Place(NOON + timedelta(milliseconds=1), "ord_0")]
    assert all(before < after for before, after in pairwise(places))


class Ordering(MemoryOrderingTenants):
    """Notes over which times orders are looked through."""

    def __init__(self, service: Service) -> None:
        super().__init__(service.table)
        self.spans: list[timedelta] = []

    async def since(self, begin: datetime, until: datetime) -> Sequence[str]:
        self.spans.append(until - begin)
        return await super().since(begin, until)


async def test_shops_are_looked_for_once_and_later_only_among_new_orders(service: Service) -> None:
    ordering, older = Ordering(service), {"long-ago"}

    async def more() -> set[str]:
        return older

    files = MemoryTenantFiles([TenantFile("with-files"), TenantFile("no valid id")])
    shops = KnownShops(FindShops(files, ordering), ordering, service.clock, more=more)
    assert await shops.execute() == ["long-ago", "with-files"]
    await place(service, "new")
    older.add("older")
    assert await shops.execute() == ["long-ago", "new", "older", "with-files"]
    files.files = {}
    assert await shops.execute() == ["long-ago", "new", "older", "with-files"]
    assert ordering.spans[0] >= timedelta(days=30)
    assert all(span < timedelta(days=1) for span in ordering.spans[1:])


async def test_after_an_outage_shops_are_looked_for_again(service: Service) -> None:
    files, ordering = MemoryTenantFiles([TenantFile("a")]), Ordering(service)
    shops = KnownShops(FindShops(files, ordering), ordering, service.clock)
    files.reachable = False
    with pytest.raises(TransientPortError):
        await shops.execute()
    files.reachable = True
    assert await shops.execute() == ["a"]


async def deleted(service: Service, order: Order) -> str:
    admin = a_caller(Role.ADMIN, tenant_id=order.tenant_id)
    cancelled = await service.change_status.execute(admin, order, Action.CANCEL, reason="")
    await service.delete_order.execute(admin, cancelled)
    return order.order_id


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_every_order_with_a_mark_comes_once_and_newest_first(service: Service, limit: int) -> None:
    placed = [await place(service, shop) for shop in "abcaabbcacb"]
    marked = [await deleted(service, order) for order in placed[::3]]
    assert await walked(service, limit, Mark.DELETED) == marked[::-1]
    assert await walked(service, limit, Mark.ERASED) == []


async def test_only_so_many_orders_are_looked_at_for_a_mark_and_the_next_page_goes_on(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_LOOKED_AT >= 100
    monkeypatch.setattr(browse_orders, "MOST_LOOKED_AT", 4)
    placed = [await place(service, shop) for shop in "abcabcabc"]
    oldest = await deleted(service, placed[0])
    browse = BrowseOrders(service.list_orders)
    first = await browse.execute(ADMINS, mark=Mark.DELETED)
    assert first.orders == ()
    assert first.next_place == Place(placed[5].created_at, placed[5].order_id)
    assert await walked(service, 25, Mark.DELETED) == [oldest]
