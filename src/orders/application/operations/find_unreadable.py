"""Use case of operators: finds unreadable items ([PIPE-14])."""

from orders.application.operations.find_order import FindOrder
from orders.ports.unreadable_items import Findings, UnreadableItems


class FindUnreadable:
    """Finds the items that relay, listings, histories and replays skip."""

    def __init__(self, items: UnreadableItems, find_order: FindOrder) -> None:
        self._items = items
        self._find_order = find_order

    async def execute(
        self,
        tenant_id: str | None = None,
        order_id: str | None = None,
        *,
        order_number: str | None = None,
        after: str | None = None,
        limit: int = 1000,
    ) -> Findings:
        """Returns those of one order, of a shop, or by default those that block this region's outbox.

        Args:
            order_id, order_number: one of them names the order.

        Raises:
            TransientPortError: the table is unreachable.
            OrderNotFound, NumberOfSeveral: as ``FindOrder.execute``.
        """
        if tenant_id is None:
            return await self._items.in_outbox(limit=limit)
        if order_number is not None:
            order_id = await self._find_order.execute(tenant_id, order_number)
        if order_id is None:
            return await self._items.of_tenant(tenant_id, after=after, limit=limit)
        return await self._items.of_order(tenant_id, order_id)
