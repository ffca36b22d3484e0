"""Depths of queues on SQS. Contract: ports/queue_depths.py."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from orders.adapters.outbound.botocore_errors import translated
from orders.adapters.privacy.exceptions import safe_error_text
from orders.ports.errors import PermanentPortError
from orders.ports.queue_depths import QueueDepth

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient


class SqsQueueDepths:
    """``QueueDepths`` of one environment."""

    def __init__(self, client: "SQSClient", urls: Mapping[str, str]) -> None:
        """``urls`` of the queues by worker."""
        self._client = client
        self._urls = dict(urls)

    @property
    def names(self) -> tuple[str, ...]:
        """See ``QueueDepths.names``."""
        return tuple(self._urls)

    async def depth(self, worker: str) -> QueueDepth:
        """See ``QueueDepths.depth``."""
        url, name = self._urls[worker], f"{worker} queue"
        try:
            with translated(name):
                answer = await self._client.get_queue_attributes(
                    QueueUrl=url,
                    AttributeNames=[
                        "ApproximateNumberOfMessages",
                        "ApproximateNumberOfMessagesNotVisible",
                        "ApproximateNumberOfMessagesDelayed",
                    ],
                )
        except (BotoCoreError, ClientError) as error:
            raise PermanentPortError(name, safe_error_text(error)) from error
        found = answer.get("Attributes", {})
        return QueueDepth(
            waiting=int(found.get("ApproximateNumberOfMessages", 0)),
            in_flight=int(found.get("ApproximateNumberOfMessagesNotVisible", 0)),
            delayed=int(found.get("ApproximateNumberOfMessagesDelayed", 0)),
        )
