"""Re-queued external events, recorded in a list."""

from datetime import timedelta

from orders.domain.reports import Report
from orders.ports.errors import TransientPortError


class MemoryReportReturns:
    """``ReportReturns`` that records re-queued events as (tenant id, order id, report, after)."""

    def __init__(self) -> None:
        self.reachable = True
        self.returned: list[tuple[str, str, Report, timedelta]] = []

    async def give_back(self, tenant_id: str, order_id: str, report: Report, *, after: timedelta) -> None:
        """See ``ReportReturns.give_back``."""
        if not self.reachable:
            raise TransientPortError("order-events queue", "out of reach")
        self.returned.append((tenant_id, order_id, report, after))
