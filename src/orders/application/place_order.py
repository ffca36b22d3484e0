"""Use case: place an order."""

from dataclasses import replace

from orders.application.caller import Caller, Operation, permit
from orders.application.errors import ForeignCustomer
from orders.application.publish_events import EventFastPath
from orders.domain.lifecycle import Role
from orders.domain.order import Order
from orders.domain.placing import Draft, place
from orders.ports.clock import Clock, OrderIds
from orders.ports.order_repository import OrderRepository
from orders.ports.tenants import TenantDirectory


class PlaceOrder:
    """Turns a draft into an order that is kept, numbered and known to be told of."""

    def __init__(
        self,
        repository: OrderRepository,
        tenants: TenantDirectory,
        clock: Clock,
        ids: OrderIds,
        fast_path: EventFastPath,
    ) -> None:
        self._repository = repository
        self._tenants = tenants
        self._clock = clock
        self._ids = ids
        self._fast_path = fast_path

    async def execute(self, caller: Caller, draft: Draft) -> Order:
        """Place the order; when this returns it is durable, and so is its created event.

        A draft without a currency takes the tenant's. Mails go to the address in the draft, else to the one in a
        customer's token.

        Raises:
            ActionForbidden: the caller's roles don't place orders.
            ForeignCustomer: a customer orders for somebody else.
            InvalidOrder: with every fault there is.
            OrderTooLarge, TransientPortError: as ``OrderRepository.add``; nothing was kept.
        """
        permit(Operation.PLACE, caller.roles)
        if not caller.acts_for_shop and draft.customer_id != caller.customer_id:
            raise ForeignCustomer(draft.customer_id)
        if not draft.currency:
            profile = await self._tenants.profile(caller.tenant_id)
            draft = replace(draft, currency=profile.currency)
        now = self._clock.now()
        change = place(
            replace(draft, notification_email=self._address(caller, draft)),
            tenant_id=caller.tenant_id,
            order_id=self._ids.next(now),
            stamp=caller.stamp(now),
            roles=caller.roles,
        )
        await self._repository.add(change)
        if change.event is not None:
            self._fast_path.publish(change.event)
        return change.order

    @staticmethod
    def _address(caller: Caller, draft: Draft) -> str | None:
        if draft.customer is not None and draft.customer.email:
            return draft.customer.email
        # Staff who order for a customer must not get the customer's mail.
        return caller.email if Role.CUSTOMER in caller.roles and not caller.acts_for_shop else None
