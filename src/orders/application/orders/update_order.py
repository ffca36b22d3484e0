"""Use cases: updates an order's editable fields, and deletes an order softly."""

from collections.abc import Awaitable, Callable

from orders.application.orders.change_order import OrderChanger
from orders.application.orders.check_offers import CheckOffers, OfferQuestion
from orders.application.orders.price_terms import PriceTerms
from orders.application.policy.caller import Caller
from orders.application.policy.idempotency import NO_PRECONDITIONS, Preconditions
from orders.domain.events import Stamp
from orders.domain.order import Change, Order
from orders.domain.pricing.basket import Basket
from orders.domain.pricing.offer_checks import UNASKED, Answers, units_wanted
from orders.domain.pricing.price_rules import PriceRules
from orders.domain.revising import Revision, revise, revised_basket


class UpdateOrder:
    """Updates an order's editable fields."""

    def __init__(self, changer: OrderChanger, services: CheckOffers, terms: PriceTerms) -> None:
        self._changer = changer
        self._services = services
        self._terms = terms

    async def execute(
        self,
        caller: Caller,
        order: Order,
        plan: Callable[[Order], Revision | Awaitable[Revision]],
        *,
        terms: Preconditions = NO_PRECONDITIONS,
    ) -> Order:
        """Updates the order.

        Args:
            plan: computes the new values from the current order; called again after a conflict, so that a merge of some
                fields never undoes concurrent changes of others.

        Raises:
            ShopNotReady: a customer wants other lines from a shop that does not take customers' orders.
            Others: as ``revise``, ``CheckOffers.execute`` and ``OrderChanger.change``, and those of ``plan``.
        """

        async def decide(current: Order, stamp: Stamp) -> Change:
            planned = plan(current)
            revision = await planned if isinstance(planned, Awaitable) else planned
            basket = revised_basket(current, revision, caller.roles)
            if basket is None:
                # No amounts change: neither the shop's profile nor another service is needed.
                return revise(current, revision, stamp, caller.roles)
            rules = await self._terms.rules(caller)
            answers = await self._ask(caller, current, basket, rules)
            return revise(current, revision, stamp, caller.roles, answers, rules)

        return await self._changer.change(order, caller, decide, terms=terms)

    async def _ask(self, caller: Caller, order: Order, basket: Basket, rules: PriceRules) -> Answers:
        if units_wanted(basket.lines, basket.before):
            # Changed prices are treated like a new order's.
            self._terms.check_ready(caller, rules)
        if self._services.idle:
            return UNASKED
        return await self._services.execute(
            caller, OfferQuestion(order.order_id, order.customer_id, basket, placed_at=order.created_at)
        )


class DeleteOrder:
    """Deletes orders softly."""

    def __init__(self, changer: OrderChanger) -> None:
        self._changer = changer

    async def execute(self, caller: Caller, order: Order, *, terms: Preconditions = NO_PRECONDITIONS) -> None:
        """Deletes the order softly. Idempotent. Raises: as ``Order.delete`` and ``OrderChanger.change``."""
        await self._changer.change(
            order,
            caller,
            lambda current, stamp: current.delete(stamp, caller.roles),
            terms=terms,
            see_deleted=True,
        )
