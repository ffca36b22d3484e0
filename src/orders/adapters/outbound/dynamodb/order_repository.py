"""Orders in DynamoDB: one conditional write for each create and each change. Contract: ports/order_repository.py."""

from dataclasses import replace
from typing import TYPE_CHECKING

from orders.adapters.outbound.dynamodb.items.attribute_values import Item, from_wire, to_wire
from orders.adapters.outbound.dynamodb.items.claim_items import claim_from_item, is_claim, place_is_free
from orders.adapters.outbound.dynamodb.items.event_items import BYTES, EPOCH, as_recorded, waiting_event, waiting_in
from orders.adapters.outbound.dynamodb.items.item_size import item_bytes, value_bytes
from orders.adapters.outbound.dynamodb.items.order_items import (
    KEY_ATTRIBUTES,
    OPTIONAL_ATTRIBUTES,
    order_from_item,
    order_to_item,
)
from orders.adapters.outbound.dynamodb.items.report_items import (
    PARKED,
    REPORTED_ATTRIBUTES,
    REVISION,
    reported_from_item,
    reported_to_item,
)
from orders.adapters.outbound.dynamodb.items.schema import reading, unreadable
from orders.adapters.outbound.dynamodb.keys import event_key, order_key, outbox_shard, sequence_text, shard_of
from orders.adapters.outbound.dynamodb.listing import read_page
from orders.adapters.outbound.dynamodb.order_numbers import RecentNumbers
from orders.adapters.outbound.dynamodb.table import ConditionFailed, OrdersTable, Placeholders
from orders.domain.events import OrderEvent
from orders.domain.order import Change, Order
from orders.ports.acceptances import KeyClaim
from orders.ports.clock import Clock
from orders.ports.errors import ItemKind, OrderClaimed, OrderExists, OrderTooLarge, OutboxFull, StaleOrder
from orders.ports.lease import WriterLease
from orders.ports.order_repository import (
    MAX_ORDER_BYTES,
    MAX_PARKED_BYTES,
    MAX_PENDING_BYTES,
    MAX_PENDING_EVENTS,
    OrderPage,
    OrderQuery,
)

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient


