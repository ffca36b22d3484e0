"""What SES tells of mails that were sent: bounces and complaints, in either of its two forms.

Through a configuration set an event has ``eventType`` and the mail's tags
(https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html); through an identity's
notifications it has ``notificationType`` and, where they are turned on, the mail's headers
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
from orders.application.mail.record_mail_feedback import FEEDBACK, RecordMailFeedback
from orders.application.policy.errors import ApplicationError
from orders.contracts.mail_marks import MARK_TAG, marks_in, reference_of
from orders.contracts.message_text import parse_text
from orders.ports.mail import FeedbackKind, MailFeedback, MailReference
from orders.ports.metrics import Counters

GREETING = "Successfully validated SNS topic"
"""What SES sends, as plain text, when a topic becomes an event destination."""

NOT_SPAM = "not-spam"
"""A feedback type (RFC 5965 and its registry) by which somebody takes a complaint back."""

_log = structlog.get_logger(__name__)

Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 ._-]{1,60}$")]
"""What kind it is, in SES's words; never anything of the mail."""


class _Tolerant(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class _Bounce(_Tolerant):
    kind: Annotated[Word, Field(alias="bounceType")]
    subkind: Annotated[Word | None, Field(alias="bounceSubType")] = None
    timestamp: Moment

    def feedback(self) -> MailFeedback:
        # Undetermined ones may pass as well: nobody is written off for not being understood.
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
    """Hands bounces and complaints about our own mails to the use case; everything else is counted and dropped.

    What it refuses is kept without the addresses that it holds: which mail it is about stays readable.
    """

    name = "mail-feedback"

    def __init__(self, note: RecordMailFeedback, counters: Counters) -> None:
        self._note = note
        self._counters = counters

    def decode_body(self, body: str) -> dict[str, Any]:
        """Decodes a body, the greeting's plain text as well. Raises: MessageRefused."""
        try:
            return parse_json_object(body)
        except MessageRefused:
            if is_greeting(body):
                return {"Message": GREETING}
            raise

    def redact(self, body: str) -> str:
        """Removes addresses: which mail it is about stays readable."""
        return without_people(body)

    async def handle(self, message: Message) -> None:
        """Handles one message. Raises: MessageRefused, and what is passing."""
        try:
            await self._handle(message.content)
        except (*PASSING, MessageRefused):
            raise
        except ApplicationError as error:
            raise MessageRefused(str(error)) from None
        except Exception as error:  # noqa: BLE001 - told, and kept as what else is refused
            # The queue itself would put it aside after some more tries, as it is: with the addresses in it.
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
            # Other systems send from this account as well. Or headers are not turned on: then all of ours are here.
            self._drop("foreign", kind)
            return
        await self._note.execute(_reference(marks[0]), feedback)

    def _drop(self, what: str, kind: str) -> None:
        self._counters.count(FEEDBACK, what=what)
        log = _log.warning if what == "foreign" else _log.info
        log("mail feedback dropped", what=what, kind=as_name(kind))


def _feedback_in(kind: str, content: Mapping[str, Any]) -> MailFeedback | None:
    """What came back; ``None`` for what is neither a bounce nor a complaint. Raises: MessageRefused."""
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
    """Tells whether it is what SES sends to a new topic, raw or in SNS's envelope."""
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
    """A message as it may be kept: what it is about, when and which mail, and nobody's address."""
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
