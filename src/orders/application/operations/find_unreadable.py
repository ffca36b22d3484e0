"""Use case of operators: find what can't be read ([PIPE-14])."""

from orders.ports.unreadable_items import Findings, UnreadableItems


class FindUnreadable:
    """Looks for what relay, listings, histories and replays pass over."""

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
        """Of one order, of a shop, or of neither: then what holds up the outbox of this region.

        Raises: TransientPortError: the table is out of reach.
        """
        if tenant_id is None:
            return await self._items.in_outbox(limit=limit)
        if order_id is None:
            return await self._items.of_tenant(tenant_id, after=after, limit=limit)
        return await self._items.of_order(tenant_id, order_id)
