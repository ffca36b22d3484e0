"""Ports that tell what passes through them do what those behind them do."""

from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text

from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.event_publisher import MemoryEventPublisher
from orders.adapters.outbound.memory.mail_intents import MemoryMailIntents
from orders.application.mail import notify_customer, notify_staff
from orders.bootstrap.dev.observing import ObservedMailIntents, ObservedPublisher, order_lines
from orders.bootstrap.dev.order_lines import FOLLOWS, HOLD, OrderLines, Part
from orders.bootstrap.dev.shown import Shown
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.workers import WORKERS
from orders.domain.events import EventType, OrderEvent
from orders.domain.lifecycle import Role
from orders.ports.errors import TransientPortError
from orders.ports.mail import FeedbackKind, MailFeedback, MailIntent, MailState, MailTemplate
from tests.support.builders import NOON, a_draft, an_order_id, placed
from tests.unit.bootstrap.test_container import a_container

LEASE = timedelta(seconds=15)
INTENT = MailIntent("demo", an_order_id(), 1, MailTemplate.STAFF_NEW_ORDER, "Thandi@example.com")


@pytest.fixture
def written() -> list[str]:
    return []


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def lines(written: list[str], clock: FixedClock) -> OrderLines:
    def write(line: Text) -> None:
        written.append(line.plain)

    return OrderLines(write, clock.now)


def an_event(number: int) -> OrderEvent:
    event = placed(a_draft(), roles=(Role.STAFF,), order_id=an_order_id(number)).event
    assert event is not None
    return event


async def test_only_what_the_bus_has_taken_is_told(lines: OrderLines, written: list[str]) -> None:
    bus = MemoryEventPublisher(lambda event: "full" if event.order_id == an_order_id(2) else None)
    events = [an_event(number) for number in (1, 2)]
    assert list(await ObservedPublisher(bus, lines).publish(events)) == [None, "full"]
    assert bus.published == events[:1]
    assert lines.is_told(events[0])
    assert not lines.is_told(events[1])


async def test_mails_end_in_the_store_and_are_told(lines: OrderLines, written: list[str], clock: FixedClock) -> None:
    inner = MemoryMailIntents()
    observed = ObservedMailIntents(inner, lines)
    claim = await observed.claim(INTENT, now=NOON, lease=LEASE)
    assert claim.granted
    await observed.release(INTENT, claim, now=NOON, failure="a fault")
    assert [each.state for each in await inner.of_order("demo", INTENT.order_id)] == [MailState.FAILED]
    await observed.finish(INTENT, MailState.SENT, at=NOON, message_id="m-1")
    assert [each.message_id for each in await observed.of_order("demo", INTENT.order_id)] == ["m-1"]
    assert await observed.note_feedback(INTENT.reference, MailFeedback(FeedbackKind.BOUNCED, NOON, "Permanent"))
    clock.advance(HOLD)
    lines.tick()
    assert [line.partition(" demo ")[2] for line in written] == ["later: 1 mail", "mail to staff bounced"]
    await observed.redact("demo", INTENT.order_id)
    (record,) = await inner.of_order("demo", INTENT.order_id)
    assert record.recipient_hint == "[erased]"


async def test_what_is_not_stored_is_not_told(lines: OrderLines, written: list[str]) -> None:
    inner = MemoryMailIntents()
    observed = ObservedMailIntents(inner, lines)
    assert not await observed.note_feedback(INTENT.reference, MailFeedback(FeedbackKind.BOUNCED, NOON))
    inner.reachable = False
    with pytest.raises(TransientPortError):
        await observed.finish(INTENT, MailState.SENT, at=NOON)
    lines.tick()
    assert written == []


def test_every_worker_of_a_container_tells(tmp_path: Path) -> None:
    container = a_container(tmp_path, renderer=object(), templates=object(), mail_archive_dir=tmp_path)
    order_lines(container, Shown(Console()), container.settings())
    use_cases = container.use_cases()
    assert isinstance(use_cases.publisher(), ObservedPublisher)
    assert isinstance(use_cases.mail_intents(), ObservedMailIntents)
    assert isinstance(use_cases.publish_events()._publisher, ObservedPublisher)
    assert isinstance(use_cases.send_mail()._intents, ObservedMailIntents)
    for worker in WORKERS.values():
        worker.poller(container)


def test_what_is_waited_for_is_what_the_workers_do() -> None:
    """By the tables of those who send the mails, and by the bus's rule of those who render."""
    confirmed_by_documents = {EventType.DOCUMENT_READY, EventType.DOCUMENT_FAILED}
    customers = notify_customer.TEMPLATES.keys() - confirmed_by_documents | {EventType.CREATED}
    (rendering,) = (rule for rule in packaged_topology().rules if rule.name == "bbws-order-pdf-creation")
    rendered = {EventType(name.split(".")[-2]) for name in rendering.detail_types or ()} - {EventType.UPDATED}
    for part, kinds in ((Part.CUSTOMER, customers), (Part.STAFF, notify_staff.TEMPLATES.keys()), (Part.PDF, rendered)):
        assert {kind for kind, parts in FOLLOWS.items() if part in parts} == set(kinds), part
