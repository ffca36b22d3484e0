"""The contract of ``OrderRepository.page``, on every backend: every combination of filters against brute force."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import product

import pytest

from orders.adapters.outbound.dynamodb import listing
from orders.domain.lifecycle import Status
from orders.domain.order import Change, Order
from orders.domain.order_summary import OrderSummary
from orders.domain.parts import Deletion
from orders.ports.order_repository import OrderQuery
from tests.contract.changes import as_listed, placed, placed_in_full, processed, shipped
from tests.contract.order_stores import EmulatorTable, Store
from tests.support.builders import NOON

A_MINUTE = timedelta(minutes=1)
CUSTOMERS = ("cust_a", "cust_b", "cust_c")


def various(tenant_id: str) -> list[Change]:
    """120 orders of three customers in every status, four in each millisecond, one in five deleted."""
    changes = []
    for number in range(120):
        change = placed(tenant_id, at=NOON + number // 4 * A_MINUTE, customer_id=CUSTOMERS[number % 3])
        deletion = Deletion(NOON + timedelta(days=1), "admin_1") if number % 5 == 0 else None
        status = list(Status)[number % 7]
        changes.append(replace(change, order=replace(change.order, status=status, deletion=deletion)))
    return changes


def expected(orders: list[Order], query: OrderQuery) -> list[OrderSummary]:
    """Returns all pages of the query by brute force."""
    found = [
        as_listed(order)
        for order in orders
        if (query.customer_id is None or order.customer_id == query.customer_id)
        and (not query.statuses or order.status in query.statuses)
        and (query.order_number is None or order.order_number == query.order_number)
        and (query.created_from is None or query.created_from <= order.created_at)
        and (query.created_to is None or order.created_at < query.created_to)
        and (query.include_deleted or order.deletion is None)
    ]
    return sorted(found, key=lambda order: (order.created_at, order.order_id), reverse=not query.ascending)


async def all_pages(store: Store, query: OrderQuery) -> list[OrderSummary]:
    """All orders of a listing, page by page; no page may hold too many."""
    found: list[OrderSummary] = []
    while True:
        page = await store.orders.page(query)
        assert len(page.orders) <= query.limit
        found.extend(page.orders)
        if page.next_position is None:
            return found
        query = replace(query, after=page.next_position)


def combinations(tenant_id: str) -> Iterator[OrderQuery]:
    limits = (8, 30, 100)
    spans = (
        (None, None),
        (NOON + 7 * A_MINUTE, None),
        (None, NOON + 20 * A_MINUTE),
        (NOON + 3 * A_MINUTE, NOON + 25 * A_MINUTE),
    )
    for number, (customer_id, statuses, span, include_deleted, ascending) in enumerate(
        product(
            (None, "cust_b"),
            ((), (Status.PROCESSING,), (Status.PENDING, Status.REJECTED, Status.FULFILLED)),
            spans,
            (False, True),
            (False, True),
        )
    ):
        yield OrderQuery(
            tenant_id,
            customer_id=customer_id,
            statuses=statuses,
            created_from=span[0],
            created_to=span[1],
            include_deleted=include_deleted,
            ascending=ascending,
            limit=limits[number % len(limits)],
        )


async def test_every_combination_of_filters_finds_what_brute_force_finds(
    store: Store, orders_table: EmulatorTable | None, tenant_id: str
) -> None:
    changes, queries = various(tenant_id), list(combinations(tenant_id))
    if orders_table is not None and orders_table.endpoint.name == "moto":
        # It takes tens of milliseconds for each item that an index gives: some of each will have to do.
        changes, queries = changes[:32], queries[::7]
    await asyncio.gather(*(store.orders.add(change) for change in [*changes, placed(f"{tenant_id}x")]))
    orders = [change.order for change in changes]

    for query in queries:
        assert await all_pages(store, query) == expected(orders, query), query
    for order, other_filters in product(
        orders[:6], ({}, {"include_deleted": True}, {"customer_id": "cust_a"}, {"statuses": (Status.PROCESSING,)})
    ):
        query = OrderQuery(tenant_id, order_number=order.order_number, limit=2)
        query = replace(query, **other_filters)  # type: ignore[arg-type]
        assert await all_pages(store, query) == expected(orders, query), query


async def test_a_number_is_looked_up_within_dates_and_behind_a_position(store: Store, tenant_id: str) -> None:
    change = placed(tenant_id)
    await store.orders.add(change)
    query = OrderQuery(tenant_id, order_number=change.order.order_number, created_from=NOON)
    position = f"2026-11-22T12:00:00.000Z#{change.order.order_id}"

    assert len((await store.orders.page(query)).orders) == 1
    assert (await store.orders.page(replace(query, after=position))).orders == ()
    assert (await store.orders.page(replace(query, created_from=NOON + A_MINUTE))).orders == ()
    assert (await store.orders.page(replace(query, created_from=None, created_to=NOON))).orders == ()


async def test_an_empty_listing_is_one_empty_page(store: Store, tenant_id: str) -> None:
    for query in list(combinations(tenant_id))[::7]:
        page = await store.orders.page(query)
        assert (page.orders, page.next_position) == ((), None)


async def test_the_last_full_page_says_that_it_is_the_last(store: Store, tenant_id: str) -> None:
    for _ in range(3):
        await store.orders.add(placed(tenant_id))

    page = await store.orders.page(OrderQuery(tenant_id, limit=3))

    assert len(page.orders) == 3
    assert page.next_position is None


async def test_lists_show_an_order_as_it_is_now_without_particulars(store: Store, tenant_id: str) -> None:
    first = placed_in_full(tenant_id)
    second = processed(first.order)
    third = shipped(second.order, 1)
    await store.history(first, second, third)

    for query in (
        OrderQuery(tenant_id),
        OrderQuery(tenant_id, customer_id=first.order.customer_id),
        OrderQuery(tenant_id, statuses=(third.order.status,)),
        OrderQuery(tenant_id, order_number=first.order.order_number),
    ):
        assert (await store.orders.page(query)).orders == (as_listed(third.order),)
    assert (await store.orders.page(OrderQuery(tenant_id, statuses=(Status.PENDING,)))).orders == ()


async def test_a_listing_goes_on_where_it_was_although_orders_change_meanwhile(store: Store, tenant_id: str) -> None:
    changes = [placed(tenant_id, at=NOON + number * A_MINUTE) for number in range(6)]
    for change in changes:
        await store.orders.add(change)
    query = OrderQuery(tenant_id, statuses=(Status.PENDING,), ascending=True, limit=3)

    page = await store.orders.page(query)
    # The order that the position names leaves the listing, and so does one that was still to come.
    await store.orders.save(processed(changes[2].order))
    await store.orders.save(processed(changes[4].order))

    rest = await store.orders.page(replace(query, after=page.next_position))
    assert [order.order_id for order in rest.orders] == [changes[3].order.order_id, changes[5].order.order_id]


async def mostly_deleted(store: Store, tenant_id: str) -> None:
    """One order a minute: of 24 the first and the eighteenth are there."""
    for number in range(24):
        change = placed(tenant_id, at=NOON + number * A_MINUTE)
        deletion = None if number in {0, 17} else Deletion(NOON, "admin_1")
        await store.orders.add(replace(change, order=replace(change.order, deletion=deletion)))


def minutes(orders: Iterable[OrderSummary]) -> list[int]:
    return [(order.created_at - NOON) // A_MINUTE for order in orders]


async def test_a_page_is_filled_although_most_is_filtered_out(store: Store, tenant_id: str) -> None:
    await mostly_deleted(store, tenant_id)
    customer_id = placed(tenant_id).order.customer_id
    for ascending, of_one in product((False, True), (None, customer_id)):
        query = OrderQuery(tenant_id, customer_id=of_one, limit=1, ascending=ascending)
        first = await store.orders.page(query)
        assert minutes(first.orders) == ([0] if ascending else [17])
        second = await store.orders.page(replace(query, after=first.next_position))
        assert minutes(second.orders) == ([17] if ascending else [0])
        assert minutes((await store.orders.page(replace(query, limit=2))).orders) == ([0, 17] if ascending else [17, 0])


async def test_at_its_bound_on_reads_a_page_is_short_and_goes_on(
    store: Store, orders_table: EmulatorTable | None, tenant_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await mostly_deleted(store, tenant_id)
    monkeypatch.setattr(listing, "MAX_CONSIDERED", 6)
    for ascending in (False, True):
        query = OrderQuery(tenant_id, limit=2, ascending=ascending)
        assert minutes(await all_pages(store, query)) == ([0, 17] if ascending else [17, 0])
        page = await store.orders.page(query)
        if orders_table is not None:  # in memory nothing is read
            assert minutes(page.orders) == ([0] if ascending else [])
            assert page.next_position is not None


@pytest.mark.parametrize(
    "position",
    [
        "",
        "yesterday",
        "2026-11-22T12:00:00.000Z",
        "2026-11-22T12:00:00Z#ord_01KAXB9H000000000000000001",
        "2026-13-22T12:00:00.000Z#ord_01KAXB9H000000000000000001",
        "2026-11-22T12:00:00.000Z#ord_01KAXB9H00000000000000000",
        "2026-11-22T12:00:00.000Z#ord_01KAXB9H000000000000000001\n",
        "2026-11-22T12:00:00.000Z#ord_01KAXB9H00000000000000000U",
    ],
)
async def test_what_is_no_position_is_refused(store: Store, tenant_id: str, position: str) -> None:
    with pytest.raises(ValueError, match="no position"):
        await store.orders.page(OrderQuery(tenant_id, after=position))


async def test_bounds_between_milliseconds_and_in_other_zones_hold(store: Store, tenant_id: str) -> None:
    at = NOON + timedelta(milliseconds=5)
    await store.orders.add(placed(tenant_id, at=at))
    cape_town = timezone(timedelta(hours=2))
    microsecond = timedelta(microseconds=1)

    async def found(**bounds: datetime) -> int:
        return len((await store.orders.page(replace(OrderQuery(tenant_id), **bounds))).orders)  # type: ignore[arg-type]

    assert await found(created_from=at.astimezone(cape_town)) == 1
    assert await found(created_from=at - microsecond) == 1
    assert await found(created_from=at + microsecond) == 0
    assert await found(created_to=at.astimezone(cape_town)) == 0
    assert await found(created_to=at + microsecond) == 1
    assert await found(created_from=at, created_to=at) == 0
    assert await found(created_from=at, created_to=NOON) == 0
    assert await found(created_from=datetime.min.replace(tzinfo=cape_town)) == 1
    assert await found(created_to=datetime.max.replace(tzinfo=timezone(-timedelta(hours=2)))) == 1