class DynamoOrderRepository:
    """Orders and their waiting events in one item each.

    An order's item holds, beside the order, ``pending`` (waiting events by sequence; present but empty when none wait),
    ``pendingBytes``, and while events wait the attributes ``outboxShard`` and ``outboxSince``, which put it into the
    index of its region's relay. Changes never write ``pending`` as a whole, so that they and the settling of events
    can't undo each other.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        lease: WriterLease | None = None,
        *,
        region: str,
        outbox_shards: int,
        clock: Clock | None = None,
        written: RecentNumbers | None = None,
    ) -> None:
        """``region`` is the one this process writes in; ``outbox_shards`` is the number of shards its relay reads.

        ``lease`` is that of who writes; without one orders are read only. ``written`` remembers the numbers of new
        orders.

        The number of shards can be raised at any time; lower it only when the shards to be dropped are empty.
        """
        self._table = OrdersTable(client, table_name, lease, clock=clock)
        self._region = region
        self._shards = outbox_shards
        self._written = written or RecentNumbers()

    async def add(self, change: Change, *, claimed_by: str | None = None) -> OrderEvent:
        """See ``OrderRepository.add``."""
        order, event = change.order, self._event_of(change)
        waiting = _bounded_event(event)
        item = _bounded_item(order) | {
            EPOCH: event.epoch,
            "pending": {sequence_text(event.sequence): waiting},
            "pendingBytes": waiting[BYTES],
            "outboxShard": self._marker(order.order_id),
            "outboxSince": waiting["at"],
        }
        place = Placeholders()
        try:
            free = place_is_free(claimed_by, self._table.is_free(place), place)
            await self._table.put(item, condition=free, place=place)
        except ConditionFailed as refused:
            # Refused because an item exists, which the error contains.
            if is_claim(refused.found):
                raise OrderClaimed(claim_from_item(refused.found)) from refused
            done = await self._done(change, event, refused.found)
            if done is None:
                raise OrderExists(order_from_item(refused.found)) from refused
            return done
        self._written.note(item["numberKey"])
        return event

    def check_size(self, order: Order) -> None:
        """See ``OrderRepository.check_size``."""
        _bounded_item(order)

    async def get(self, tenant_id: str, order_id: str) -> Order | None:
        """See ``OrderRepository.get``."""
        item = await self._table.get(order_key(tenant_id, order_id))
        return None if item is None or is_claim(item) else order_from_item(item)

    async def occupant(self, tenant_id: str, order_id: str) -> Order | KeyClaim | None:
        """See ``OrderRepository.occupant``."""
        item = await self._table.get(order_key(tenant_id, order_id))
        return None if item is None else claim_from_item(item) if is_claim(item) else order_from_item(item)

    async def save(self, change: Change) -> OrderEvent:
        """See ``OrderRepository.save``."""
        order, event = change.order, self._event_of(change)
        waiting, place = _bounded_event(event), Placeholders()
        try:
            await self._table.update(
                order_key(order.tenant_id, order.order_id),
                change=self._update_expression(order, waiting, place=place),
                condition=f"{_save_condition(waiting, place)} AND {_same_reports(order.reported.revision, place)}",
                place=place,
            )
        except ConditionFailed as refused:
            found = refused.found
            done = await self._done(change, event, found) if found else None
            if done is None:
                _check_outbox(found)
                unchanged = (event.sequence - 1, order.reported.revision)
                full = (found.get("sequence"), found.get(REVISION, 0)) == unchanged
                raise (OutboxFull if full else StaleOrder)(order.order_id) from refused
            return done
        return event

    async def note(self, order: Order) -> None:
        """See ``OrderRepository.note``."""
        reported, place = reported_to_item(order.reported), Placeholders()
        size = value_bytes(reported.get(PARKED, []))
        if size > MAX_PARKED_BYTES:
            raise OrderTooLarge(size, MAX_PARKED_BYTES)
        noted = reported | {EPOCH: self._table.lease.check()}
        change = ", ".join(f"{place.name(name)} = {place.value(value)}" for name, value in noted.items())
        gone = ", ".join(place.name(name) for name in sorted(REPORTED_ATTRIBUTES - reported.keys()))
        try:
            await self._table.update(
                order_key(order.tenant_id, order.order_id),
                change=f"SET {change}" + (f" REMOVE {gone}" if gone else ""),
                condition=(
                    f"attribute_exists({place.name('PK')}) AND {place.name('sequence')} = {place.value(order.sequence)}"
                    f" AND {_same_reports(order.reported.revision - 1, place)}"
                ),
                place=place,
            )
        except ConditionFailed as refused:
            found = refused.found
            # This very write succeeded and its response got lost.
            with reading(ItemKind.ORDER, found):
                done = found.get("sequence") == order.sequence and reported_from_item(found) == order.reported
            if not done:
                raise StaleOrder(order.order_id) from refused

    async def page(self, query: OrderQuery) -> OrderPage:
        """See ``OrderRepository.page``. Raises also: ValueError: ``after`` is not a position."""
        return await read_page(self._table, query)

    def _update_expression(self, order: Order, waiting: Item, *, place: Placeholders) -> str:
        item = _bounded_item(order)
        settings = [
            f"{place.name(name)} = {place.value(value)}" for name, value in item.items() if name not in KEY_ATTRIBUTES
        ]
        settings += [
            f"{place.name('pending', sequence_text(waiting['sequence']))} = {place.value(waiting)}",
            f"{place.name('outboxShard')} = {place.value(self._marker(order.order_id))}",
            f"{place.name(EPOCH)} = {place.value(waiting[EPOCH])}",
        ]
        since, total = place.name("outboxSince"), place.name("pendingBytes")
        settings += [
            f"{since} = if_not_exists({since}, {place.value(waiting['at'])})",
            f"{total} = {total} + {place.value(waiting[BYTES])}",
        ]
        gone = [place.name(name) for name in sorted(OPTIONAL_ATTRIBUTES - item.keys())]
        return f"SET {', '.join(settings)}" + (f" REMOVE {', '.join(gone)}" if gone else "")

    def _marker(self, order_id: str) -> str:
        return outbox_shard(self._region, shard_of(order_id, self._shards))

    async def _done(self, change: Change, event: OrderEvent, found: Item) -> OrderEvent | None:
        """Returns the event if this very change was stored earlier and only the response got lost."""
        with reading(ItemKind.ORDER, found):
            if found["sequence"] < event.sequence:
                return None
        # Events name changed fields, not values: with nothing stored since, the orders must be equal too.
        if found["sequence"] == event.sequence and order_from_item(found) != _as_stored(change.order):
            return None
        recorded = waiting_in(found, event.sequence) or await self._table.get(
            event_key(event.tenant_id, event.order_id, event.sequence)
        )
        return None if recorded is None else as_recorded(event, recorded)

    def _event_of(self, change: Change) -> OrderEvent:
        """Returns the change's event under the epoch to write in. Raises: NotTheWriter."""
        if change.event is None:
            raise ValueError(f"no event: nothing changed in order {change.order.order_id}")
        return replace(change.event, epoch=self._table.lease.check())


def _bounded_item(order: Order) -> Item:
    item = order_to_item(order)
    # Parked events have a separate limit: they must not make an order too large for its next change.
    size = item_bytes({name: value for name, value in item.items() if name != PARKED})
    if size > MAX_ORDER_BYTES:
        raise OrderTooLarge(size, MAX_ORDER_BYTES)
    return item


def _bounded_event(event: OrderEvent) -> Item:
    waiting = waiting_event(event)
    if waiting[BYTES] > MAX_PENDING_BYTES:
        raise OrderTooLarge(waiting[BYTES], MAX_PENDING_BYTES)
    return waiting


def _check_outbox(found: Item) -> None:
    """Returns if the order's outbox attributes are intact, or there is no order. Raises: UnreadableItem."""
    if found and not (isinstance(found.get("pending"), dict) and isinstance(found.get("pendingBytes"), int)):
        raise unreadable(ItemKind.ORDER, found, "'pending' or 'pendingBytes' is missing or of another type")


def _as_stored(order: Order) -> Order:
    return order_from_item(from_wire(to_wire(order_to_item(order))))


def _same_reports(revision: int, place: Placeholders) -> str:
    attribute = place.name(REVISION)
    return f"{attribute} = {place.value(revision)}" if revision else f"attribute_not_exists({attribute})"


def _save_condition(waiting: Item, place: Placeholders) -> str:
    pending, sequence, total = place.name("pending"), place.name("sequence"), place.name("pendingBytes")
    return (
        # Existence first: the other conditions need an item.
        f"attribute_exists({place.name('PK')}) AND {sequence} = {place.value(waiting['sequence'] - 1)}"
        f" AND size({pending}) < {place.value(MAX_PENDING_EVENTS)}"
        f" AND {total} <= {place.value(MAX_PENDING_BYTES - waiting[BYTES])}"
    )
