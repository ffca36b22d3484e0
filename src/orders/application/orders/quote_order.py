"""Use case: quotes an order."""

from dataclasses import dataclass

from orders.application.orders.place_order import PlaceOrder
from orders.application.policy.caller import Caller
from orders.domain.order import Order
from orders.domain.placing import Draft
from orders.domain.pricing.offer_checks import Answers
from orders.ports.clock import Clock, OrderIds
from orders.ports.order_repository import OrderRepository


@dataclass(frozen=True, slots=True)
class Quote:
    """An order as placing it would have stored it.

    Attributes:
        order: under an id that no order has or gets.
        answers: what the other services said of it; nothing in them is against it.
    """

    order: Order
    answers: Answers


class QuoteOrder:
    """Validates and prices an order as placing it would, and keeps nothing of it."""

    def __init__(self, place_order: PlaceOrder, repository: OrderRepository, clock: Clock, ids: OrderIds) -> None:
        self._place_order = place_order
        self._repository = repository
        self._clock = clock
        self._ids = ids

    async def execute(self, caller: Caller, draft: Draft) -> Quote:
        """Quotes the order; nothing is stored, published, counted as an order or deduplicated.

        The other services are asked as for an order: their answers reserve nothing. Its id is made for the question
        about a campaign and forgotten: ids are random, so none is used up.

        Raises:
            ActionForbidden, ForeignCustomer, ShopNotReady, InvalidOrder, OrderTooLarge, TransientPortError: as
                ``PlaceOrder.execute``.
        """
        self._place_order.permit(caller, draft.customer_id)
        complete = await self._place_order.complete(caller, draft)
        order_id = self._ids.next(self._clock.now())
        prepared = await self._place_order.prepare(caller, complete, order_id, quoted=True)
        self._repository.check_size(prepared.change.order)
        return Quote(prepared.change.order, prepared.answers)
