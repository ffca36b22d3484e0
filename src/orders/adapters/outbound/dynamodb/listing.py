"""Reads pages of a tenant's orders, each from the index that answers the query, never by a scan ([API-6]).

Filters that an index can't apply (deleted or not, a status among one customer's orders) are applied to the items read,
until the page is full. To bound the cost of a page, a bounded number of orders is examined, so a page may come out
short.
"""

import logging
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from orders.adapters.outbound.dynamodb.items.attribute_values import WireItem, plain_value
from orders.adapters.outbound.dynamodb.items.claim_items import is_claim
from orders.adapters.outbound.dynamodb.items.instants import bound_text
from orders.adapters.outbound.dynamodb.items.summary_items import summary_from_wire
from orders.adapters.outbound.dynamodb.keys import (
    AFTER_ALL,
    BEFORE_ALL,
    check_position,
    customer_key,
    is_position,
    just_above,
    just_below,
    number_key,
    order_key,
    status_key,
)
from orders.adapters.outbound.dynamodb.order_numbers import indexed_ids
from orders.adapters.outbound.dynamodb.table import OrdersTable, Placeholders
from orders.adapters.together import together
from orders.domain.lifecycle import Status
from orders.domain.order_summary import OrderSummary
from orders.ports.errors import UnreadableItem
from orders.ports.order_repository import OrderPage, OrderQuery

MAX_CONSIDERED = 500
"""How many orders a page considers at most, however many it may hold."""

GROWN_CHUNK = 64
"""Up to this size the chunks grow in which a branch is read, where much is filtered out: a page of one order must not
take hundreds of requests."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Span:
    """The range of positions of a listing, both ends included."""

    lowest: str
    highest: str

    @classmethod
    def of(cls, query: OrderQuery) -> "Span":
        """Returns the rest of the query's date range behind its position. Raises: ValueError: not a position."""
        lowest = BEFORE_ALL if query.created_from is None else bound_text(query.created_from)
        # A bare instant sorts before all its positions: as an upper bound it excludes its own millisecond.
        highest = AFTER_ALL if query.created_to is None else bound_text(query.created_to)
        if query.after is not None:
            after = check_position(query.after)
            # Excludes the position itself, whose order was returned already: each page reads as much as the first.
            if query.ascending:
                lowest = max(lowest, just_above(after))
            else:
                highest = min(highest, just_below(after))
        return cls(lowest, highest)

    def __contains__(self, position: str) -> bool:
        return self.lowest <= position <= self.highest


@dataclass(slots=True)
class Branch:
    """One index's orders under one hash key, read ahead in chunks.

    Attributes:
        chunk: how many are read next. Two chunks have the size that is given: a page with few filtered out needs no
            more. Those after them grow.
    """

    table: OrdersTable
    index: str
    hash_key: tuple[str, str]
    span: Span
    ascending: bool
    chunk: int
    read: deque[WireItem] = field(default_factory=deque)
    resume: Mapping[str, Any] | None = None
    ended: bool = False
    requests: int = 0

    async def fill(self) -> None:
        """Reads on until an item is available or the end is reached."""
        while not self.read and not self.ended:
            place = Placeholders()
            attribute, value = self.hash_key
            condition = (
                f"{place.name(attribute)} = {place.value(value)} AND {place.name('createdAtId')}"
                f" BETWEEN {place.value(self.span.lowest)} AND {place.value(self.span.highest)}"
            )
            page = await self.table.query_wire(
                condition,
                place,
                index=self.index,
                ascending=self.ascending,
                limit=self.chunk,
                resume=self.resume,
            )
            if self.requests:
                self.chunk = max(self.chunk, min(2 * self.chunk, GROWN_CHUNK))
            self.requests += 1
            self.read.extend(page.items)
            self.resume, self.ended = page.resume, page.resume is None


async def read_page(table: OrdersTable, query: OrderQuery) -> OrderPage:
    """Reads a page of orders.

    Raises:
        ValueError: ``after`` is not a position.
        TransientPortError: the table is unreachable or throttles.
    """
    span = Span.of(query)
    if span.lowest > span.highest:
        return OrderPage(())
    orders: list[OrderSummary] = []
    considered: list[str] = []
    unreadable = 0
    async for item in _candidates(table, query, span):
        if len(orders) == query.limit or len(considered) == MAX_CONSIDERED:
            return OrderPage(tuple(orders), _last_position(considered), unreadable)
        considered.append(position_in(item))
        if not _may_hold(item, query):
            continue
        try:
            orders.append(summary_from_wire(item))
        except UnreadableItem as error:
            _log.error("an order is left out of a listing: %s", error)
            unreadable += 1
    return OrderPage(tuple(orders), unreadable=unreadable)


