"""Where orders are kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from orders.domain.lifecycle import Status
from orders.domain.order import Change, Order
from orders.ports.acceptances import KeyClaim

MAX_ORDER_BYTES = 150_000
"""What an order may take, so that it, its waiting events and its keys always fit one item of 400 KB."""

MAX_PARKED_BYTES = 20_000
"""What reports that wait on an order may take, beside ``MAX_ORDER_BYTES``."""

MAX_PENDING_EVENTS = 32
MAX_PENDING_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """Which orders of one tenant to list. Everything given must hold.

    Attributes:
        statuses: any of these; empty means every status.
        created_from: inclusive.
        created_to: exclusive.
        after: only orders behind this position in the listing's direction, as in ``OrderPage.next_position``.
        limit: at most so many orders, 1 to 100.
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
        orders: as lists show them: identity, status, lines, totals, parcels, dates; no addresses, no customer, no
            notes. Can be fewer than asked for although more follow.
        next_position: where the next page begins (``OrderQuery.after``), ``None`` at the end.
        unreadable: how many orders that may belong here can't be read and are left out; the next page begins behind
            them.
    """

    orders: tuple[Order, ...]
    next_position: str | None = None
    unreadable: int = 0


class OrderRepository(Protocol):
    """Keeps orders; each create and each change is one atomic write of the order together with its event.

    Every method raises ``TransientPortError`` when the table is out of reach or throttles, and those that need an
    order that can't be read ``UnreadableItem``; ``page`` leaves such orders out.
    """

    async def add(self, change: Change, *, claimed_by: str | None = None) -> None:
        """Keep a new order and its created event.

        When the outcome of a write is unknown (time-out) the adapter may repeat it: an order equal in id and
        created event to the one on record counts as this one, not as another.

        Args:
            claimed_by: whose claim the order may take the place of: the key of its receipt. Without one, or where there
                is no claim, nothing may be there.

        Raises:
            OrderExists: the id is taken by an order of another making.
            OrderClaimed: it is claimed by somebody else, or what claimed it was rejected.
            OrderTooLarge: it would exceed ``MAX_ORDER_BYTES``, or its event ``MAX_PENDING_BYTES``; nothing was kept.
        """
        ...

    async def get(self, tenant_id: str, order_id: str) -> Order | None:
        """The order as of the latest completed write (strongly consistent), deleted ones included.

        A claim is no order: as long as there is nothing else, ``None``.
        """
        ...

    async def occupant(self, tenant_id: str, order_id: str) -> Order | KeyClaim | None:
        """What is in the order's place, be it the order or a claim; else as ``get``."""
        ...

    async def save(self, change: Change) -> None:
        """Make a change durable: the order after it, and its event among those waiting to be published.

        A change without an event is a programming error (``ValueError``). A repeated write of the same change
        whose first outcome was unknown succeeds.

        Raises:
            StaleOrder: the order on record does not have the sequence, or the revision of what is reported, that the
                change was made from.
            OutboxFull: ``MAX_PENDING_EVENTS`` or ``MAX_PENDING_BYTES`` wait already; nothing was changed.
            OrderTooLarge: it would exceed ``MAX_ORDER_BYTES``, or its event ``MAX_PENDING_BYTES``; nothing was changed.
        """
        ...

    async def note(self, order: Order) -> None:
        """Make durable what the order keeps of reports (``Order.reported``), and nothing else of it.

        Its revision is one more than that on record. A repeated write of the same whose first outcome was unknown
        succeeds.

        Raises:
            StaleOrder: the order on record has another sequence, or another revision.
            OrderTooLarge: what is parked would exceed ``MAX_PARKED_BYTES``; nothing was kept.
        """
        ...

    async def page(self, query: OrderQuery) -> OrderPage:
        """A page of the tenant's orders by creation time, then id; eventually consistent.

        Served by an index, reads a bounded number of items whatever the filters and however far in.
        """
        ...
