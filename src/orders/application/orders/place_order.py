"""Use case: places an order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orders.application.events.publish_events import EventFastPath
from orders.application.orders.check_offers import CheckOffers, OfferQuestion
from orders.application.orders.first_answer import FirstAnswer
from orders.application.orders.price_terms import PriceTerms
from orders.application.policy.audit import about
from orders.application.policy.caller import Caller, Operation, permit
from orders.application.policy.errors import ForeignCustomer
from orders.application.policy.idempotency import KeyedRequest, Replays, with_receipt
from orders.application.policy.turns import others_turn
from orders.domain.errors import Fault
from orders.domain.lifecycle import Role
from orders.domain.order import Change, Order
from orders.domain.placing import Draft, ReadAmounts, amount_faults, basket_of, place
from orders.domain.pricing.offer_checks import UNASKED, Answers
from orders.domain.pricing.price_rules import rules_for
from orders.ports.clock import Clock, OrderIds
from orders.ports.errors import OrderClaimed, OrderExists, TransientPortError
from orders.ports.order_repository import OrderRepository
from orders.ports.tenants import TenantDirectory


@dataclass(frozen=True, slots=True)
class Prepared:
    """A valid order that is not stored, and what other services said of it."""

    change: Change
    answers: Answers


class PlaceOrder:
    """Places an order: validates, stores and publishes it."""

    def __init__(
        self,
        repository: OrderRepository,
        tenants: TenantDirectory,
        clock: Clock,
        ids: OrderIds,
        fast_path: EventFastPath,
        replays: Replays,
        services: CheckOffers,
        first_answer: FirstAnswer,
        terms: PriceTerms,
    ) -> None:
        self._repository = repository
        self._tenants = tenants
        self._clock = clock
        self._ids = ids
        self._fast_path = fast_path
        self._replays = replays
        self._services = services
        self._first_answer = first_answer
        self._terms = terms

    async def execute(self, caller: Caller, draft: Draft, request: KeyedRequest | None = None) -> Order:
        """Places the order; when this returns it is durable, and so is its created event.

        A draft without a currency takes the tenant's. Mails go to the address in the draft, else to the one in a
        customer's token.

        Args:
            request: the request, if it has an idempotency key. The key then determines the order's id: of any number
                of the same requests, one places the order; if one was accepted for later, all get its response.

        Raises:
            ActionForbidden: the caller's roles don't place orders.
            ForeignCustomer: a customer orders for somebody else.
            ShopNotReady: no service checks the customer's prices, and the shop's profile does not waive the check.
            AlreadyAnswered, KeyReused: the request, or its key, was used before.
            InvalidOrder: with every fault, those found by other services included.
            OrderTooLarge, TransientPortError: as ``OrderRepository.add`` and ``CheckOffers.execute``; nothing was
                stored.
        """
        self.permit(caller, draft.customer_id)
        order_id = self._ids.next(self._clock.now()) if request is None else request.order_id(caller)
        about(tenant_id=caller.tenant_id, order_id=order_id)
        claim = None if request is None else await self._first_answer.find_claim(caller, request)
        complete = await self.complete(caller, draft)
        if request is not None and claim is not None:
            await self._first_answer.give(claim, caller, complete, request)
        prepared = await self.prepare(caller, complete, order_id)
        await others_turn()
        change = with_receipt(prepared.change, caller, request)
        try:
            event = await self._repository.add(change)
        except OrderExists as error:
            if request is not None:
                await self._replays.check_creation(error.existing, request)
            raise
        except OrderClaimed:
            # Accepted meanwhile by another request, or about to be.
            claim = None if request is None else await self._first_answer.find_claim(caller, request)
            if request is None or claim is None:
                raise
            await self._first_answer.give(claim, caller, complete, request)
        self._fast_path.publish(event)
        return change.order

    @staticmethod
    def permit(caller: Caller, customer_id: str) -> None:
        """Checks that the caller may place orders of this customer. Raises: ActionForbidden, ForeignCustomer."""
        permit(Operation.PLACE, caller.roles)
        if not caller.acts_for_shop and customer_id != caller.customer_id:
            raise ForeignCustomer(customer_id)

    async def complete(self, caller: Caller, draft: Draft) -> Draft:
        """Completes the draft with the tenant's currency and the mails' recipient. Raises: TransientPortError."""
        if not draft.currency:
            draft = replace(draft, currency=await self._default_currency(caller))
        if draft.customer is not None and draft.customer.email:
            return replace(draft, notification_email=draft.customer.email)
        if Role.CUSTOMER in caller.roles and not caller.acts_for_shop:
            return replace(draft, notification_email=caller.email, notification_fault=caller.email_fault)
        # Staff who order for a customer must not get the customer's mail.
        return replace(draft, notification_email=None)

    async def _default_currency(self, caller: Caller) -> str:
        """Returns the tenant's currency, for drafts that name none. Raises: TransientPortError."""
        return (await self._tenants.profile(caller.tenant_id)).currency

    async def amount_faults(self, caller: Caller, amounts: ReadAmounts) -> Sequence[Fault]:
        """Finds faults of currency and amounts in an order that is refused for another reason already.

        Returns none while the tenant's profile is out of reach: the other faults can be reported without it.
        """
        try:
            code = await self._default_currency(caller) if amounts.currency is None else amounts.currency
            rules = rules_for(caller.roles, await self._terms.rules(caller))
        except TransientPortError:
            return ()
        return amount_faults(amounts, code, rules)

    async def prepare(self, caller: Caller, complete: Draft, order_id: str, *, quoted: bool = False) -> Prepared:
        """Validates and prices the order without storing it; every way of placing an order goes through here.

        Args:
            quoted: whether it is not going to be stored.

        Raises: InvalidOrder, ShopNotReady, TransientPortError.
        """
        rules = await self._terms.rules(caller)
        self._terms.check_ready(caller, rules)
        basket = basket_of(complete, rules_for(caller.roles, rules))
        answers = UNASKED
        if not self._services.idle:
            question = OfferQuestion(order_id, complete.customer_id, basket, quoted=quoted)
            answers = await self._services.execute(caller, question)
        change = place(
            complete,
            basket,
            tenant_id=caller.tenant_id,
            order_id=order_id,
            stamp=caller.stamp(self._clock.now()),
            roles=caller.roles,
            answers=answers,
        )
        return Prepared(change, answers)
