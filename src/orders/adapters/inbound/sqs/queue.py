"""A worker's queue and its dead-letter queue, as the poller needs them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from orders.adapters.privacy.exceptions import told
from orders.ports.dead_letters import ERROR_ATTRIBUTE, ID_ATTRIBUTE, REASON_ATTRIBUTE, SENDER_ATTRIBUTE

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient
    from types_aiobotocore_sqs.type_defs import (
        MessageAttributeValueOutputTypeDef,
        MessageAttributeValueTypeDef,
        MessageTypeDef,
    )

MAX_BATCH = 10
"""SQS's limit of messages in one call."""

MAX_ERROR_LENGTH = 500

_MAX_ATTRIBUTES = 10
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that SQS refuses in a message."""


def nobody(_sender: str) -> bool:
    """Where no sender speaks for another."""
    return False


class QueueUnreachable(Exception):
    """A call to the queue failed: out of reach, throttled, not allowed or not there."""


class ReceiptLapsed(Exception):
    """The message is no longer this receiver's: it was deleted, or its visibility timeout ended."""


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message as it was received.

    Attributes:
        receive_count: how often it has been handed out, this time included.
        sender: who sent it, as SQS knows them: a user's id, or a role's id, a colon and a name of the role's session.
        author: whom it is from: the sender, or who had sent it first where one that may forward has sent it again.
    """

    message_id: str
    body: str = field(repr=False)
    receipt: str = field(repr=False)
    receive_count: int
    attributes: Mapping[str, "MessageAttributeValueOutputTypeDef"] = field(default_factory=dict, repr=False)
    sender: str = ""
    author: str = ""


class SqsQueue:
    """A queue on SQS. Every method raises ``QueueUnreachable`` when its call fails."""

    def __init__(
        self,
        client: "SQSClient",
        queue_url: str,
        dead_letter_queue_url: str,
        *,
        may_forward: Callable[[str], bool] = nobody,
    ) -> None:
        """The client's read timeout must be longer than the long poll that ``receive`` is asked for.

        ``may_forward`` says of a sender whether it is believed when it says that a message was first sent by another:
        who redrives dead letters is.
        """
        self._client = client
        self._may_forward = may_forward
        self._queue_url = queue_url
        self._dead_letter_queue_url = dead_letter_queue_url

    @property
    def name(self) -> str:
        """The queue's own name, for logs and metrics."""
        return self._queue_url.rpartition("/")[2]

    async def receive(self, limit: int, *, wait: timedelta, visibility: timedelta) -> Sequence[ReceivedMessage]:
        """Up to ``limit`` (1 to 10) messages, hidden from others for ``visibility``; none if ``wait`` brings none."""
        try:
            response = await self._client.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=limit,
                WaitTimeSeconds=int(wait.total_seconds()),
                VisibilityTimeout=int(visibility.total_seconds()),
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SenderId"],
                MessageAttributeNames=["All"],
            )
        except (BotoCoreError, ClientError) as error:
            raise QueueUnreachable(told(error)) from error
        return [_received(message, self._may_forward) for message in response.get("Messages", [])]

    async def delete(self, receipts: Sequence[str]) -> Sequence[bool]:
        """Delete up to 10 messages; says of each whether it is gone for sure (``False``: call again).

        A receipt that has lapsed counts as gone: who has the message now deletes it.
        """
        entries = [{"Id": str(index), "ReceiptHandle": receipt} for index, receipt in enumerate(receipts)]
        try:
            response = await self._client.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)  # type: ignore[arg-type]
        except (BotoCoreError, ClientError) as error:
            raise QueueUnreachable(told(error)) from error
        kept = {entry["Id"] for entry in response.get("Failed", []) if not _lapsed(entry.get("Code", ""))}
        return [entry["Id"] not in kept for entry in entries]

    async def hide(self, message: ReceivedMessage, seconds: float) -> None:
        """Hide the message from others for so long from now; 0 hands it out again at once.

        Raises:
            ReceiptLapsed: it is somebody else's by now, or gone.
        """
        try:
            await self._client.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=message.receipt, VisibilityTimeout=round(seconds)
            )
        except ClientError as error:
            if _lapsed(error.response.get("Error", {}).get("Code", "")):
                raise ReceiptLapsed(message.message_id) from error
            raise QueueUnreachable(told(error)) from error
        except BotoCoreError as error:
            raise QueueUnreachable(told(error)) from error

    async def bury(self, message: ReceivedMessage, *, reason: str, error: str) -> None:
        """Put a copy of the message, as it came, into the dead-letter queue, with why as attributes.

        The message itself stays until it is deleted: done twice, there are two copies; never none.
        """
        why = {REASON_ATTRIBUTE: reason, ERROR_ATTRIBUTE: error, ID_ATTRIBUTE: message.message_id}
        if message.author:
            # In the dead-letter queue SQS says that this worker sent it; who did is what orders by queue go by.
            why[SENDER_ATTRIBUTE] = message.author
        kept = [(name, value) for name, value in message.attributes.items() if name not in why]
        attributes: dict[str, MessageAttributeValueTypeDef] = {
            name: _sendable(value) for name, value in kept[: _MAX_ATTRIBUTES - len(why)]
        }
        for name, text in why.items():
            # SQS refuses an empty attribute, and these are for people: an excerpt does.
            value = _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)[:MAX_ERROR_LENGTH] or "-"
            attributes[name] = {"DataType": "String", "StringValue": value}
        try:
            await self._client.send_message(
                QueueUrl=self._dead_letter_queue_url, MessageBody=message.body, MessageAttributes=attributes
            )
        except (BotoCoreError, ClientError) as failure:
            raise QueueUnreachable(told(failure)) from failure


def _received(message: "MessageTypeDef", may_forward: Callable[[str], bool]) -> ReceivedMessage:
    sender = message.get("Attributes", {}).get("SenderId", "")
    named = message.get("MessageAttributes", {}).get(SENDER_ATTRIBUTE)
    return ReceivedMessage(
        message_id=message.get("MessageId", ""),
        body=message.get("Body", ""),
        receipt=message.get("ReceiptHandle", ""),
        receive_count=int(message.get("Attributes", {}).get("ApproximateReceiveCount", "1")),
        attributes=message.get("MessageAttributes", {}),
        sender=sender,
        author=named.get("StringValue", sender) if named is not None and may_forward(sender) else sender,
    )


def _sendable(value: "MessageAttributeValueOutputTypeDef") -> "MessageAttributeValueTypeDef":
    # Lists are declared by SQS but not implemented: an answer can hold empty ones that a request must not.
    if "BinaryValue" in value:
        return {"DataType": value["DataType"], "BinaryValue": value["BinaryValue"]}
    return {"DataType": value["DataType"], "StringValue": value.get("StringValue", "")}


def _lapsed(code: str) -> bool:
    # SQS's and its emulators' ways to say that this receipt has no message in flight. InvalidParameterValue is also
    # said of a receipt that has expired; what else could be invalid in these calls is made by this module.
    return code in {
        "ReceiptHandleIsInvalid",
        "InvalidParameterValue",
        "MessageNotInflight",
        "AWS.SimpleQueueService.MessageNotInflight",
    }
