"""Requests documents by a command on the pdf-creator's queue."""

import json
from typing import TYPE_CHECKING

from orders.adapters.outbound.aws.sqs.trace_attribute import trace_attribute
from orders.adapters.outbound.botocore_errors import translated
from orders.contracts.commands import RENDER_DOCUMENT

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient


class SqsDocumentRequests:
    """``DocumentRequests`` over the pdf-creation queue."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    async def request(self, tenant_id: str, order_id: str) -> None:
        """See ``DocumentRequests.request``."""
        body = {"command": RENDER_DOCUMENT, "tenant_id": tenant_id, "order_id": order_id}
        with translated("pdf-creation queue"):
            await self._client.send_message(
                QueueUrl=self._queue_url, MessageBody=json.dumps(body), MessageAttributes=trace_attribute()
            )
