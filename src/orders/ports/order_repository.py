"""The repository of orders."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from orders.domain.events import OrderEvent
from orders.domain.lifecycle import Status
from orders.domain.order import Change, Order
from orders.domain.order_summary import OrderSummary
from orders.ports.acceptances import KeyClaim

MAX_ORDER_BYTES = 150_000
"""Maximum size of an order, so that it, its pending events and its keys always fit one item of 400 KB."""

MAX_PARKED_BYTES = 20_000
"""Maximum size of an order's parked reports, in addition to ``MAX_ORDER_BYTES``."""

MAX_PENDING_EVENTS = 32
MAX_PENDING_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """A query for one tenant's orders; all conditions given must hold.

    Attributes:
        statuses: any of these; empty means every status.
        created_from: inclusive.
        created_to: exclusive.
        after: return only orders behind this position in the listing's direction, as in ``OrderPage.next_position``.
        limit: maximum number of orders, 1 to 100.
    """

    tenant_id: str
    customer_id: str | None = None
    statuses: tuple[Status, ...] = ()
    order_number: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    include_deleted: bool = False
    ascending: bool = False
    limit: int = 25
    after: str | None = None


@dataclass(frozen=True, slots=True)
class OrderPage:
    """A page of a listing.

    Attributes:
        orders: what listings show of each. Can be fewer than ``limit`` although more pages follow.
        next_position: where the next page begins (``OrderQuery.after``); ``None`` on the last page.
        unreadable: number of unreadable orders left out that may match; the next page begins behind them.
    """

    orders: tuple[OrderSummary, ...]
    next_position: str | None = None
    unreadable: int = 0


class OrderRepository(Protocol):
    """Stores orders; each create and each change is one atomic write of the order together with its event.

    Every method raises ``TransientPortError`` when the table is unreachable or throttles, and ``UnreadableItem`` when
    an order that it needs is unreadable; ``page`` leaves such orders out. Those that write raise ``NotTheWriter``, and
    write nothing, while this region may not.
    """

    async def add(self, change: Change, *, claimed_by: str | None = None) -> OrderEvent:
        """Stores a new order and its created event; returns the event as stored, with the writer's epoch.

        Retries are safe: after a write with an unknown outcome (timeout) the adapter may repeat it, and a stored order
        with the same id and created event counts as this one.

        Args:
            claimed_by: idempotency key of the receipt whose claim the order may replace. Without a key, or without a
                claim,
                the order's key must be free.

        Raises:
            OrderExists: a different order has this id.
            OrderClaimed: the id is claimed for another idempotency key, or its acceptance was rejected.
            OrderTooLarge: the order would exceed ``MAX_ORDER_BYTES``, or its event ``MAX_PENDING_BYTES``; nothing was
                stored.
        """
        ...

    def check_size(self, order: Order) -> None:
        """Checks that the order is not too large to be stored, without storing it.

        Raises: OrderTooLarge: it would exceed ``MAX_ORDER_BYTES``.
        """
        ...

    async def get(self, tenant_id: str, order_id: str) -> Order | None:
        """Returns the latest version of the order (strongly consistent), deleted ones included.

        A claim is not an order: returns ``None`` where there is only a claim.
        """
        ...

    async def occupant(self, tenant_id: str, order_id: str) -> Order | KeyClaim | None:
        """Returns whatever is stored under the order's key, the order or a claim; otherwise as ``get``."""
        ...

    async def save(self, change: Change) -> OrderEvent:
        """Stores a change: the order after it, and its event in the outbox; returns the event as ``add`` does.

        Retries are safe: repeating a write with an unknown outcome succeeds. A change without an event is a programming
        error (``ValueError``).

        Raises:
            StaleOrder: optimistic lock failed: the stored order's sequence, or the revision of its reported state, is
                not the
                one that the change was made from.
            OutboxFull: ``MAX_PENDING_EVENTS`` or ``MAX_PENDING_BYTES`` await publishing already; nothing was changed.
            OrderTooLarge: the order would exceed ``MAX_ORDER_BYTES``, or its event ``MAX_PENDING_BYTES``; nothing was
                changed.
        """
        ...

    async def note(self, order: Order) -> None:
        """Stores the order's record of external events (``Order.reported``) and nothing else of it.

        Its revision must be the stored one plus one. Retries are safe: repeating a write with an unknown outcome
        succeeds.

        Raises:
            StaleOrder: optimistic lock failed: the stored order has another sequence or another revision.
            OrderTooLarge: the parked events would exceed ``MAX_PARKED_BYTES``; nothing was stored.
        """
        ...

    async def page(self, query: OrderQuery) -> OrderPage:
        """Returns a page of the tenant's orders by creation time, then id; eventually consistent.

        Served by an index: reads a bounded number of items whatever the filters and the position.
        """
        ...
