"""Requests the placing of accepted orders by a command on the record-creator's queue."""

import json
from typing import TYPE_CHECKING

from orders.adapters.outbound.botocore_errors import translated
from orders.contracts.commands import PLACE_ACCEPTED

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient


class SqsOrderCommands:
    """``OrderCommands`` over the order-creation queue."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    async def place_accepted(self, tenant_id: str, order_id: str, traceparent: str | None = None) -> None:
        """See ``OrderCommands.place_accepted``."""
        body = {"command": PLACE_ACCEPTED, "tenant_id": tenant_id, "order_id": order_id}
        if traceparent is not None:
            body["traceparent"] = traceparent
        with translated("order-creation queue"):
            await self._client.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(body))
