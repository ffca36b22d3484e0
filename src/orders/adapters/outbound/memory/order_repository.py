"""Orders in memory. Contract: ports/order_repository.py."""

from dataclasses import replace
from datetime import UTC, datetime

from orders.adapters.outbound.memory.orders_table import MemoryTable, OrderRow, rough_bytes
from orders.domain.errors import InvalidIdentifier
from orders.domain.events import OrderEvent
from orders.domain.identity import check_order_id
from orders.domain.order import Change, Order
from orders.domain.order_summary import OrderSummary
from orders.domain.reports import NOTHING_REPORTED
from orders.ports.acceptances import KeyClaim
from orders.ports.errors import ItemKind, OrderClaimed, OrderExists, OrderTooLarge, OutboxFull, StaleOrder
from orders.ports.order_repository import (
    MAX_ORDER_BYTES,
    MAX_PARKED_BYTES,
    MAX_PENDING_BYTES,
    MAX_PENDING_EVENTS,
    OrderPage,
    OrderQuery,
)


class MemoryOrderRepository:
    """``OrderRepository`` over a ``MemoryTable``; share the table with a ``MemoryOutbox``."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    async def add(self, change: Change, *, claimed_by: str | None = None) -> OrderEvent:
        """See ``OrderRepository.add``."""
        order, event = change.order, self._event_of(change)
        self.check_size(order)
        _check_size(event, MAX_PENDING_BYTES)
        key = (order.tenant_id, order.order_id)
        row = self._table.rows.get(key)
        if row is None:
            claim = self._table.claims.get(key)
            if claim is not None and (claim.faults or claim.receipt is None or claim.receipt.key != claimed_by):
                raise OrderClaimed(claim)
            self._table.claims.pop(key, None)
            row = self._table.rows[key] = OrderRow(order)
            row.wait(event)
        else:
            done = self._done(change, event, row)
            if done is None:
                self._table.check(ItemKind.ORDER, order.tenant_id, order.order_id)
                raise OrderExists(row.order)
            event = done
        self._table.answer()
        return event

    def check_size(self, order: Order) -> None:
        """See ``OrderRepository.check_size``."""
        _check_size(replace(order, reported=NOTHING_REPORTED), MAX_ORDER_BYTES)

    async def get(self, tenant_id: str, order_id: str) -> Order | None:
        """See ``OrderRepository.get``."""
        row = self._table.rows.get((tenant_id, order_id))
        self._table.check(ItemKind.ORDER, tenant_id, order_id)
        return row.order if row else None

    async def occupant(self, tenant_id: str, order_id: str) -> Order | KeyClaim | None:
        """See ``OrderRepository.occupant``."""
        return await self.get(tenant_id, order_id) or self._table.claims.get((tenant_id, order_id))

    async def save(self, change: Change) -> OrderEvent:
        """See ``OrderRepository.save``."""
        order, event = change.order, self._event_of(change)
        self.check_size(order)
        _check_size(event, MAX_PENDING_BYTES)
        row = self._table.rows.get((order.tenant_id, order.order_id))
        if row is None:
            raise StaleOrder(order.order_id)
        if row.order.sequence != event.sequence - 1 or row.order.reported.revision != order.reported.revision:
            done = self._done(change, event, row)
            if done is None:
                raise StaleOrder(order.order_id)
            return done
        waiting_bytes = sum(map(rough_bytes, row.waiting.values()))
        if len(row.waiting) >= MAX_PENDING_EVENTS or waiting_bytes + rough_bytes(event) > MAX_PENDING_BYTES:
            raise OutboxFull(order.order_id)
        row.order = order
        row.wait(event)
        self._table.answer()
        return event

    async def note(self, order: Order) -> None:
        """See ``OrderRepository.note``."""
        size = rough_bytes(order.reported.parked)
        if size > MAX_PARKED_BYTES:
            raise OrderTooLarge(size, MAX_PARKED_BYTES)
        self._table.lease.check()
        row = self._table.rows.get((order.tenant_id, order.order_id))
        if row is None or row.order.sequence != order.sequence:
            raise StaleOrder(order.order_id)
        if row.order.reported.revision != order.reported.revision - 1:
            if row.order.reported == order.reported:
                return
            raise StaleOrder(order.order_id)
        row.order = replace(row.order, reported=order.reported)
        self._table.answer()

    async def page(self, query: OrderQuery) -> OrderPage:
        """See ``OrderRepository.page``. Raises also: ValueError when ``after`` is no position."""
        after = None if query.after is None else _parse_position(query.after)
        found = []
        for (tenant_id, _), row in self._table.rows.items():
            place = (row.order.created_at, row.order.order_id)
            behind = after is None or (place > after if query.ascending else place < after)
            if tenant_id == query.tenant_id and behind and _holds(row.order, query):
                found.append((place, row.order))
        found.sort(key=lambda each: each[0], reverse=not query.ascending)
        # Unreadable orders are counted and left out, as long as the page is not full.
        readable = [self._table.fault(ItemKind.ORDER, query.tenant_id, order.order_id) is None for _, order in found]
        considered = next((end for end in range(len(found)) if sum(readable[:end]) == query.limit), len(found))
        orders = [order for (_, order), good in zip(found[:considered], readable, strict=False) if good]
        more = len(found) > considered
        return OrderPage(
            tuple(map(OrderSummary.of, orders)),
            _position(found[considered - 1][1]) if more else None,
            unreadable=considered - len(orders),
        )

    def _done(self, change: Change, event: OrderEvent, row: OrderRow) -> OrderEvent | None:
        """Returns the event if this very change was made earlier."""
        if row.order.sequence == event.sequence and row.order != change.order:
            return None
        recorded = self._table.recorded(event)
        return recorded if recorded is not None and recorded == replace(event, epoch=recorded.epoch) else None

    def _event_of(self, change: Change) -> OrderEvent:
        """Returns the change's event under the epoch to write in. Raises: NotTheWriter."""
        if change.event is None:
            raise ValueError(f"no event: nothing changed in order {change.order.order_id}")
        return replace(change.event, epoch=self._table.lease.check())


def _check_size(kept: Order | OrderEvent, limit_bytes: int) -> None:
    size = rough_bytes(kept)
    if size > limit_bytes:
        raise OrderTooLarge(size, limit_bytes)


def _holds(order: Order, query: OrderQuery) -> bool:
    return (
        (query.include_deleted or order.deletion is None)
        and (not query.statuses or order.status in query.statuses)
        and (query.customer_id is None or order.customer_id == query.customer_id)
        and (query.order_number is None or order.order_number == query.order_number)
        and (query.created_from is None or order.created_at >= query.created_from)
        and (query.created_to is None or order.created_at < query.created_to)
    )


def _position(order: Order) -> str:
    at = order.created_at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    return f"{at}Z#{order.order_id}"


def _parse_position(text: str) -> tuple[datetime, str]:
    at, _, order_id = text.partition("#")
    try:
        created_at = datetime.strptime(at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        return created_at, check_order_id(order_id)
    except (ValueError, InvalidIdentifier) as error:
        raise ValueError(f"{text[:80]!r} is no position in a listing") from error
