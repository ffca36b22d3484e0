"""Use case of operators: lists the orders of several shops as one listing, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from orders.application.orders.list_orders import ListOrders
from orders.application.policy.caller import Caller
from orders.application.regions.at_once import at_once
from orders.domain.lifecycle import Status
from orders.domain.order_summary import OrderSummary
from orders.ports.order_repository import OrderQuery

MOST_LOOKED_AT = 1000
"""So many orders are looked at for a page of those with a mark, which no index knows; the page may be short."""
_TICK = timedelta(milliseconds=1)
"""The precision of stored times."""


class Mark(StrEnum):
    """Marks an order as deleted or erased, which its status does not say."""

    DELETED = "deleted"
    ERASED = "erased"

    def is_on(self, order: OrderSummary) -> bool:
        """Returns whether the order has the mark."""
        return (order.deleted_at if self is Mark.DELETED else order.erased_at) is not None


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the listing: that of an order, whose neighbours are later and earlier ones of any shop."""

    created_at: datetime
    order_id: str

    @classmethod
    def of(cls, order: OrderSummary) -> "Place":
        """Returns the order's place."""
        return cls(order.created_at, order.order_id)


@dataclass(frozen=True, slots=True)
class BrowsedPage:
    """A page of the listing.

    Attributes:
        orders: newest first, of all shops. Of those with a mark there can be fewer, although more pages follow.
        next_place: where the next page begins (``BrowseOrders.execute``, ``behind``); ``None`` at the end.
        unreadable: number of unreadable orders that were come across and left out.
    """

    orders: tuple[OrderSummary, ...]
    next_place: Place | None = None
    unreadable: int = 0


class BrowseOrders:
    """Merges the listings of several shops; each is read with the permissions of a caller of that shop."""

    def __init__(self, list_orders: ListOrders) -> None:
        self._list_orders = list_orders

    async def execute(
        self,
        callers: Sequence[Caller],
        *,
        statuses: tuple[Status, ...] = (),
        mark: Mark | None = None,
        behind: Place | None = None,
        limit: int = 25,
    ) -> BrowsedPage:
        """Returns at most ``limit`` orders, deleted ones included.

        Args:
            callers: one of each shop, who may see its deleted orders.
            mark: only orders with this mark.
            behind: only orders that come after this place.

        Raises: ActionForbidden, TransientPortError.
        """
        wanted = OrderQuery(
            tenant_id="",
            statuses=statuses,
            # Exclusive, and of several orders of one moment some may still be to come.
            created_to=None if behind is None else behind.created_at + _TICK,
            include_deleted=True,
            limit=min(limit + 1, 100) if mark is None else 100,
        )
        shops = [_ShopListing(self._list_orders, caller, wanted, behind) for caller in callers]
        found: list[OrderSummary] = []
        last: Place | None = None
        for _ in range(limit + 1 if mark is None else MOST_LOOKED_AT):
            await at_once(shop.read_on() for shop in shops if not shop.read and not shop.ended)
            heads = [shop for shop in shops if shop.read]
            if not heads:
                last = None
                break
            order = max(heads, key=lambda shop: Place.of(shop.read[0])).read.pop(0)
            last = Place.of(order)
            if mark is None or mark.is_on(order):
                found.append(order)
            if len(found) > limit:
                break
        shown = tuple(found[:limit])
        return BrowsedPage(
            shown, Place.of(shown[-1]) if len(found) > limit else last, sum(shop.unreadable for shop in shops)
        )


class _ShopListing:
    """One shop's listing, read page by page."""

    def __init__(self, list_orders: ListOrders, caller: Caller, wanted: OrderQuery, behind: Place | None) -> None:
        self._list_orders = list_orders
        self._caller = caller
        self._query = wanted
        self._behind = behind
        self.read: list[OrderSummary] = []
        self.ended = False
        self.unreadable = 0

    async def read_on(self) -> None:
        """Reads until there is an order or no more of them."""
        while not self.read and not self.ended:
            page = await self._list_orders.execute(self._caller, self._query)
            self.unreadable += page.unreadable
            self.read = [each for each in page.orders if self._behind is None or Place.of(each) < self._behind]
            self._query = replace(self._query, after=page.next_position)
            self.ended = page.next_position is None
