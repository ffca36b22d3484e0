"""Use case of operators: finds unreadable items ([PIPE-14])."""

from orders.ports.unreadable_items import Findings, UnreadableItems


class FindUnreadable:
    """Finds the items that relay, listings, histories and replays skip."""

    def __init__(self, items: UnreadableItems) -> None:
        self._items = items

    async def execute(
        self,
        tenant_id: str | None = None,
        order_id: str | None = None,
        *,
        after: str | None = None,
        limit: int = 1000,
    ) -> Findings:
        """Returns those of one order, of a shop, or by default those that block this region's outbox.

        Raises: TransientPortError: the table is unreachable.
        """
        if tenant_id is None:
            return await self._items.in_outbox(limit=limit)
        if order_id is None:
            return await self._items.of_tenant(tenant_id, after=after, limit=limit)
        return await self._items.of_order(tenant_id, order_id)
