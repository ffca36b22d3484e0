"""Use case: lists a tenant's orders."""

from dataclasses import replace

from orders.application.policy.caller import Caller, Operation, permit
from orders.ports.errors import ItemKind
from orders.ports.metric_catalogue import UNREADABLE_ITEMS
from orders.ports.metrics import Counters
from orders.ports.order_repository import OrderPage, OrderQuery, OrderRepository


class ListOrders:
    """Lists the orders visible to the caller."""

    def __init__(self, repository: OrderRepository, counters: Counters) -> None:
        self._repository = repository
        self._counters = counters

    async def execute(self, caller: Caller, query: OrderQuery) -> OrderPage:
        """Returns a page of the query's orders; a customer only ever gets their own, whatever the query names.

        The number of unreadable orders left out is shown to the shop only, and counted.

        Raises:
            ActionForbidden: the caller's roles don't permit listing, or seeing deleted orders.
            TransientPortError: the table is unreachable.
        """
        permit(Operation.LIST, caller.roles)
        if query.include_deleted:
            permit(Operation.READ_DELETED, caller.roles)
        query = replace(query, tenant_id=caller.tenant_id)
        if caller.acts_for_shop:
            return await self._page(query)
        if caller.customer_id is None or query.customer_id not in {None, caller.customer_id}:
            return OrderPage(())
        page = await self._page(replace(query, customer_id=caller.customer_id))
        return replace(page, unreadable=0)

    async def _page(self, query: OrderQuery) -> OrderPage:
        page = await self._repository.page(query)
        for _ in range(page.unreadable):
            self._counters.count(UNREADABLE_ITEMS, kind=str(ItemKind.ORDER), where="listing")
        return page
