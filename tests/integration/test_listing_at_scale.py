"""Listings of ten thousand orders ([API-6], [Q-5]): what brute force finds, at a bounded cost however far in."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from orders.adapters.outbound.dynamodb.keys import position_of
from orders.domain.lifecycle import Status
from orders.domain.order_summary import OrderSummary
from orders.ports.order_repository import OrderQuery
from tests.contract.changes import placed, processed
from tests.contract.endpoints import given_endpoint
from tests.contract.intercepted_client import Call, InterceptedClient
from tests.contract.order_stores import EmulatorTable, Store, created_table, store_over
from tests.integration.orders_at_scale import (
    A_DAY,
    COUNT,
    FEW,
    LARGE,
    SEVERAL,
    SPANS,
    TENANT,
    UNKNOWN_NUMBER,
    Expected,
    combinations,
    may_read,
    put_all,
    ten_thousand_orders,
)
from tests.support.builders import NOON
from tests.support.http_api import ORDERS, Api, an_api_in_this_loop, expect
from tests.support.service import Service

pytestmark = [pytest.mark.emulator, pytest.mark.timeout(600)]

Figures = Callable[[str, object], None]
READERS = 6
WALKED_TO_THE_END_PAGES = 3
"""Of longer listings of a combination the beginning, the middle and the end are read."""


@dataclass
class Reads:
    """The items and capacity units that each page read."""

    pages: list[tuple[int, float]] = field(default_factory=list)
    _items: int = 0
    _units: float = 0

    async def around(self, operation: str, call: Call, arguments: dict[str, Any]) -> Any:
        assert operation in {"query", "get_item"}
        answer = await call(**arguments, ReturnConsumedCapacity="TOTAL")
        self._items += answer.get("ScannedCount", 1)
        self._units += answer["ConsumedCapacity"]["CapacityUnits"]
        return answer

    def turn(self) -> None:
        """A page ends here."""
        self.pages.append((self._items, self._units))
        self._items, self._units = 0, 0


@dataclass(frozen=True)
class Shop:
    """The table that the orders are in, and what listings of them are to give."""

    table: EmulatorTable
    expected: Expected


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """The ten thousand orders on DynamoDB Local, written once for all tests here."""
    endpoint = given_endpoint("dynamodb-local")
    orders = ten_thousand_orders()

    async def fill(table: EmulatorTable) -> None:
        async with endpoint.client("dynamodb") as client:
            await put_all(client, table.name, orders)

    with created_table(endpoint, f"s{uuid4().hex[:10]}") as table:
        asyncio.run(fill(table))
        yield Shop(table, Expected.of(orders))


@pytest.fixture
async def client(shop: Shop) -> AsyncIterator[Any]:
    async with shop.table.endpoint.client("dynamodb") as client:
        yield client


@pytest.fixture
async def api(shop: Shop, client: Any, tmp_path: Path) -> AsyncIterator[Api]:
    """The HTTP application over that table."""
    store = store_over(client, shop.table.name)
    async with an_api_in_this_loop(tmp_path, Service(over=store), checked=False) as api:
        yield api


class Listing:
    """Reads a query's pages and looks at each: as many orders as it may hold, as few items read as it must."""

    def __init__(self, client: Any, shop: Shop) -> None:
        self.reads = Reads()
        self._store: Store = store_over(InterceptedClient(client, self.reads.around), shop.table.name)

    async def walk(self, query: OrderQuery, *, pages: int | None = None) -> tuple[list[OrderSummary], bool]:
        """The orders on so many pages, or on all; and whether the last of them said that it was the last."""
        found: list[OrderSummary] = []
        for number in count(1):
            page = await self._store.orders.page(query)
            self.reads.turn()
            assert len(page.orders) <= query.limit
            assert self.reads.pages[-1][0] <= may_read(query), query
            found.extend(page.orders)
            if page.next_position is None or number == pages:
                return found, page.next_position is None
            query = replace(query, after=page.next_position)
        raise AssertionError("unreachable")


