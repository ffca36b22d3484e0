"""Requests to the worker that erases personal data."""

from datetime import timedelta
from typing import Protocol


class ScrubRequests(Protocol):
    """Requests that an erased order is scrubbed once more."""

    async def request(self, tenant_id: str, order_id: str, *, after: timedelta) -> None:
        """Queues the scrubbing with a delay of ``after``, at most 15 minutes. Raises: TransientPortError."""
        ...
