"""Ten thousand orders of one shop, put into a table as the adapter would have written them, and what to ask of them."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from orders.adapters.outbound.dynamodb.items.attribute_values import to_wire
from orders.adapters.outbound.dynamodb.items.order_items import order_to_item
from orders.adapters.outbound.dynamodb.listing import GROWN_CHUNK, MAX_CONSIDERED
from orders.domain.identity import order_number
from orders.domain.lifecycle import Status
from orders.domain.order import Order
from orders.domain.order_summary import OrderSummary
from orders.domain.parts import Deletion
from orders.ports.order_repository import OrderQuery
from tests.contract.changes import as_listed
from tests.support.builders import NOON, an_order, an_order_id

COUNT = 10_000
TENANT = "tenant_large"
LARGE, SMALL, NOBODY = "cust_large", "cust_00007", "cust_nobody"
A_DAY = timedelta(days=1)
DAYS = 10
_BATCH = 25
_WRITERS = 8
_SMALL_CUSTOMERS = 150
_STATUSES = (
    *(Status.COMPLETED,) * 11, *(Status.PENDING,) * 2, *(Status.PROCESSING,) * 2, Status.PARTIALLY_FULFILLED,
    Status.FULFILLED, Status.CANCELLED, Status.REJECTED,
)  # fmt: skip

FEW, SEVERAL = (Status.REJECTED,), (Status.PENDING, Status.PROCESSING, Status.FULFILLED)
SPANS: tuple[tuple[datetime | None, datetime | None], ...] = (
    (None, None),
    (NOON + 9 * A_DAY, None),
    (None, NOON + A_DAY),
    (NOON + 4 * A_DAY, NOON + 4 * A_DAY + timedelta(hours=3)),
)
UNKNOWN_NUMBER = order_number(an_order_id(COUNT + 1))


def ten_thousand_orders() -> list[Order]:
    """Oldest first: four in each millisecond, a quarter of one customer, most completed, one in ten deleted."""
    step = DAYS * A_DAY / (COUNT // 4)
    template = an_order(tenant_id=TENANT)
    orders = []
    for number in range(COUNT):
        at = NOON + number // 4 * step
        order_id = an_order_id(number * 7919 % COUNT, at)
        customer = LARGE if number % 4 == 1 else f"cust_{number % _SMALL_CUSTOMERS:05}"
        orders.append(
            replace(
                template,
                order_id=order_id,
                order_number=order_number(order_id),
                customer_id=customer,
                status=_STATUSES[number % len(_STATUSES)],
                deletion=Deletion(NOON + 20 * A_DAY, "admin_1") if number % 10 == 3 else None,
                created_at=at,
                updated_at=at,
            )
        )
    return sorted(orders, key=lambda order: (order.created_at, order.order_id))


async def put_all(client: Any, table: str, orders: Sequence[Order]) -> None:
    """Write the orders as their adapter leaves them when their events are published."""
    writers = asyncio.Semaphore(_WRITERS)

    async def put(batch: Sequence[Order]) -> None:
        items = [order_to_item(order) | {"pending": {}, "pendingBytes": 0} for order in batch]
        requests = [{"PutRequest": {"Item": to_wire(item)}} for item in items]
        async with writers:
            while requests:
                answer = await client.batch_write_item(RequestItems={table: requests})
                requests = answer["UnprocessedItems"].get(table, [])

    await asyncio.gather(*(put(orders[start : start + _BATCH]) for start in range(0, len(orders), _BATCH)))


@dataclass(frozen=True, slots=True)
class Expected:
    """The listings by brute force: all orders as listings show them, oldest first."""

    orders: tuple[OrderSummary, ...]

    @classmethod
    def of(cls, orders: Sequence[Order]) -> "Expected":
        """The orders as lists show them."""
        return cls(tuple(map(as_listed, orders)))

    def found_by(self, query: OrderQuery) -> list[OrderSummary]:
        """All that the query finds, in its order, on however many pages."""
        found = [
            order
            for order in self.orders
            if (query.customer_id is None or order.customer_id == query.customer_id)
            and (query.order_number is None or order.order_number == query.order_number)
            and (not query.statuses or order.status in query.statuses)
            and (query.created_from is None or query.created_from <= order.created_at)
            and (query.created_to is None or order.created_at < query.created_to)
            and (query.include_deleted or order.deleted_at is None)
        ]
        return found if query.ascending else found[::-1]


def combinations(numbers: Sequence[str | None]) -> Iterator[OrderQuery]:
    """Every combination of every filter, direction and limit."""
    for customer_id, statuses, number, (start, end), include_deleted, ascending, limit in product(
        (None, LARGE, SMALL, NOBODY),
        ((), FEW, SEVERAL, tuple(Status)),
        numbers,
        SPANS,
        (False, True),
        (False, True),
        (1, 25, 100),
    ):
        yield OrderQuery(
            TENANT,
            customer_id=customer_id,
            statuses=statuses,
            order_number=number,
            created_from=start,
            created_to=end,
            include_deleted=include_deleted,
            ascending=ascending,
            limit=limit,
        )


def may_read(query: OrderQuery) -> int:
    """The most items that one page of the query may read.

    So many orders are considered, and one more to know whether more follow; each index branch is read in chunks of a
    page and one, or larger ones where much is filtered out, of which the last need not be used up.
    """
    if query.order_number is not None:
        return 2
    merged = query.customer_id is None and len(query.statuses) < len(Status)
    branches = len(query.statuses) or 1 if merged else 1
    return MAX_CONSIDERED + 1 + branches * max(query.limit + 1, GROWN_CHUNK)
