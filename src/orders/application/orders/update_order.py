"""Use cases: update an order's editable fields, and delete an order softly."""

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
    """Puts new values into an order's editable fields."""

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
        """Update the order.

        Args:
            plan: what the fields are to be, given the order as it is; asked again when the order has changed
                meanwhile, so that a merge of some fields never undoes what somebody else did to others.

        Raises:
            ShopNotReady: a customer wants other lines of a shop that does not take orders of customers.
            Others: as ``revise``, ``CheckOffers.execute`` and ``OrderChanger.change``, and what ``plan`` refuses.
        """

        async def decide(current: Order, stamp: Stamp) -> Change:
            planned = plan(current)
            revision = await planned if isinstance(planned, Awaitable) else planned
            basket = revised_basket(current, revision, caller.roles)
            if basket is None:
                # Nothing of it is a matter of money: neither the shop's profile nor anybody else is asked.
                return revise(current, revision, stamp, caller.roles)
            rules = await self._terms.rules(caller)
            answers = await self._ask(caller, current, basket, rules)
            return revise(current, revision, stamp, caller.roles, answers, rules)

        return await self._changer.change(order, caller, decide, terms=terms)

    async def _ask(self, caller: Caller, order: Order, basket: Basket, rules: PriceRules) -> Answers:
        if units_wanted(basket.lines, basket.before):
            # Other prices than those agreed on are as good as a new order's.
            self._terms.check_ready(caller, rules)
        if self._services.idle:
            return UNASKED
        return await self._services.execute(
            caller, OfferQuestion(order.order_id, order.customer_id, basket, placed_at=order.created_at)
        )


class DeleteOrder:
    """Takes an order out of sight."""

    def __init__(self, changer: OrderChanger) -> None:
        self._changer = changer

    async def execute(self, caller: Caller, order: Order, *, terms: Preconditions = NO_PRECONDITIONS) -> None:
        """Delete the order softly; again changes nothing. Raises: as ``Order.delete`` and ``OrderChanger.change``."""
        await self._changer.change(
            order,
            caller,
            lambda current, stamp: current.delete(stamp, caller.roles),
            terms=terms,
            see_deleted=True,
        )
