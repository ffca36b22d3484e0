"""Use case: queues the command to place an accepted order ([API-7])."""

from orders.ports.acceptances import Acceptances, OrderCommands


class QueueAccepted:
    """Sends the command to place an accepted order."""

    def __init__(self, acceptances: Acceptances, commands: OrderCommands) -> None:
        self._acceptances = acceptances
        self._commands = commands

    async def execute(self, tenant_id: str, order_id: str, traceparent: str | None = None) -> None:
        """Queues the command; a duplicate is deduplicated when placing. Raises: TransientPortError."""
        await self._commands.place_accepted(tenant_id, order_id, traceparent)
        await self._acceptances.queued(tenant_id, order_id)
