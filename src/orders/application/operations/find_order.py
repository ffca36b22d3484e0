"""Use case of operators: finds the order that a number belongs to."""

from orders.application.policy.audit import about
from orders.application.policy.errors import NumberOfSeveral, OrderNotFound
from orders.ports.order_numbers import OrderNumbers


class FindOrder:
    """Finds an order's id by its number, for commands about one order."""

    def __init__(self, numbers: OrderNumbers) -> None:
        self._numbers = numbers

    async def execute(self, tenant_id: str, order_number: str) -> str:
        """Returns the id, and records that the command is about that order.

        Raises:
            OrderNotFound: no order of the shop has this number.
            NumberOfSeveral: several have.
            TransientPortError: the table is unreachable.
        """
        found = await self._numbers.order_ids(tenant_id, order_number)
        if len(found) > 1:
            raise NumberOfSeveral(order_number)
        if not found:
            raise OrderNotFound(order_number)
        about(order_id=found[0], tenant_id=tenant_id)
        return found[0]
