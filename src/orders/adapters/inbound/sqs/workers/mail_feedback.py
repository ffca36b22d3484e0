"""The mail-feedback worker: records bounces and complaints that SES reports, in either of its two formats.

An event of a configuration set has ``eventType`` and the mail's tags
(https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html); a notification of an identity
has ``notificationType`` and, if enabled, the mail's headers
(https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html). SNS delivers both raw or in its envelope.
"""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any

import structlog
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from orders.adapters.inbound.sqs.messages import MessageRefused, Moment, parse_json_object
from orders.adapters.inbound.sqs.retry_policy import PASSING
from orders.adapters.inbound.sqs.worker import Message, QueueWorker
from orders.adapters.privacy.masking import as_name
from orders.application.mail.record_mail_feedback import RecordMailFeedback
from orders.application.policy.errors import ApplicationError
from orders.contracts.mail_marks import MARK_TAG, marks_in, reference_of
from orders.contracts.message_text import parse_text
from orders.ports.mail import FeedbackKind, MailFeedback, MailReference
from orders.ports.metric_catalogue import MAIL_FEEDBACK_RECEIVED
from orders.ports.metrics import Counters

GREETING = "Successfully validated SNS topic"
"""Plain text that SES sends when a topic becomes an event destination."""

NOT_SPAM = "not-spam"
"""Feedback type (RFC 5965 and its registry) that withdraws a complaint."""

_log = structlog.get_logger(__name__)

Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 ._-]{1,60}$")]
"""Kind of bounce or complaint in SES's words; never content of the mail."""


class _Tolerant(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class _Bounce(_Tolerant):
    kind: Annotated[Word, Field(alias="bounceType")]
    subkind: Annotated[Word | None, Field(alias="bounceSubType")] = None
    timestamp: Moment

    def feedback(self) -> MailFeedback:
        # Undetermined bounces may be transient: they don't suppress the address.
        kind = FeedbackKind.BOUNCED if self.kind == "Permanent" else FeedbackKind.DELAYED
        return MailFeedback(kind, self.timestamp, "/".join(filter(None, (self.kind, self.subkind))))


class _Complaint(_Tolerant):
    type: Annotated[Word | None, Field(alias="complaintFeedbackType")] = None
    subtype: Annotated[Word | None, Field(alias="complaintSubType")] = None
    timestamp: Moment

    def feedback(self) -> MailFeedback | None:
        if self.type == NOT_SPAM:
            return None
        return MailFeedback(FeedbackKind.COMPLAINED, self.timestamp, self.type or self.subtype)


class MailFeedbackHandler(QueueWorker):
    """Passes bounces and complaints about this service's mails to the use case; counts and drops everything else.

    Refused messages are dead-lettered without addresses; the mail that they are about stays identifiable.
    """

    name = "mail-feedback"

    def __init__(self, note: RecordMailFeedback, counters: Counters) -> None:
        self._note = note
        self._counters = counters

    def decode_body(self, body: str) -> dict[str, Any]:
        """Decodes a body, including the plain text of SES's greeting. Raises: MessageRefused."""
        try:
            return parse_json_object(body)
        except MessageRefused:
            if is_greeting(body):
                return {"Message": GREETING}
            raise

    def redact(self, body: str) -> str:
        """Removes addresses; the mail that the message is about stays identifiable."""
        return without_people(body)

    async def handle(self, message: Message) -> None:
        """Handles one message. Raises: MessageRefused, TransientPortError."""
        try:
            await self._handle(message.content)
        except (*PASSING, MessageRefused):
            raise
        except ApplicationError as error:
            raise MessageRefused(str(error)) from None
        except Exception as error:  # noqa: BLE001 - logged, and dead-lettered like other refused messages
            # SQS's own redrive would dead-letter the original, with the addresses in it.
            _log.exception("mail feedback not handled")
            raise MessageRefused(f"a fault of ours: {type(error).__name__}") from None

    async def _handle(self, content: Mapping[str, Any]) -> None:
        if _greets(content):
            return
        kind = content.get("eventType", content.get("notificationType"))
        if not isinstance(kind, str):
            raise MessageRefused("it has neither eventType nor notificationType: it is not from the mail service")
        feedback = _feedback_in(kind, content)
        if feedback is None:
            self._drop("other", kind)
            return
        marks = marks_in(content)
        if not marks:
            # Another system of this account sent the mail; or headers are not enabled, and all of ours end here.
            self._drop("foreign", kind)
            return
        await self._note.execute(_reference(marks[0]), feedback)

    def _drop(self, what: str, kind: str) -> None:
        self._counters.count(MAIL_FEEDBACK_RECEIVED, what=what)
        log = _log.warning if what == "foreign" else _log.info
        log("mail feedback dropped", what=what, kind=as_name(kind))


def _feedback_in(kind: str, content: Mapping[str, Any]) -> MailFeedback | None:
    """Parses the feedback; returns ``None`` for anything but bounces and complaints. Raises: MessageRefused."""
    models: dict[str, tuple[str, type[_Bounce | _Complaint]]] = {
        "Bounce": ("bounce", _Bounce),
        "Complaint": ("complaint", _Complaint),
    }
    if kind not in models:
        return None
    member, model = models[kind]
    try:
        return model.model_validate(content.get(member)).feedback()
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        listed = "; ".join(f"{member}.{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults[:5])
        raise MessageRefused(f"not a {kind}: {listed}") from None


def _reference(mark: str) -> MailReference:
    try:
        return reference_of(mark)
    except ValueError:
        raise MessageRefused("the mark that its mail bears is none of ours") from None


def is_greeting(body: str) -> bool:
    """Returns true for SES's greeting to a new topic, raw or in SNS's envelope."""
    if body.lstrip().startswith(GREETING):
        return True
    try:
        content = parse_text(body)
    except ValueError:
        return False
    return isinstance(content, dict) and _greets(content)


def _greets(content: Mapping[str, Any]) -> bool:
    inner = content.get("Message")
    return isinstance(inner, str) and inner.lstrip().startswith(GREETING)


_PLAIN = re.compile(r"[A-Za-z0-9 ._:/+-]{1,200}", re.ASCII)
_KEPT = frozenset(
    {
        "Type", "TopicArn", "MessageId", "eventType", "notificationType", "bounceType", "bounceSubType", "timestamp",
        "complaintFeedbackType", "complaintSubType", "feedbackId", "messageId",
    }
)  # fmt: skip


def _plain(content: dict[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in content.items() if name in _KEPT and isinstance(value, str)}
    return {name: value if _PLAIN.fullmatch(value) else "…" for name, value in told.items()}


def without_people(body: str) -> str:
    """Reduces a message to kind, time and mail reference, without any address."""
    try:
        content = parse_json_object(body)
    except MessageRefused:
        return json.dumps({"unreadable_characters": len(body)})
    marks = marks_in(content)
    kept: dict[str, Any] = _plain(content)
    for name in ("bounce", "complaint", "mail"):
        inner = content.get(name)
        if isinstance(inner, dict):
            kept[name] = _plain(inner)
    if marks:
        kept.setdefault("mail", {})["tags"] = {MARK_TAG: [mark for mark in marks[:1] if _PLAIN.fullmatch(mark)]}
    return json.dumps(kept)