def _last_position(considered: Sequence[str]) -> str | None:
    # A page can only begin behind a valid position; rows behind it are read again with the next page.
    return next(filter(is_position, reversed(considered)), None)


def _candidates(table: OrdersTable, query: OrderQuery, span: Span) -> AsyncIterator[WireItem]:
    """Yields orders in the listing's direction: all that match the filters, and some that don't."""
    if query.order_number is not None:
        return _by_number(table, query, query.order_number, span)
    return merged(_branches(table, query, span), ascending=query.ascending)


def _branches(table: OrdersTable, query: OrderQuery, span: Span) -> list[Branch]:
    tenant_id = query.tenant_id
    if query.customer_id is not None:
        hash_keys = [("OrdersByCustomer", "customerKey", customer_key(tenant_id, query.customer_id))]
    elif query.statuses and not set(query.statuses).issuperset(Status):
        statuses = sorted(set(query.statuses))
        hash_keys = [("OrdersByStatus", "statusKey", status_key(tenant_id, status)) for status in statuses]
    else:
        hash_keys = [("OrdersByTenantAndDate", "tenantId", tenant_id)]
    # One more than a page, to know whether there is a next page.
    chunk = query.limit + 1
    return [
        Branch(table, index, (attribute, value), span, ascending=query.ascending, chunk=chunk)
        for index, attribute, value in hash_keys
    ]


async def merged(branches: Sequence[Branch], *, ascending: bool) -> AsyncIterator[WireItem]:
    """Merges the items of all branches in order, without duplicates."""
    pick = min if ascending else max
    while True:
        used_up = [branch for branch in branches if not branch.read and not branch.ended]
        if len(used_up) == 1:
            # Without a task: most listings have one branch.
            await used_up[0].fill()
        elif used_up:
            await together(*(branch.fill() for branch in used_up))
        heads = [branch for branch in branches if branch.read]
        if not heads:
            return
        if len(branches) == 1:
            read = branches[0].read
            while read:
                yield read.popleft()
            continue
        position = pick(position_in(branch.read[0]) for branch in heads)
        same = [branch.read.popleft() for branch in heads if position_in(branch.read[0]) == position]
        # An order whose status is changing can appear under both: the later version counts.
        yield max(same, key=sequence_in)


def position_in(item: WireItem) -> str:
    """Returns the item's position: its sort key in the listing's index, hence a text."""
    position: str = item["createdAtId"]["S"]
    return position


def sequence_in(item: WireItem) -> int:
    """Returns the sequence of the item's order, 0 if that is damaged."""
    sequence = _attribute(item, "sequence")
    return sequence if isinstance(sequence, int) else 0


def _attribute(item: WireItem, name: str) -> Any:
    return plain_value(item[name]) if name in item else None


def _may_hold(item: WireItem, query: OrderQuery) -> bool:
    """Returns whether the order matches every filter but those of time; a missing attribute matches."""
    return (
        (query.include_deleted or "deletedAt" not in item)
        and (not query.statuses or "status" not in item or _attribute(item, "status") in query.statuses)
        and (
            query.customer_id is None or "customerId" not in item or _attribute(item, "customerId") == query.customer_id
        )
    )


async def _by_number(table: OrdersTable, query: OrderQuery, number: str, span: Span) -> AsyncIterator[WireItem]:
    """Yields the orders of that number in the span: one, hardly ever several."""
    found = []
    for order_id in await indexed_ids(table, number_key(query.tenant_id, number)):
        item = await table.get_wire(order_key(query.tenant_id, order_id), consistent=False)
        # What is accepted and not placed has a number too, and at most a claim under its order's key.
        if item is None or is_claim(item):
            continue
        # Without a position of its own, which only an index guarantees, it ends its page.
        item.setdefault("createdAtId", {"S": span.lowest})
        if position_in(item) in span:
            found.append(item)
    for item in sorted(found, key=position_in, reverse=not query.ascending):
        yield item
