"""Dead-letter queues on SQS. Contract: ports/dead_letters.py ([PIPE-12])."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from orders.adapters.outbound.botocore_errors import error_code, translated
from orders.adapters.privacy.exceptions import safe_error_text
from orders.adapters.trace_context import TRACE_ATTRIBUTE, PassOnTracing
from orders.application.operations.dead_letters import subject_of
from orders.ports.dead_letters import (
    ERROR_ATTRIBUTE,
    FIRST_SENT_ATTRIBUTE,
    ID_ATTRIBUTE,
    REASON_ATTRIBUTE,
    REDRIVE_ATTRIBUTE,
    SENDER_ATTRIBUTE,
    WAITED_ATTRIBUTE,
    DeadLetter,
    UnknownQueue,
    noted_count,
    noted_time,
)
from orders.ports.errors import PermanentPortError
from orders.ports.tracing import SpanKind, Tracing

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient

MAX_BATCH = 10
MAX_ATTRIBUTES = 10
_WAIT_SECONDS = 1
"""A long poll, however short, queries all of SQS's servers; a short poll can miss messages."""

_NOTED = frozenset({REASON_ATTRIBUTE, ERROR_ATTRIBUTE, ID_ATTRIBUTE, FIRST_SENT_ATTRIBUTE, WAITED_ATTRIBUTE,
                    REDRIVE_ATTRIBUTE,
                    "RULE_ARN", "TARGET_ARN", "ERROR_CODE", "ERROR_MESSAGE", "EXHAUSTED_RETRY_CONDITION",
                    "RETRY_ATTEMPTS"})  # fmt: skip
"""Attributes that workers and EventBridge (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html)
add to dead-lettered messages."""

