"""Use case: list a tenant's orders."""

from dataclasses import replace

from orders.application.caller import Caller, Operation, permit
from orders.ports.order_repository import OrderPage, OrderQuery, OrderRepository


class ListOrders:
    """Lists what the caller may see."""

    def __init__(self, repository: OrderRepository) -> None:
        self._repository = repository

    async def execute(self, caller: Caller, query: OrderQuery) -> OrderPage:
        """A page of the query's orders; a customer only ever gets their own, whatever the query names.

        Raises:
            ActionForbidden: the caller's roles don't list orders, or don't see deleted ones.
            TransientPortError: the table is out of reach.
        """
        permit(Operation.LIST, caller.roles)
        if query.include_deleted:
            permit(Operation.READ_DELETED, caller.roles)
        query = replace(query, tenant_id=caller.tenant_id)
        if caller.acts_for_shop:
            return await self._repository.page(query)
        if caller.customer_id is None or query.customer_id not in {None, caller.customer_id}:
            return OrderPage(())
        return await self._repository.page(replace(query, customer_id=caller.customer_id))
