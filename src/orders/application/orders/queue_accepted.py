"""Use case: queue the command to place an accepted order ([API-7])."""

from orders.ports.acceptances import Acceptances, OrderCommands


class QueueAccepted:
    """Puts the command to place an accepted order on its queue."""

    def __init__(self, acceptances: Acceptances, commands: OrderCommands) -> None:
        self._acceptances = acceptances
        self._commands = commands

    async def execute(self, tenant_id: str, order_id: str, traceparent: str | None = None) -> None:
        """Queue the order; done twice, it is queued twice and placed once. Raises: TransientPortError."""
        await self._commands.place_accepted(tenant_id, order_id, traceparent)
        await self._acceptances.queued(tenant_id, order_id)