_GONE = frozenset({"ReceiptHandleIsInvalid", "InvalidParameterValue", "MessageNotInflight",
                   "AWS.SimpleQueueService.MessageNotInflight"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A dead-letter queue and its source queue, by their URLs.

    ``source_url`` is ``None`` for letters that did not come from a queue; ``sender_decides`` is true if what a message
    may do depends on its sender.
    """

    url: str
    source_url: str | None
    sender_decides: bool = False


class SqsDeadLetterQueues:
    """The dead-letter queues of one environment."""

    def __init__(
        self,
        client: "SQSClient",
        mailboxes: Mapping[str, Mailbox],
        *,
        may_forward: Callable[[str], bool] | None,
        tracing: Tracing | None = None,
    ) -> None:
        """``mailboxes`` by the names that operators use: see ``DeadLetter.queue``.

        ``may_forward`` tells whether a sender is trusted to name a message's original sender: workers that dead-letter
        messages are, and nobody else could set that attribute on them. ``None``: it is not known who is trusted, and
        letters that name an original sender are not redriven where the sender decides.
        """
        self._tracing = tracing or PassOnTracing()
        self._client = client
        self._may_forward = may_forward
        self._mailboxes = dict(mailboxes)
        self._messages: dict[str, Mapping[str, Any]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """See ``DeadLetterQueues.names``."""
        return tuple(self._mailboxes)

    async def depth(self, queue: str) -> int:
        """See ``DeadLetterQueues.depth``."""
        with self._asked(queue):
            answer = await self._client.get_queue_attributes(
                QueueUrl=self._mailbox(queue).url,
                AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
            )
        return sum(map(int, answer.get("Attributes", {}).values()))

    async def take(self, queue: str, *, hold: timedelta) -> Sequence[DeadLetter]:
        """See ``DeadLetterQueues.take``."""
        with self._asked(queue):
            answer = await self._client.receive_message(
                QueueUrl=self._mailbox(queue).url,
                MaxNumberOfMessages=MAX_BATCH,
                WaitTimeSeconds=_WAIT_SECONDS,
                VisibilityTimeout=int(hold.total_seconds()),
                MessageSystemAttributeNames=["SentTimestamp", "SenderId"],
                MessageAttributeNames=["All"],
            )
        messages: Sequence[Mapping[str, Any]] = answer.get("Messages", [])
        self._messages.update((message["ReceiptHandle"], message) for message in messages)
        return [_letter(queue, message) for message in messages]

    async def give_back(self, letter: DeadLetter) -> None:
        """See ``DeadLetterQueues.give_back``."""
        self._messages.pop(letter.claim, None)
        with self._asked(letter.queue):
            try:
                await self._client.change_message_visibility(
                    QueueUrl=self._mailbox(letter.queue).url, ReceiptHandle=letter.claim, VisibilityTimeout=0
                )
            except ClientError as error:
                if error_code(error) not in _GONE:
                    raise

    async def redrive(self, letter: DeadLetter) -> None:
        """See ``DeadLetterQueues.redrive``.

        Raises also: PermanentPortError: the letters came from no queue, or name a sender that may or may not be
        trusted.
        """
        mailbox = self._mailbox(letter.queue)
        if mailbox.source_url is None:
            raise PermanentPortError(
                f"{letter.queue} dead letters",
                "these came from no queue of ours: replay the events instead (orders events replay)",
            )
        message = self._messages.get(letter.claim, {})
        named = SENDER_ATTRIBUTE in message.get("MessageAttributes", {})
        if self._may_forward is None and mailbox.sender_decides and named:
            # Sent on without that name, it would be taken for an order of whoever put it aside, who may order for all.
            raise PermanentPortError(
                f"{letter.queue} dead letters",
                "this one names its original sender: give ORDER_SENDERS, as the record-creator has it",
            )
        subject = subject_of(letter.body)
        cause = subject.traceparent or message.get("MessageAttributes", {}).get(TRACE_ATTRIBUTE, {}).get("StringValue")
        # A trace of its own, for it is the operator's doing; linked to what it repeats, as the repetition is to it.
        with self._tracing.span(
            f"redrive {letter.queue}",
            kind=SpanKind.PRODUCER,
            links=[cause] if cause else (),
            messaging__system="aws_sqs",
        ) as span:
            attributes = self._as_it_was(message)
            if span.traceparent is not None and len(attributes) < MAX_ATTRIBUTES:
                attributes[REDRIVE_ATTRIBUTE] = {"DataType": "String", "StringValue": span.traceparent}
            with self._asked(letter.queue):
                await self._client.send_message(
                    QueueUrl=mailbox.source_url, MessageBody=letter.body, MessageAttributes=attributes
                )
            await self.remove(letter)

    async def remove(self, letter: DeadLetter) -> None:
        """See ``DeadLetterQueues.remove``."""
        self._messages.pop(letter.claim, None)
        with self._asked(letter.queue):
            await self._client.delete_message(QueueUrl=self._mailbox(letter.queue).url, ReceiptHandle=letter.claim)

    def _as_it_was(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the message's original attributes, and its original sender, since SQS will report this service
        instead.
        """
        attributes = {
            name: {kind: content for kind, content in value.items() if not kind.endswith("ListValues")}
            for name, value in message.get("MessageAttributes", {}).items()
            if name not in _NOTED
        }
        sender = message.get("Attributes", {}).get("SenderId", "")
        if self._may_forward is None or not self._may_forward(sender):
            attributes.pop(SENDER_ATTRIBUTE, None)
        if sender and len(attributes) < MAX_ATTRIBUTES:
            attributes.setdefault(SENDER_ATTRIBUTE, {"DataType": "String", "StringValue": sender})
        return attributes

    def _mailbox(self, queue: str) -> Mailbox:
        try:
            return self._mailboxes[queue]
        except KeyError:
            raise UnknownQueue(queue, self.names) from None

    @contextmanager
    def _asked(self, queue: str) -> Iterator[None]:
        try:
            with translated(f"{queue} dead-letter queue"):
                yield
        except (BotoCoreError, ClientError) as error:
            raise PermanentPortError(f"{queue} dead-letter queue", safe_error_text(error)) from error


def _letter(queue: str, message: Mapping[str, Any]) -> DeadLetter:
    attributes = {
        name: value["StringValue"]
        for name, value in message.get("MessageAttributes", {}).items()
        if "StringValue" in value
    }
    sent = int(message.get("Attributes", {}).get("SentTimestamp", 0))
    return DeadLetter(
        queue=queue,
        message_id=message["MessageId"],
        body=message["Body"],
        sent_at=datetime.fromtimestamp(sent / 1000, UTC),
        reason=attributes.get(REASON_ATTRIBUTE) or attributes.get("ERROR_CODE"),
        error=attributes.get(ERROR_ATTRIBUTE) or attributes.get("ERROR_MESSAGE"),
        logged_as=attributes.get(ID_ATTRIBUTE),
        first_sent_at=noted_time(attributes.get(FIRST_SENT_ATTRIBUTE)),
        waited=noted_count(attributes.get(WAITED_ATTRIBUTE)),
        claim=message["ReceiptHandle"],
    )
