"""Putting other services' reports back where they came from."""

from datetime import timedelta
from typing import Protocol

from orders.domain.reports import Report


class ReportReturns(Protocol):
    """Puts a report back on the queue that reports come from."""

    async def give_back(self, tenant_id: str, order_id: str, report: Report, *, after: timedelta) -> None:
        """See to it that it comes again when that much time, 15 minutes at most, has passed.

        Raises: TransientPortError.
        """
        ...
