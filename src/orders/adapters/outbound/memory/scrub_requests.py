"""Requests for scrubbing, recorded in a list."""

from datetime import timedelta

from orders.ports.errors import TransientPortError


class MemoryScrubRequests:
    """``ScrubRequests`` that records requests as (tenant id, order id, after)."""

    def __init__(self) -> None:
        self.reachable = True
        self.requested: list[tuple[str, str, timedelta]] = []

    async def request(self, tenant_id: str, order_id: str, *, after: timedelta) -> None:
        """See ``ScrubRequests.request``."""
        if not self.reachable:
            raise TransientPortError("order-events queue", "out of reach")
        self.requested.append((tenant_id, order_id, after))
