"""A worker's queue and its dead-letter queue on SQS, with the operations that the poller needs."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from orders.adapters.privacy.exceptions import safe_error_text
from orders.ports.dead_letters import (
    ERROR_ATTRIBUTE,
    FIRST_SENT_ATTRIBUTE,
    ID_ATTRIBUTE,
    REASON_ATTRIBUTE,
    SENDER_ATTRIBUTE,
    WAITED_ATTRIBUTE,
    noted_count,
    noted_time,
)

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient
    from types_aiobotocore_sqs.type_defs import (
        MessageAttributeValueOutputTypeDef,
        MessageAttributeValueTypeDef,
        MessageTypeDef,
    )

MAX_BATCH = 10
"""SQS's maximum of messages per call."""

MAX_DELAY = timedelta(seconds=900)
"""SQS's maximum delay of a sent message."""

MAX_ERROR_LENGTH = 500

_MAX_ATTRIBUTES = 10
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that SQS refuses in a message."""


def nobody(_sender: str) -> bool:
    """Trusts no sender to name another one as a message's author."""
    return False


class QueueUnreachable(Exception):
    """A call to the queue failed: unreachable, throttled, not permitted or nonexistent."""


class ReceiptLapsed(Exception):
    """The receipt is no longer valid: the message was deleted, or its visibility timeout ended."""


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A received message.

    Attributes:
        message_id: its id; after waiting in the queue, its first id, by which logs and audit follow it.
        receive_count: number of receives, including this one.
        sender: SQS's sender id: a user's id, or a role's id, a colon and the session name.
        author: the sender, or the original sender if a trusted one has sent the message again.
        first_sent_at: time at which it was sent, for the first time; ``None`` if SQS does not report it.
        waited: number of times it was sent again to wait.
    """

    message_id: str
    body: str = field(repr=False)
    receipt: str = field(repr=False)
    receive_count: int
    attributes: Mapping[str, "MessageAttributeValueOutputTypeDef"] = field(default_factory=dict, repr=False)
    sender: str = ""
    author: str = ""
    first_sent_at: datetime | None = None
    waited: int = 0


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
        """Sets up the queue.

        Args:
            client: its read timeout must exceed the long poll of ``receive``.
            may_forward: returns true for senders trusted to name a message's original sender, such as those who redrive
                dead letters.
        """
        self._client = client
        self._may_forward = may_forward
        self._queue_url = queue_url
        self._dead_letter_queue_url = dead_letter_queue_url

    @property
    def name(self) -> str:
        """The queue's name, for logs and metrics."""
        return self._queue_url.rpartition("/")[2]

    async def receive(self, limit: int, *, wait: timedelta, visibility: timedelta) -> Sequence[ReceivedMessage]:
        """Receives up to ``limit`` (1 to 10) messages, waiting up to ``wait``; hides them for ``visibility``."""
        try:
            response = await self._client.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=limit,
                WaitTimeSeconds=int(wait.total_seconds()),
                VisibilityTimeout=int(visibility.total_seconds()),
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SenderId", "SentTimestamp"],
                MessageAttributeNames=["All"],
            )
        except (BotoCoreError, ClientError) as error:
            raise QueueUnreachable(safe_error_text(error)) from error
        return [_received(message, self._may_forward) for message in response.get("Messages", [])]

    async def delete(self, receipts: Sequence[str]) -> Sequence[bool]:
        """Deletes up to 10 messages; returns for each whether it is deleted (``False``: call again).

        A lapsed receipt counts as deleted: the message's current receiver deletes it.
        """
        entries = [{"Id": str(index), "ReceiptHandle": receipt} for index, receipt in enumerate(receipts)]
        try:
            response = await self._client.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)  # type: ignore[arg-type]
        except (BotoCoreError, ClientError) as error:
            raise QueueUnreachable(safe_error_text(error)) from error
        kept = {entry["Id"] for entry in response.get("Failed", []) if not _lapsed(entry.get("Code", ""))}
        return [entry["Id"] not in kept for entry in entries]

    async def change_visibility(self, message: ReceivedMessage, seconds: float) -> None:
        """Sets the message's visibility timeout from now; 0 makes it available at once.

        Raises:
            ReceiptLapsed: another receiver has the message, or it was deleted.
        """
        try:
            await self._client.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=message.receipt, VisibilityTimeout=round(seconds)
            )
        except ClientError as error:
            if _lapsed(error.response.get("Error", {}).get("Code", "")):
                raise ReceiptLapsed(message.message_id) from error
            raise QueueUnreachable(safe_error_text(error)) from error
        except BotoCoreError as error:
            raise QueueUnreachable(safe_error_text(error)) from error

    async def dead_letter(self, message: ReceivedMessage, *, reason: str, error: str) -> None:
        """Sends a copy of the message, as it is given, to the dead-letter queue, with reason and error as attributes.

        The message itself stays until it is deleted: a repeated call may duplicate it, and none loses it.
        """
        notes = {REASON_ATTRIBUTE: reason, ERROR_ATTRIBUTE: error, **_whence(message, waited=message.waited)}
        await self._send(self._dead_letter_queue_url, message, notes, delay=0)

    async def send_again(self, message: ReceivedMessage, *, delay: timedelta) -> None:
        """Sends an unchanged copy of the message to its queue with a delay (at most ``MAX_DELAY``).

        Its attributes carry the first id, sender and time, and the number of waits. The message itself stays until it
        is deleted: a repeated call, or a crash in between, may duplicate it, and never loses it.
        """
        seconds = math.ceil(min(delay, MAX_DELAY).total_seconds())
        await self._send(self._queue_url, message, _whence(message, waited=message.waited + 1), delay=seconds)

    async def _send(self, queue_url: str, message: ReceivedMessage, notes: Mapping[str, str], *, delay: int) -> None:
        kept = [(name, value) for name, value in message.attributes.items() if name not in notes]
        attributes: dict[str, MessageAttributeValueTypeDef] = {
            name: _sendable(value) for name, value in kept[: _MAX_ATTRIBUTES - len(notes)]
        }
        for name, text in notes.items():
            # SQS refuses an empty attribute, and these are for people: an excerpt is enough.
            value = _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)[:MAX_ERROR_LENGTH] or "-"
            attributes[name] = {"DataType": "String", "StringValue": value}
        try:
            await self._client.send_message(
                QueueUrl=queue_url, MessageBody=message.body, MessageAttributes=attributes, DelaySeconds=delay
            )
        except (BotoCoreError, ClientError) as failure:
            raise QueueUnreachable(safe_error_text(failure)) from failure


