"""Words an order's history for people: its events and mails."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from orders.domain.events import EventType, OrderEvent
from orders.ports.mail import MailRecord, MailState

_EVENTS: Mapping[EventType, str] = MappingProxyType(
    {
        EventType.CREATED: "Placed",
        EventType.UPDATED: "Updated",
        EventType.PROCESSING: "Processing began",
        EventType.REJECTED: "Rejected",
        EventType.CANCELLED: "Cancelled",
        EventType.FULFILLED: "Parcel shipped",
        EventType.DELIVERED: "Parcel delivered",
        EventType.COMPLETED: "Completed",
        EventType.DELETED: "Deleted",
        EventType.ERASED: "Personal data erased",
        EventType.DOCUMENT_READY: "PDF rendered",
        EventType.DOCUMENT_FAILED: "PDF could not be rendered",
    }
)
_MAILS: Mapping[MailState, str] = MappingProxyType(
    {
        MailState.CLAIMED: "Mail is being sent",
        MailState.SENT: "Mail sent",
        MailState.SKIPPED: "Mail not sent",
        MailState.FAILED: "Mail failed",
    }
)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """A line of the timeline.

    Attributes:
        by: who did it, or which mail to whom.
        details: further lines, such as a reason.
        look: the details need a look.
    """

    kind: Literal["event", "mail"]
    at: datetime
    title: str
    by: str
    details: tuple[str, ...] = ()
    look: bool = False


def timeline(entries: Iterable[OrderEvent | MailRecord]) -> list[TimelineEntry]:
    """Words the entries, in the order that they come in."""
    return [_mail(each) if isinstance(each, MailRecord) else _event(each) for each in entries]


def _event(event: OrderEvent) -> TimelineEntry:
    actor = event.actor
    by = actor.role if actor.principal == actor.role else f"{actor.principal} ({actor.role})"
    changed = f"changed: {', '.join(event.changed)}" if event.changed else None
    return TimelineEntry(
        "event", event.at, _EVENTS[event.type], f"by {by}", _given(event.reason, changed),
        event.type is EventType.DOCUMENT_FAILED,
    )  # fmt: skip


def _mail(mail: MailRecord) -> TimelineEntry:
    feedback = None
    if mail.feedback is not None:
        more = "" if mail.feedback.detail is None else f" ({mail.feedback.detail})"
        feedback = f"{mail.feedback.kind.name.lower()}{more}"
    attempts = f"{mail.attempts} attempts" if mail.attempts > 1 else None
    to = "" if mail.recipient_hint is None else f" to {mail.recipient_hint}"
    return TimelineEntry(
        "mail", mail.at, _MAILS[mail.state], f"{mail.template}{to}", _given(mail.detail, feedback, attempts),
        mail.state is MailState.FAILED or mail.feedback is not None,
    )  # fmt: skip


def _given(*details: str | None) -> tuple[str, ...]:
    return tuple(each for each in details if each)