async def test_every_combination_of_filters_finds_what_brute_force_finds(
    shop: Shop, client: Any, record_property: Figures
) -> None:
    live = next(order for order in shop.expected.orders if order.customer_id == LARGE and not order.deleted_at)
    deleted = next(order for order in shop.expected.orders if order.deleted_at)
    numbers = (None, live.order_number, deleted.order_number)
    queries = combinations(numbers)
    found: list[bool] = []

    async def compare_on() -> None:
        for query in queries:
            expected = shop.expected.found_by(query)
            found.append(bool(expected))
            await _compare(Listing(client, shop), query, expected)

    # The readers share one iterator: each takes what none has taken.
    await asyncio.gather(*(compare_on() for _ in range(READERS)))
    assert len(found) == 3 * 4 * 4 * 4 * 2 * 2 * 3
    assert sum(found) > len(found) // 5
    record_property("figure", f"{len(found)} combinations of filters over {COUNT} orders, {sum(found)} found some")
    assert await Listing(client, shop).walk(OrderQuery(TENANT, order_number=UNKNOWN_NUMBER)) == ([], True)


async def _compare(listing: Listing, query: OrderQuery, expected: Sequence[OrderSummary]) -> None:
    if len(expected) <= WALKED_TO_THE_END_PAGES * query.limit:
        assert await listing.walk(query) == (expected, True), query
        return
    beginning, ended = await listing.walk(query, pages=1)
    assert (beginning, ended) == (expected[: len(beginning)], False), query
    middle = len(expected) // 2
    following, _ = await listing.walk(_behind(query, expected[middle - 1]), pages=1)
    assert following == expected[middle : middle + len(following)], query
    rest = query.limit + 1
    assert await listing.walk(_behind(query, expected[-rest - 1])) == (expected[-rest:], True), query


def _behind(query: OrderQuery, order: OrderSummary) -> OrderQuery:
    return replace(query, after=position_of(order.created_at, order.order_id))


