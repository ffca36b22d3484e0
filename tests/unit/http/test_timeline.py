"""How an order's history is worded for people."""

from orders.adapters.inbound.http.console.timeline import timeline
from orders.domain.events import Actor, EventType, OrderEvent
from orders.ports.mail import FeedbackKind, MailFeedback, MailRecord, MailState, MailTemplate
from tests.support.builders import NOON, an_order_id

STAFF = Actor("s1", "staff")


def an_event(kind: EventType = EventType.UPDATED, actor: Actor = STAFF, **more: object) -> OrderEvent:
    given: dict[str, object] = {"sequence": 2, "version": 2, "type": kind, "at": NOON, "actor": actor}
    return OrderEvent("tenant_a", an_order_id(), **(given | more))  # type: ignore[arg-type]


def a_mail(state: MailState = MailState.SENT, **more: object) -> MailRecord:
    given: dict[str, object] = {
        "sequence": 1,
        "template": MailTemplate.ORDER_CONFIRMATION,
        "at": NOON,
        "recipient_hint": "t…@example.com",
        "attempts": 1,
    }
    return MailRecord(state=state, **(given | more))  # type: ignore[arg-type]


def test_every_event_and_every_state_of_a_mail_has_its_words() -> None:
    entries = timeline([*map(an_event, EventType), *map(a_mail, MailState)])
    titles = [entry.title for entry in entries]
    assert len(set(titles)) == len(titles) == len(EventType) + len(MailState)
    assert {entry.kind for entry in entries[: len(EventType)]} == {"event"}
    assert {entry.kind for entry in entries[len(EventType) :]} == {"mail"}


def test_an_event_says_who_why_and_what_changed() -> None:
    (entry,) = timeline([an_event(reason="out of stock", changed=("/status", "/items"))])
    assert (entry.by, entry.details, entry.look) == (
        "by s1 (staff)", ("out of stock", "changed: /status, /items"), False,
    )  # fmt: skip
    (entry,) = timeline([an_event(actor=Actor("service", "service"))])
    assert (entry.by, entry.details) == ("by service", ())


def test_what_failed_needs_a_look() -> None:
    bounced = MailFeedback(FeedbackKind.BOUNCED, NOON, "Permanent/NoEmail")
    entries = timeline(
        [
            an_event(EventType.DOCUMENT_FAILED),
            a_mail(MailState.FAILED, detail="refused"),
            a_mail(feedback=bounced, attempts=3),
            a_mail(MailState.SKIPPED, detail="no address", recipient_hint=None),
        ]
    )
    assert [entry.look for entry in entries] == [True, True, True, False]
    assert [entry.details for entry in entries[1:]] == [
        ("refused",), ("bounced (Permanent/NoEmail)", "3 attempts"), ("no address",),
    ]  # fmt: skip
    assert [entry.by for entry in entries[2:]] == ["order_confirmation to t…@example.com", "order_confirmation"]