def _whence(message: ReceivedMessage, *, waited: int) -> dict[str, str]:
    notes = {ID_ATTRIBUTE: message.message_id}
    if message.author:
        # SQS reports this worker as the copy's sender; queued orders are authorised by the original one.
        notes[SENDER_ATTRIBUTE] = message.author
    if message.first_sent_at is not None:
        notes[FIRST_SENT_ATTRIBUTE] = message.first_sent_at.isoformat(timespec="milliseconds")
    if waited:
        notes[WAITED_ATTRIBUTE] = str(waited)
    return notes


def _received(message: "MessageTypeDef", may_forward: Callable[[str], bool]) -> ReceivedMessage:
    system, noted = message.get("Attributes", {}), message.get("MessageAttributes", {})
    sender = system.get("SenderId", "")
    message_id, author, waited = message.get("MessageId", ""), sender, 0
    sent_at = _sent_at(system.get("SentTimestamp"))
    if noted:
        named = noted.get(SENDER_ATTRIBUTE)
        said = {name: value.get("StringValue", "") for name, value in noted.items()}
        # The number of waits is trusted from any sender: it can only shorten the time of their own message.
        waited = noted_count(said.get(WAITED_ATTRIBUTE))
        if waited:
            first_id = said.get(ID_ATTRIBUTE, "")
            message_id = first_id if _MESSAGE_ID.fullmatch(first_id) else message_id
            # Never later than SQS's own time, or the message could wait for ever.
            sent_at = min(filter(None, (noted_time(said.get(FIRST_SENT_ATTRIBUTE)), sent_at)), default=None)
        if named is not None and may_forward(sender):
            author = named.get("StringValue", sender)
    return ReceivedMessage(
        message_id,
        message.get("Body", ""),
        message.get("ReceiptHandle", ""),
        int(system.get("ApproximateReceiveCount", "1")),
        noted,
        sender,
        author,
        sent_at,
        waited,
    )


def _sent_at(milliseconds: str | None) -> datetime | None:
    return None if not milliseconds else datetime.fromtimestamp(int(milliseconds) / 1000, UTC)


def _sendable(value: "MessageAttributeValueOutputTypeDef") -> "MessageAttributeValueTypeDef":
    # Lists are declared by SQS but not implemented: a response may hold empty ones that a request must not.
    if "BinaryValue" in value:
        return {"DataType": value["DataType"], "BinaryValue": value["BinaryValue"]}
    return {"DataType": value["DataType"], "StringValue": value.get("StringValue", "")}


def _lapsed(code: str) -> bool:
    # Codes of SQS and its emulators for a receipt without a message in flight. InvalidParameterValue also stands for an
    # expired receipt; all other parameters of these calls are made by this module.
    return code in {
        "ReceiptHandleIsInvalid",
        "InvalidParameterValue",
        "MessageNotInflight",
        "AWS.SimpleQueueService.MessageNotInflight",
    }