@pytest.mark.parametrize(
    "query",
    [
        OrderQuery(TENANT, limit=100),
        OrderQuery(TENANT, limit=100, ascending=True, include_deleted=True),
        OrderQuery(TENANT, limit=25, statuses=SEVERAL, ascending=True),
        OrderQuery(TENANT, limit=25, customer_id=LARGE, include_deleted=True),
        OrderQuery(TENANT, limit=25, customer_id=LARGE, statuses=FEW),
    ],
    ids=["all", "deleted too, oldest first", "three statuses", "one customer's", "rare among many"],
)
async def test_a_long_listing_is_whole_and_in_order_to_its_end(
    shop: Shop, client: Any, query: OrderQuery, record_property: Figures
) -> None:
    expected = shop.expected.found_by(query)
    listing = Listing(client, shop)
    assert await listing.walk(query) == (expected, True)
    reads = listing.reads.pages
    items, units = max(reads)
    record_property(
        "figure", f"{len(expected)} orders on {len(reads)} pages: none read over {items} items, {units} units"
    )
    assert len(reads) >= len(expected) // query.limit


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("statuses", [(), SEVERAL], ids=["all", "three statuses"])
async def test_page_100_reads_no_more_than_page_1(
    shop: Shop, client: Any, statuses: tuple[Status, ...], ascending: bool, record_property: Figures
) -> None:
    query = OrderQuery(TENANT, statuses=statuses, include_deleted=True, ascending=ascending, limit=20)
    expected = shop.expected.found_by(query)
    listing = Listing(client, shop)
    numbers = (1, 2, 100, len(expected) // query.limit - 1)
    for number in numbers:
        before = (number - 1) * query.limit
        page, _ = await listing.walk(_behind(query, expected[before - 1]) if before else query, pages=1)
        assert page == expected[before : before + query.limit]
    read = ", ".join(f"{number}: {items}" for number, (items, _) in zip(numbers, listing.reads.pages, strict=True))
    record_property("figure", f"items read by page, {len(statuses) or 'all'} statuses: {read}")
    assert {read <= listing.reads.pages[0] for read in listing.reads.pages} == {True}
    assert listing.reads.pages[0][0] == (len(statuses) or 1) * (query.limit + 1)


async def over_http(api: Api, parameters: list[tuple[str, str]], tenant: str = TENANT, **who: Any) -> list[list[str]]:
    """The ids on each page, as its links lead from one to the next."""
    path, pages = f"{ORDERS}?{urlencode(parameters)}", []
    while path:
        answer = await api.call("GET", path, tenant=tenant, **({"role": "admin"} | who))
        assert answer.status_code == 200, answer.text
        pages.append([order["order_id"] for order in answer.json()["items"]])
        path = answer.headers.get("link", "").partition(">")[0].lstrip("<")
        assert bool(path) == (answer.json()["next_cursor"] is not None)
    return pages


START, END = NOON + 2 * A_DAY, NOON + 4 * A_DAY


@pytest.mark.parametrize(
    ("parameters", "query"),
    [
        (
            {"created_from": START.isoformat(), "created_to": END.isoformat(), "sort": "created_at", "limit": "100"},
            OrderQuery(TENANT, created_from=START, created_to=END, ascending=True, limit=100),
        ),
        ({"customer_id": LARGE, "status": FEW[0]}, OrderQuery(TENANT, customer_id=LARGE, statuses=FEW)),
        (
            {"status": "rejected", "include_deleted": "true", "limit": "99"},
            OrderQuery(TENANT, statuses=FEW, include_deleted=True, limit=99),
        ),
    ],
    ids=["two days", "rare among many", "one status, deleted too"],
)
async def test_over_http_the_links_lead_through_all_of_it(
    shop: Shop, api: Api, parameters: dict[str, str], query: OrderQuery
) -> None:
    expected = [order.order_id for order in shop.expected.found_by(query)]
    pages = await over_http(api, list(parameters.items()))
    assert [order_id for page in pages for order_id in page] == expected
    assert len(expected) > 100


async def test_a_customer_pages_through_their_own_whatever_they_ask_for(shop: Shop, api: Api) -> None:
    own = [order.order_id for order in shop.expected.found_by(OrderQuery(TENANT, customer_id=LARGE, statuses=FEW))]
    pages = await over_http(api, [("status", "rejected"), ("limit", "50")], role="customer", customer=LARGE)
    assert [order_id for page in pages for order_id in page] == own


async def test_a_cursor_leads_on_in_its_own_listing_only(api: Api) -> None:
    first = await api.call("GET", f"{ORDERS}?status=pending&limit=10", role="admin", tenant=TENANT)
    cursor = first.json()["next_cursor"]
    good = f"status=pending&limit=20&cursor={cursor}"  # how many to a page may change on the way
    assert (await api.call("GET", f"{ORDERS}?{good}", role="admin", tenant=TENANT)).status_code == 200
    start, _ = SPANS[1]
    assert start is not None
    altered = cursor[:20] + ("A" if cursor[20] != "A" else "B") + cursor[21:]
    foreign: list[tuple[str, dict[str, Any]]] = [
        (good, {"tenant": "tenant_other"}),
        (good, {"role": "customer", "customer": LARGE}),
        *(
            (good.replace("status=pending", other), {})
            for other in ("status=rejected", "status=pending&status=rejected")
        ),
        *((f"{good}&{more}", {}) for more in ("include_deleted=true", "sort=created_at", f"customer_id={LARGE}")),
        (f"{good}&{urlencode({'created_from': start.isoformat()})}", {}),
        (f"status=pending&cursor={altered}", {}),
        (f"status=pending&cursor={cursor[:-2]}", {}),
    ]
    for query, who in foreign:
        answer = await api.call("GET", f"{ORDERS}?{query}", **({"tenant": TENANT, "role": "admin"} | who))
        expect(answer, 400, "invalid-cursor")


async def test_while_orders_come_in_and_change_none_is_passed_over_or_given_twice(
    shop: Shop, client: Any, api: Api, record_property: Figures
) -> None:
    tenant, at = "tenant_busy", NOON
    store = store_over(client, shop.table.name)
    changes = [placed(tenant, at=at + number // 3 * A_DAY / COUNT) for number in range(300)]
    await put_all(client, shop.table.name, [change.order for change in changes])
    existing = sorted(changes, key=lambda change: (change.order.created_at, change.order.order_id))
    read = asyncio.Event()
    written = 0

    async def write() -> None:
        nonlocal written
        for number in count():
            if read.is_set():
                return
            await store.orders.add(placed(tenant, at=NOON + A_DAY + number * A_DAY / COUNT))
            if number < len(changes):
                await store.orders.save(processed(changes[number].order))
            written = number + 1

    async def page_through(**parameters: str) -> list[str]:
        pages = await over_http(api, [*parameters.items(), ("limit", "7")], tenant=tenant)
        return [order_id for page in pages for order_id in page]

    writer = asyncio.create_task(write())
    newest_first, oldest_first = await asyncio.gather(
        page_through(), page_through(sort="created_at", created_to=(NOON + 3 * A_DAY).isoformat())
    )
    read.set()
    await writer
    record_property("figure", f"{written} orders came in, and as many changed, while {len(existing)} were listed twice")
    assert written >= 10
    ids = [change.order.order_id for change in existing]
    for found in (newest_first[::-1], oldest_first):
        assert len(found) == len(set(found))
        assert [order_id for order_id in found if order_id in set(ids)] == ids
