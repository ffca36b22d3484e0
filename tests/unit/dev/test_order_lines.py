"""The lines about orders that `orders dev` shows."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from rich.text import Text

from orders.bootstrap.dev.order_lines import HOLD, LINGER, OrderLines
from orders.domain.events import EventType, JsonValue, OrderEvent
from orders.domain.identity import order_number
from orders.domain.lifecycle import Role
from orders.ports.mail import FeedbackKind, MailReference, MailState, MailTemplate
from tests.support.builders import NOON, a_draft, a_stamp, an_order, an_order_id, placed

ORDER = an_order_id()
NUMBER = order_number(ORDER)
STAFF = (Role.STAFF,)


class Watched:
    """Lines, and the time by which they are written."""

    def __init__(self) -> None:
        self.now = NOON
        self.written: list[str] = []
        self.lines = OrderLines(self._write, lambda: self.now, timezone(timedelta(hours=2)))

    def _write(self, line: Text) -> None:
        self.written.append(line.plain)

    def later(self, by: timedelta = LINGER) -> list[str]:
        """Returns what is written when so much time has passed."""
        self.now += by
        self.lines.tick()
        found, self.written = self.written, []
        return found

    def mailed(
        self, template: MailTemplate, sequence: int = 1, state: MailState = MailState.SENT, detail: str | None = None
    ) -> None:
        self.lines.mail_ended(MailReference("demo", ORDER, sequence, template, "0101c9523fc13962"), state, detail)


@pytest.fixture
def watched() -> Watched:
    return Watched()


def created() -> OrderEvent:
    event = placed(a_draft(), roles=STAFF, tenant_id="demo", order_id=ORDER).event
    assert event is not None
    return event


def an_event(kind: EventType, sequence: int = 2, data: dict[str, JsonValue] | None = None) -> OrderEvent:
    event = an_order(tenant_id="demo", order_id=ORDER).process(a_stamp(role=Role.STAFF), STAFF).event
    assert event is not None
    return replace(event, type=kind, sequence=sequence, data={**event.data, **(data or {})})


def test_an_order_is_one_line_that_tells_what_has_come_of_it(watched: Watched) -> None:
    watched.lines.published(created())
    watched.mailed(MailTemplate.STAFF_NEW_ORDER)
    assert watched.later() == []
    watched.lines.published(an_event(EventType.DOCUMENT_READY))
    watched.mailed(MailTemplate.ORDER_CONFIRMATION)
    (line,) = watched.later()
    assert line == f"14:00:01 {NUMBER} demo/cust_test_001 59.98 ZAR placed, PDF, 2 mails"
    assert len(line) <= 80
    assert watched.later(HOLD) == []


def test_the_second_member_of_staff_is_waited_for(watched: Watched) -> None:
    watched.lines.published(created())
    watched.lines.published(an_event(EventType.DOCUMENT_READY))
    watched.mailed(MailTemplate.ORDER_CONFIRMATION)
    watched.mailed(MailTemplate.STAFF_NEW_ORDER)
    assert watched.later(LINGER / 2) == []
    watched.mailed(MailTemplate.STAFF_NEW_ORDER)
    assert watched.later(LINGER / 2) == []
    assert watched.later(LINGER / 2)[0].endswith("placed, PDF, 3 mails")


def test_what_does_not_come_in_time_is_named_and_told_when_it_comes(watched: Watched) -> None:
    watched.lines.published(created())
    watched.mailed(MailTemplate.STAFF_NEW_ORDER)
    (line,) = watched.later(HOLD)
    assert line.endswith("placed, 1 mail, PDF and mail to customer still to come")
    watched.lines.published(an_event(EventType.DOCUMENT_READY))
    watched.mailed(MailTemplate.ORDER_CONFIRMATION)
    assert watched.later() == [f"14:00:10 {NUMBER} demo later: PDF, 1 mail"]


@pytest.mark.parametrize(
    ("state", "detail", "said"),
    [
        (MailState.SKIPPED, "no address to send it to", "no mail to customer: no address to send it to"),
        (MailState.FAILED, "thandi@example.com is not verified", "no mail to customer: *** is not verified"),
        (MailState.FAILED, None, "no mail to customer"),
    ],
)
def test_a_mail_that_is_not_sent_is_told_of_with_its_reason_and_without_its_address(
    state: MailState, detail: str | None, said: str, watched: Watched
) -> None:
    watched.lines.published(created())
    watched.lines.published(an_event(EventType.DOCUMENT_FAILED))
    watched.mailed(MailTemplate.STAFF_NEW_ORDER)
    watched.mailed(MailTemplate.ORDER_CONFIRMATION, state=state, detail=detail)
    (line,) = watched.later()
    assert "thandi" not in line
    assert line.endswith(f"placed, 1 mail, no PDF: it can't be rendered, {said}")


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        (EventType.PROCESSING, {}, "processing"),
        (EventType.UPDATED, {}, "updated"),
        (EventType.DELIVERED, {"parcel_id": "par_1"}, "delivered (par_1)"),
        (EventType.DELETED, {}, "deleted"),
    ],
)
def test_a_change_that_nothing_follows_is_a_line_at_once(
    kind: EventType, data: dict[str, JsonValue], said: str, watched: Watched
) -> None:
    watched.lines.published(created())
    watched.later(HOLD)
    watched.lines.published(an_event(kind, data=data))
    assert watched.written == [f"14:00:10 {NUMBER} demo {said}"]


@pytest.mark.parametrize(
    ("kind", "data", "templates", "pdf", "said"),
    [
        (
            EventType.CANCELLED, {}, (MailTemplate.ORDER_CANCELLED, MailTemplate.STAFF_ORDER_CANCELLED), True,
            "cancelled, PDF, 2 mails",
        ),
        (EventType.REJECTED, {}, (MailTemplate.ORDER_REJECTED,), True, "rejected, PDF, 1 mail"),
        (
            EventType.FULFILLED, {"parcel_id": "par_2", "partial": True}, (MailTemplate.ORDER_SHIPPED,), False,
            "partially fulfilled (par_2), 1 mail",
        ),
        (EventType.COMPLETED, {}, (MailTemplate.ORDER_COMPLETED,), False, "completed, 1 mail"),
        (EventType.ERASED, {}, (), True, "erased, PDF"),
    ],
)  # fmt: skip
def test_a_later_change_is_one_line_with_what_follows_it(
    kind: EventType,
    data: dict[str, JsonValue],
    templates: tuple[MailTemplate, ...],
    pdf: bool,
    said: str,
    watched: Watched,
) -> None:
    watched.lines.published(an_event(kind, data=data))
    for template in templates:
        watched.mailed(template, sequence=2)
    if pdf:
        assert watched.later() == []
        watched.lines.published(an_event(EventType.DOCUMENT_READY, 3))
    (line,) = watched.later()
    assert line.endswith(f"{NUMBER} demo {said}")


def test_one_document_ends_the_waiting_of_two_changes(watched: Watched) -> None:
    watched.lines.published(created())
    watched.lines.published(an_event(EventType.REJECTED))
    watched.lines.published(an_event(EventType.DOCUMENT_READY, 3))
    watched.mailed(MailTemplate.STAFF_NEW_ORDER)
    watched.mailed(MailTemplate.ORDER_CONFIRMATION, state=MailState.SKIPPED, detail="rejected before")
    watched.mailed(MailTemplate.ORDER_REJECTED, sequence=2)
    first, second = watched.later()
    assert first.endswith("placed, PDF, 1 mail, no mail to customer: rejected before")
    assert second.endswith("rejected, PDF, 1 mail")


def test_a_worker_may_be_quicker_than_the_bus(watched: Watched) -> None:
    watched.mailed(MailTemplate.STAFF_NEW_ORDER)
    watched.lines.published(created())
    watched.lines.published(an_event(EventType.DOCUMENT_READY))
    watched.mailed(MailTemplate.ORDER_CONFIRMATION)
    assert watched.later()[0].endswith("placed, PDF, 2 mails")


def test_an_event_that_is_published_twice_is_told_once(watched: Watched) -> None:
    for _ in range(2):
        watched.lines.published(an_event(EventType.PROCESSING))
    assert len(watched.later()) == 1
    assert watched.later(HOLD) == []


@pytest.mark.parametrize(
    ("kind", "said"), [(FeedbackKind.BOUNCED, "bounced"), (FeedbackKind.COMPLAINED, "drew a complaint")]
)
def test_a_mail_that_comes_back_is_a_line(kind: FeedbackKind, said: str, watched: Watched) -> None:
    mail = MailReference("demo", ORDER, 1, MailTemplate.ORDER_CONFIRMATION, "0101c9523fc13962")
    watched.lines.mail_came_back(mail, kind)
    assert watched.written == [f"14:00:00 {NUMBER} demo mail to customer {said}"]


def test_an_order_is_placed_before_anything_else_becomes_of_it(watched: Watched) -> None:
    watched.lines.published(created())
    watched.lines.published(an_event(EventType.PROCESSING))
    watched.lines.published(an_event(EventType.FULFILLED, 3))
    mail = MailReference("demo", ORDER, 1, MailTemplate.ORDER_CONFIRMATION, "0101c9523fc13962")
    watched.lines.mail_came_back(mail, FeedbackKind.BOUNCED)
    watched.mailed(MailTemplate.ORDER_SHIPPED, sequence=3)
    watched.mailed(MailTemplate.STAFF_ORDER_STUCK)
    assert watched.later() == []
    watched.mailed(MailTemplate.STAFF_NEW_ORDER)
    watched.mailed(MailTemplate.ORDER_CONFIRMATION)
    watched.lines.published(an_event(EventType.DOCUMENT_READY, 4))
    assert [line.partition(" demo")[2] for line in watched.later()] == [
        "/cust_test_001 59.98 ZAR placed, PDF, 2 mails",
        " mail to customer bounced",
        " processing",
        " fulfilled, 1 mail",
        " later: staff told that it is stuck",
    ]


def test_a_change_waits_no_longer_than_those_before_it(watched: Watched) -> None:
    watched.lines.published(created())
    watched.later(HOLD / 2)
    watched.lines.published(an_event(EventType.PROCESSING))
    first, second = watched.later(HOLD / 2)
    assert first.endswith("placed, PDF and mail to customer and mail to staff still to come")
    assert second.endswith("demo processing")


def test_events_that_are_noted_in_another_order_are_told_in_theirs(watched: Watched) -> None:
    watched.lines.published(an_event(EventType.PROCESSING))
    assert watched.later(LINGER / 2) == []
    watched.lines.published(created())
    first, second = watched.later(HOLD)
    assert "placed" in first
    assert second.endswith("demo processing")


def test_a_mail_that_is_quicker_than_the_bus_waits_for_its_event(watched: Watched) -> None:
    watched.mailed(MailTemplate.STAFF_NEW_ORDER)
    assert watched.later() == []
    watched.lines.published(created())
    assert "placed, 1 mail" in watched.later(HOLD)[0]
    watched.mailed(MailTemplate.ORDER_SHIPPED, sequence=9)
    assert watched.later(HOLD) == [f"14:00:20 {NUMBER} demo later: 1 mail"]


def test_an_order_does_not_wait_for_another(watched: Watched) -> None:
    watched.lines.published(created())
    other = an_order_id(2)
    watched.lines.published(replace(an_event(EventType.PROCESSING), order_id=other))
    assert watched.later() == [f"14:00:00 {order_number(other)} demo processing"]


def test_dead_letters_are_told_with_their_reason(watched: Watched) -> None:
    watched.lines.dead_letter("pdf-creator", "order ord_1 does not exist")
    watched.mailed(MailTemplate.STAFF_ORDER_STUCK)
    assert watched.later() == [
        "14:00:00 dead letter in pdf-creator: order ord_1 does not exist",
        f"14:00:00 {NUMBER} demo later: staff told that it is stuck",
    ]


def test_nothing_is_told_while_muted_nor_afterwards_of_then(watched: Watched) -> None:
    with watched.lines.muted():
        watched.lines.published(created())
        assert watched.later(HOLD) == []
        watched.lines.published(an_event(EventType.CANCELLED, 2))
    assert watched.later(HOLD) == []
    watched.now = datetime.fromisoformat("2026-11-22T22:59:59Z")
    watched.lines.published(an_event(EventType.PROCESSING, 3))
    assert watched.written == [f"00:59:59 {NUMBER} demo processing"]


def test_of_a_deleted_order_nothing_is_waited_for(watched: Watched) -> None:
    watched.lines.published(an_event(EventType.CANCELLED))
    watched.mailed(MailTemplate.ORDER_CANCELLED, sequence=2)
    watched.lines.published(an_event(EventType.DELETED, 3))
    assert watched.later(HOLD) == [f"14:00:00 {NUMBER} demo cancelled, 1 mail", f"14:00:00 {NUMBER} demo deleted"]
