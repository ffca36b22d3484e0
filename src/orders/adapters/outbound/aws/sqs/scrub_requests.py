"""Requests scrubbing and retention by a delayed command on the event-processor's queue."""

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from orders.adapters.outbound.aws.sqs.trace_attribute import trace_attribute
from orders.adapters.outbound.botocore_errors import translated
from orders.contracts.commands import RETAIN_ORDER, SCRUB_ORDER

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient


class SqsScrubRequests:
    """``ScrubRequests`` over the order-events queue."""

    _command = SCRUB_ORDER

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    async def request(self, tenant_id: str, order_id: str, *, after: timedelta) -> None:
        """See ``ScrubRequests.request``."""
        body = {"command": self._command, "tenant_id": tenant_id, "order_id": order_id}
        with translated("order-events queue"):
            await self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=json.dumps(body),
                DelaySeconds=int(after.total_seconds()),
                MessageAttributes=trace_attribute(),
            )


class SqsRetainRequests(SqsScrubRequests):
    """``RetainRequests`` over the order-events queue."""

    _command = RETAIN_ORDER
