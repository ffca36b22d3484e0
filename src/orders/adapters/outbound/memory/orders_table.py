"""The table that in-memory adapters share: orders with their waiting events, and the event log."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from typing import TypeAlias

from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.domain.events import OrderEvent
from orders.domain.order import Order
from orders.ports.acceptances import Acceptance, KeyClaim
from orders.ports.clock import Clock
from orders.ports.errors import ItemKind, TransientPortError, UnreadableItem
from orders.ports.lease import WriterLease

OrderKey: TypeAlias = tuple[str, str]
"""Tenant id and order id."""


@dataclass(slots=True)
class OrderRow:
    """An order with its waiting events by sequence.

    Attributes:
        since: as in ``OutboxEntry``; ``None`` while no event waits.
    """

    order: Order
    waiting: dict[int, OrderEvent] = field(default_factory=dict)
    since: datetime | None = None

    def wait(self, event: OrderEvent) -> None:
        """Adds an event to the waiting ones."""
        self.waiting[event.sequence] = event
        self.since = self.since or event.at

    def settle(self, sequence: int) -> bool:
        """Removes an event from the waiting ones; returns whether it was one of them."""
        waited = self.waiting.pop(sequence, None) is not None
        if not self.waiting:
            self.since = None
        return waited


class MemoryTable:
    """Orders and published events, in dictionaries.

    Set ``reachable`` to false for an outage, ``answering`` for one in which writes succeed and their responses get
    lost, ``indexes_numbers`` for an index of numbers that shows nothing of what was written. ``lease`` is that of
    whoever writes, by default one that is always held.

    Nothing awaits between a read and a write, so every operation on it is atomic within one event loop.
    """

    def __init__(self, lease: WriterLease | None = None, clock: Clock | None = None) -> None:
        """``clock`` tells what is over; without one nothing ever is."""
        self._clock = clock
        self.reachable = True
        self.answering = True
        self.indexes_numbers = True
        self.lease: WriterLease = lease or AlwaysWriter()
        self.accepted_until: dict[OrderKey, datetime] = {}
        self._rows: dict[OrderKey, OrderRow] = {}
        self._log: dict[OrderKey, dict[int, OrderEvent]] = {}
        self._accepted: dict[OrderKey, Acceptance] = {}
        self._claims: dict[OrderKey, KeyClaim] = {}
        self._unqueued: dict[OrderKey, datetime] = {}
        self._damaged: set[tuple[ItemKind, str, str, int | None]] = set()

    def damage(self, kind: ItemKind, tenant_id: str, order_id: str, sequence: int | None = None) -> None:
        """Makes an item unreadable: an order, an acceptance, an outbox entry or an event."""
        self._damaged.add((kind, tenant_id, order_id, sequence))

    def fault(
        self, kind: ItemKind, tenant_id: str, order_id: str, sequence: int | None = None
    ) -> UnreadableItem | None:
        """Returns why the item is unreadable; ``None`` if it is not."""
        if (kind, tenant_id, order_id, sequence) not in self._damaged:
            return None
        return UnreadableItem(
            kind,
            f"{tenant_id}/{order_id}/{sequence or ''}",
            "it was damaged",
            tenant_id=tenant_id,
            order_id=order_id,
            sequence=sequence,
            customer_id=self._rows[tenant_id, order_id].order.customer_id if kind is ItemKind.ORDER else None,
        )

    def faults(self) -> list[UnreadableItem]:
        """Returns all unreadable items."""
        found = (self.fault(*each) for each in sorted(self._damaged, key=str))
        return [fault for fault in found if fault is not None]

    def check(self, kind: ItemKind, tenant_id: str, order_id: str, sequence: int | None = None) -> None:
        """Returns if the item is readable. Raises: UnreadableItem."""
        fault = self.fault(kind, tenant_id, order_id, sequence)
        if fault is not None:
            raise fault

    @property
    def rows(self) -> dict[OrderKey, OrderRow]:
        """The orders. Raises: TransientPortError while unreachable."""
        self._ask()
        return self._rows

    @property
    def accepted(self) -> dict[OrderKey, Acceptance]:
        """The acceptances. Raises: TransientPortError while unreachable."""
        self._ask()
        return self._accepted

    @property
    def claims(self) -> dict[OrderKey, KeyClaim]:
        """The claims of keys at which there is no order. Raises: TransientPortError while unreachable."""
        self._ask()
        return self._claims

    @property
    def unqueued(self) -> dict[OrderKey, datetime]:
        """The times since which acceptances wait to be queued. Raises: TransientPortError while unreachable."""
        self._ask()
        return self._unqueued

    @property
    def logs(self) -> dict[OrderKey, dict[int, OrderEvent]]:
        """The published events of all orders by sequence. Raises: TransientPortError while unreachable."""
        self._ask()
        return self._log

    def log(self, tenant_id: str, order_id: str) -> dict[int, OrderEvent]:
        """Returns an order's published events by sequence. Raises: TransientPortError while unreachable."""
        self._ask()
        return self._log.setdefault((tenant_id, order_id), {})

    def answer(self) -> None:
        """Returns a write's response. Raises: TransientPortError if responses get lost."""
        if not self.answering:
            raise TransientPortError("orders table", "connection lost")

    def recorded(self, event: OrderEvent) -> OrderEvent | None:
        """Returns the event stored under the given one's order and sequence, waiting or published."""
        row = self.rows.get((event.tenant_id, event.order_id))
        waiting = row.waiting.get(event.sequence) if row else None
        return waiting or self.log(event.tenant_id, event.order_id).get(event.sequence)

    def _ask(self) -> None:
        if not self.reachable:
            raise TransientPortError("orders table", "out of reach")
        if self._clock is not None:
            self._remove_what_is_over(self._clock.now())

    def _remove_what_is_over(self, now: datetime) -> None:
        """Removes each item by its own expiry, as DynamoDB does."""
        for key in [key for key, row in self._rows.items() if _is_over(row.order.expires_at, now)]:
            del self._rows[key]
        for log in self._log.values():
            for sequence in [sequence for sequence, event in log.items() if _is_over(event.expires_at, now)]:
                del log[sequence]
        for key in [key for key, until in self.accepted_until.items() if _is_over(until, now)]:
            self._accepted.pop(key, None)
            del self.accepted_until[key]


def _is_over(expires_at: datetime | None, now: datetime) -> bool:
    return expires_at is not None and expires_at <= now


def rough_bytes(value: object) -> int:
    """Estimates a value's stored size: texts in UTF-8, everything else eight bytes."""
    if isinstance(value, str):
        return len(value.encode())
    if is_dataclass(value):
        return sum(rough_bytes(getattr(value, each.name)) for each in fields(value))
    if isinstance(value, Mapping):
        return sum(rough_bytes(name) + rough_bytes(each) for name, each in value.items())
    if isinstance(value, list | tuple):
        return sum(map(rough_bytes, value))
    return 8
