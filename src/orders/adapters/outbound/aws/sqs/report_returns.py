"""Puts external events back on the event-processor's queue, in the form in which the bus delivered them."""

import json
import math
from datetime import timedelta
from typing import TYPE_CHECKING

from orders.adapters.outbound.botocore_errors import translated
from orders.contracts.report_form import bus_event
from orders.domain.reports import Report

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient


class SqsReportReturns:
    """``ReportReturns`` over the order-events queue."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    async def give_back(self, tenant_id: str, order_id: str, report: Report, *, after: timedelta) -> None:
        """See ``ReportReturns.give_back``."""
        with translated("order-events queue"):
            await self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=json.dumps(bus_event(tenant_id, order_id, report)),
                DelaySeconds=math.ceil(after.total_seconds()),
            )
