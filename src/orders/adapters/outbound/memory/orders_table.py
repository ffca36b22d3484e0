"""What the in-memory repository and outbox share: orders with their waiting events, and the log."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from typing import TypeAlias

from orders.domain.events import OrderEvent
from orders.domain.order import Order
from orders.ports.acceptances import Acceptance, KeyClaim
from orders.ports.errors import ItemKind, TransientPortError, UnreadableItem

OrderKey: TypeAlias = tuple[str, str]
"""Tenant id and order id."""


@dataclass(slots=True)
class OrderRow:
    """An order with its waiting events by sequence.

    Attributes:
        since: as in ``OutboxEntry``; ``None`` while nothing waits.
    """

    order: Order
    waiting: dict[int, OrderEvent] = field(default_factory=dict)
    since: datetime | None = None

    def wait(self, event: OrderEvent) -> None:
        """Put an event among the waiting ones."""
        self.waiting[event.sequence] = event
        self.since = self.since or event.at

    def settle(self, sequence: int) -> None:
        """Take an event from among the waiting ones, if it is there."""
        self.waiting.pop(sequence, None)
        if not self.waiting:
            self.since = None


class MemoryTable:
    """Orders and published events, in dictionaries.

    Set ``reachable`` to false for an outage, ``answering`` for one in which writes take effect and answers get lost.

    Nothing awaits between a look and a write, so every operation on it is atomic within one event loop.
    """

    def __init__(self) -> None:
        self.reachable = True
        self.answering = True
        self._rows: dict[OrderKey, OrderRow] = {}
        self._log: dict[OrderKey, dict[int, OrderEvent]] = {}
        self._accepted: dict[OrderKey, Acceptance] = {}
        self._claims: dict[OrderKey, KeyClaim] = {}
        self._unqueued: dict[OrderKey, datetime] = {}
        self._damaged: set[tuple[ItemKind, str, str, int | None]] = set()

    def damage(self, kind: ItemKind, tenant_id: str, order_id: str, sequence: int | None = None) -> None:
        """Make an item one that can't be read any more: an order, an acceptance, an outbox entry, an event."""
        self._damaged.add((kind, tenant_id, order_id, sequence))

    def fault(
        self, kind: ItemKind, tenant_id: str, order_id: str, sequence: int | None = None
    ) -> UnreadableItem | None:
        """Why the item can't be read, if it can't."""
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
        """Everything that can't be read."""
        found = (self.fault(*each) for each in sorted(self._damaged, key=str))
        return [fault for fault in found if fault is not None]

    def check(self, kind: ItemKind, tenant_id: str, order_id: str, sequence: int | None = None) -> None:
        """Return when the item can be read. Raises: UnreadableItem."""
        fault = self.fault(kind, tenant_id, order_id, sequence)
        if fault is not None:
            raise fault

    @property
    def rows(self) -> dict[OrderKey, OrderRow]:
        """The orders. Raises: TransientPortError while out of reach."""
        self._ask()
        return self._rows

    @property
    def accepted(self) -> dict[OrderKey, Acceptance]:
        """The accepted orders. Raises: TransientPortError while out of reach."""
        self._ask()
        return self._accepted

    @property
    def claims(self) -> dict[OrderKey, KeyClaim]:
        """What holds the places of orders that are not there. Raises: TransientPortError while out of reach."""
        self._ask()
        return self._claims

    @property
    def unqueued(self) -> dict[OrderKey, datetime]:
        """Since when accepted orders wait to be queued. Raises: TransientPortError while out of reach."""
        self._ask()
        return self._unqueued

    @property
    def logs(self) -> dict[OrderKey, dict[int, OrderEvent]]:
        """The published events of all orders by sequence. Raises: TransientPortError while out of reach."""
        self._ask()
        return self._log

    def log(self, tenant_id: str, order_id: str) -> dict[int, OrderEvent]:
        """An order's published events by sequence. Raises: TransientPortError while out of reach."""
        self._ask()
        return self._log.setdefault((tenant_id, order_id), {})

    def answer(self) -> None:
        """Let a write's answer through. Raises: TransientPortError when answers get lost."""
        if not self.answering:
            raise TransientPortError("orders table", "connection lost")

    def recorded(self, event: OrderEvent) -> OrderEvent | None:
        """The event under that one's order and sequence, waiting or published."""
        row = self.rows.get((event.tenant_id, event.order_id))
        waiting = row.waiting.get(event.sequence) if row else None
        return waiting or self.log(event.tenant_id, event.order_id).get(event.sequence)

    def _ask(self) -> None:
        if not self.reachable:
            raise TransientPortError("orders table", "out of reach")


def rough_bytes(value: object) -> int:
    """About what a value takes when stored: texts in UTF-8, everything else eight bytes."""
    if isinstance(value, str):
        return len(value.encode())
    if is_dataclass(value):
        return sum(rough_bytes(getattr(value, each.name)) for each in fields(value))
    if isinstance(value, Mapping):
        return sum(rough_bytes(name) + rough_bytes(each) for name, each in value.items())
    if isinstance(value, list | tuple):
        return sum(map(rough_bytes, value))
    return 8
