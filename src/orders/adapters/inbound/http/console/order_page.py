"""Makes an order's page."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from markupsafe import Markup

from orders.adapters.inbound.http.console.order_list import CallerOf, InvalidQuery, Shops
from orders.adapters.inbound.http.console.shell import Page, Shell
from orders.adapters.inbound.http.console.timeline import timeline
from orders.adapters.together import first_found
from orders.application.orders.open_order import OpenOrder
from orders.application.orders.read_history import ReadHistory
from orders.application.policy.errors import NotPlacedYet, OrderNotFound
from orders.domain.order import Order
from orders.domain.pricing.money import Money
from orders.ports.errors import NumberNotIndexed, TransientPortError, UnreadableItem

EVENTS = 100
"""So many events are on a page of the timeline."""


async def nothing_more(_: Order) -> Markup:
    """Adds nothing to an order's page."""
    return Markup()


class OrderPage:
    """An order's state, lines, sums, parcels and timeline, without personal data.

    Args:
        more: what a console adds of its own, at the end.
    """

    def __init__(
        self,
        shell: Shell,
        open_order: OpenOrder,
        read_history: ReadHistory,
        shops: Shops,
        caller_of: CallerOf,
        more: Callable[[Order], Awaitable[Markup]] = nothing_more,
    ) -> None:
        self._shell = shell
        self._open_order = open_order
        self._read_history = read_history
        self._shops = shops
        self._caller_of = caller_of
        self._more = more

    async def page(self, named: str, shop: str | None = None, after: str = "") -> Page:
        """Makes the page of the order with that id or number.

        Args:
            shop: the shop that it belongs to; all are looked through without it.
            after: the sequence behind which its timeline begins.

        Raises:
            OrderNotFound: there is none.
            UnreadableItem: it is there and can't be read.
            InvalidQuery: ``after`` is no sequence.
            TransientPortError: the table is unreachable.
        """
        if not (after.isascii() and after.isdigit()) and after:
            raise InvalidQuery("a timeline begins behind an event's number")
        try:
            order = await self._opened(named, shop)
        except NotPlacedYet as error:
            acceptance = error.acceptance
            main = self._shell.render("console/accepted.html", acceptance=acceptance, detail=str(error).capitalize())
            return Page(acceptance.order_number, main, live=self._address(acceptance.order_id, acceptance.tenant_id))
        return await self._placed(order, int(after or 0))

    async def is_there(self, named: str) -> bool:
        """Returns whether ``page`` finds that order in any shop; true where that can't be told at the moment."""
        try:
            await self._opened(named, None)
        except OrderNotFound:
            return False
        except (NotPlacedYet, UnreadableItem, TransientPortError):
            return True
        return True

    async def _opened(self, named: str, shop: str | None) -> Order:
        shops = await self._shops() if shop is None else [shop]
        missing: list[OrderNotFound] = []
        lagging: list[NumberNotIndexed] = []

        async def opened(shop: str) -> Order | None:
            try:
                return await self._open_order.execute(self._caller_of(shop), named, include_deleted=True)
            except OrderNotFound as error:
                missing.append(error)
            except NumberNotIndexed as error:
                lagging.append(error)
            return None

        # At once: a number is looked for again after a pause in every shop that doesn't have it.
        found = await first_found(*map(opened, shops))
        if found is not None:
            return found
        # Where one index lags, nobody knows that there is no such order.
        raise next(iter([*lagging, *missing]), OrderNotFound(named))

    async def _placed(self, order: Order, after: int) -> Page:
        found = await self._read_history.execute(self._caller_of(order.tenant_id), order, after=after, limit=EVENTS)
        root, later = self._shell.root, None
        if found.next_sequence is not None:
            query = urlencode({"shop": order.tenant_id, "after": found.next_sequence})
            later = f"{root}/orders/{order.order_id}?{query}"
        main = self._shell.render(
            "console/order.html",
            order=order,
            sums=_sums(order),
            timeline=timeline(found.entries),
            unreadable=found.unreadable,
            later=later,
            more=await self._more(order),
        )
        live = self._address(order.order_id, order.tenant_id, after)
        # Each look at an entry that can't be read is an error in the log.
        return Page(order.order_number, main, live=None if found.unreadable else live)

    def _address(self, order_id: str, tenant_id: str, after: int = 0) -> str:
        query = {"shop": tenant_id} | ({"after": str(after)} if after else {})
        return f"{self._shell.root}/orders/{order_id}/live?{urlencode(query)}"


def _sums(order: Order) -> list[tuple[str, Money]]:
    """Returns the order's sums in the order in which they add up; those that are 0 and say nothing are left out."""
    totals = order.totals
    between = [("Tax", totals.tax), ("Shipping", totals.shipping), ("Discount", totals.discount)]
    return [("Subtotal", totals.subtotal), *((n, m) for n, m in between if m.minor), ("Total", totals.total)]
