"""Represents an order's history: events, and mails about it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from orders.adapters.inbound.http.representations.values import AtLeastOne, Count, Time, given, moment
from orders.domain.events import EventType, OrderEvent
from orders.ports.mail import FeedbackKind, MailFeedback, MailRecord, MailState, MailTemplate


class Actor(TypedDict):
    """The author of a change."""

    principal: str
    """Subject of the token, or name of a worker; to customers, of others than themselves only the role."""
    role: str


class HistoryEvent(TypedDict):
    """A change of the order, or of its document."""

    kind: Literal["event"]
    at: Time
    sequence: AtLeastOne
    """1, 2, 3, … per order, without gaps."""
    version: AtLeastOne
    """The order's version after it."""
    type: EventType
    actor: Actor
    reason: NotRequired[str | None]
    changed: list[str]
    """JSON pointers of the fields that changed."""


class HistoryMailFeedback(TypedDict):
    """Feedback on a mail: a temporary bounce (`delayed`), a permanent one, or a complaint.

    After `bounced` and `complained` the shop no longer mails this address.
    """

    kind: Literal["delayed", "bounced", "complained"]
    at: Time
    detail: NotRequired[str | None]
    """The mail service's words for what kind of it, such as `Permanent/NoEmail`."""


class HistoryMail(TypedDict):
    """A mail about the order, and its delivery."""

    kind: Literal["mail"]
    at: Time
    about_sequence: AtLeastOne
    """The event that the mail tells of."""
    template: MailTemplate
    state: MailState
    recipient: NotRequired[str | None]
    """Only a hint, such as `t…@example.com`."""
    attempts: Count
    detail: NotRequired[str | None]
    feedback: NotRequired[HistoryMailFeedback | None]


HistoryEntry = Annotated[HistoryEvent | HistoryMail, Field(discriminator="kind")]

_FEEDBACK: Mapping[FeedbackKind, Literal["delayed", "bounced", "complained"]] = MappingProxyType(
    {FeedbackKind.DELAYED: "delayed", FeedbackKind.BOUNCED: "bounced", FeedbackKind.COMPLAINED: "complained"}
)


def history_entry(entry: OrderEvent | MailRecord) -> HistoryEvent | HistoryMail:
    """Represents an entry of the history: an event of the order, or the state of a mail."""
    if isinstance(entry, MailRecord):
        mail: HistoryMail = {
            "kind": "mail",
            "at": moment(entry.at),
            "about_sequence": entry.sequence,
            "template": entry.template,
            "state": entry.state,
            "recipient": entry.recipient_hint,
            "attempts": entry.attempts,
            "detail": entry.detail,
            "feedback": None if entry.feedback is None else _feedback(entry.feedback),
        }
        return given(mail)
    event: HistoryEvent = {
        "kind": "event",
        "at": moment(entry.at),
        "sequence": entry.sequence,
        "version": entry.version,
        "type": entry.type,
        "actor": {"principal": entry.actor.principal, "role": entry.actor.role},
        "reason": entry.reason,
        "changed": list(entry.changed),
    }
    return given(event)


def _feedback(feedback: MailFeedback) -> HistoryMailFeedback:
    view: HistoryMailFeedback = {"kind": _FEEDBACK[feedback.kind], "at": moment(feedback.at), "detail": feedback.detail}
    return given(view)
