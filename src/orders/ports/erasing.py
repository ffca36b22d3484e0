"""Asking the one worker that erases."""

from datetime import timedelta
from typing import Protocol


class ScrubRequests(Protocol):
    """Asks for an erased order to be scrubbed once more."""

    async def request(self, tenant_id: str, order_id: str, *, after: timedelta) -> None:
        """See to it that it is done when that much time, 15 minutes at most, has passed. Raises: TransientPortError."""
        ...
