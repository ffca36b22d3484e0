"""Re-queueing of external events that can't be applied yet."""

from datetime import timedelta
from typing import Protocol

from orders.domain.reports import Report


class ReportReturns(Protocol):
    """Puts an external event back on the queue that it came from."""

    async def give_back(self, tenant_id: str, order_id: str, report: Report, *, after: timedelta) -> None:
        """Queues the event again with a delay of ``after``, at most 15 minutes.

        Raises: TransientPortError.
        """
        ...
