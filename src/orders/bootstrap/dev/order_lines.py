"""One line for each order and what has become of it, for who watches `orders dev`.

What follows a change (the PDF, the mails) is gathered and told with it. A line says ids, amounts and statuses; no name
and no address.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from types import MappingProxyType

from rich.text import Text

from orders.adapters.privacy.masking import mask_text
from orders.domain.events import EventType, OrderEvent
from orders.domain.identity import order_number
from orders.ports.mail import FeedbackKind, MailReference, MailState, MailTemplate

HOLD = timedelta(seconds=10)
"""So long a change waits for what is to follow it; then its line says what is still to come."""
LINGER = timedelta(seconds=0.5)
"""So long one that has everything waits for more: a shop's second member of staff gets a mail of their own."""
REMEMBERED = 10_000
"""So many events are known to have been told: each is published at least once."""

GOOD, TROUBLE, BAD = "green", "yellow", "bold red"


class Part(StrEnum):
    """A consequence of a change."""

    PDF = "PDF"
    CUSTOMER = "mail to customer"
    STAFF = "mail to staff"


FOLLOWS: Mapping[EventType, frozenset[Part]] = MappingProxyType(
    {
        EventType.CREATED: frozenset(Part),
        EventType.CANCELLED: frozenset(Part),
        EventType.REJECTED: frozenset({Part.PDF, Part.CUSTOMER}),
        EventType.FULFILLED: frozenset({Part.CUSTOMER}),
        EventType.COMPLETED: frozenset({Part.CUSTOMER}),
        EventType.ERASED: frozenset({Part.PDF}),
    }
)
"""The consequences that are waited for.

An update has a new PDF only if it changes what is printed: that is told when it comes.
"""

_DOCUMENTS = frozenset({EventType.DOCUMENT_READY, EventType.DOCUMENT_FAILED})
_LATER = 0
"""In place of a sequence: what comes of an order after the lines of its changes were written."""
_STUCK = "staff told that it is stuck"
_FEEDBACK = MappingProxyType(
    {
        FeedbackKind.DELAYED: ("is delayed", TROUBLE),
        FeedbackKind.BOUNCED: ("bounced", BAD),
        FeedbackKind.COMPLAINED: ("drew a complaint", BAD),
    }
)


@dataclass(slots=True)
class _Story:
    """A change, or what came after its line was written, with what has followed so far."""

    tenant_id: str
    order_id: str
    began: datetime
    latest: datetime
    event: OrderEvent | None = None
    came: set[Part] = field(default_factory=set)
    pdf: bool = False
    mails: int = 0
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def awaited(self) -> frozenset[Part]:
        """Returns what is still to follow; where a worker is quicker than the bus's answer, it is there already."""
        return frozenset() if self.event is None else FOLLOWS.get(self.event.type, frozenset()) - self.came


class OrderLines:
    """Gathers what happens to orders and writes a line for each change."""

    def __init__(self, write: Callable[[Text], None], now: Callable[[], datetime], zone: tzinfo | None = None) -> None:
        """``zone`` is that of the times in lines, by default this machine's."""
        self._muted = False
        self._write_line = write
        self._now = now
        self._zone = zone
        self._stories: dict[tuple[str, int], _Story] = {}
        self._told: OrderedDict[tuple[str, int], None] = OrderedDict()

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Writes nothing meanwhile, nor afterwards of what has begun meanwhile."""
        self._muted = True
        try:
            yield
        finally:
            self._stories.clear()
            self._muted = False

    def is_told(self, event: OrderEvent) -> bool:
        """Returns whether the event was noted, not too long ago."""
        return (event.order_id, event.sequence) in self._told

    def published(self, event: OrderEvent) -> None:
        """Notes an event that the bus has taken; the second time it is ignored."""
        if self.is_told(event):
            return
        key = (event.order_id, event.sequence)
        self._told[key] = None
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        if event.type in _DOCUMENTS:
            self._document(event)
            return
        if event.type is EventType.DELETED:
            # Nothing follows any more what was before.
            for before in [key for key, story in self._stories.items() if story.order_id == event.order_id]:
                self._stories[before].came.update(Part)
                self._write(before)
        story = self._story(event.tenant_id, event.order_id, event.sequence)
        story.event = event
        if event.type not in FOLLOWS:
            self._write(key)

    def mail_ended(self, mail: MailReference, state: MailState, detail: str | None) -> None:
        """Notes that a mail was sent, or why it was not."""
        key = (mail.order_id, mail.sequence)
        is_late = key in self._told and key not in self._stories
        story = self._story(mail.tenant_id, mail.order_id, _LATER if is_late else mail.sequence)
        if mail.template is MailTemplate.STAFF_ORDER_STUCK:
            story.notes.append((_STUCK, TROUBLE))
            return
        part = _part(mail.template)
        story.came.add(part)
        if state is MailState.SENT:
            story.mails += 1
        else:
            why = f": {mask_text(detail)}" if detail else ""
            story.notes.append((f"no {part}{why}", TROUBLE if state is MailState.SKIPPED else BAD))

    def mail_came_back(self, mail: MailReference, kind: FeedbackKind) -> None:
        """Writes that a mail bounced, or drew a complaint."""
        said, style = _FEEDBACK[kind]
        self._say(Text(f"{self._head(mail.tenant_id, mail.order_id)} ").append(f"{_part(mail.template)} {said}", style))

    def dead_letter(self, where: str, why: str) -> None:
        """Writes that a message can't be handled; ``where`` is the name by which `orders dlq` knows its queue."""
        self._say(Text(f"{self._time()} ").append(f"dead letter in {where}: {why}", BAD))

    def tick(self) -> None:
        """Writes the lines whose time has come; to be called several times a second."""
        now = self._now()
        for key, story in list(self._stories.items()):
            complete = not story.awaited and now - story.latest >= LINGER
            if complete or now - story.began >= HOLD:
                self._write(key)

    def _document(self, event: OrderEvent) -> None:
        # One that is rendered after two changes shows both.
        waiting = [
            story
            for story in self._stories.values()
            if story.order_id == event.order_id and (Part.PDF in story.awaited or story.event is None)
        ]
        for story in waiting or [self._story(event.tenant_id, event.order_id, _LATER)]:
            story.came.add(Part.PDF)
            story.latest = self._now()
            if event.type is EventType.DOCUMENT_READY:
                story.pdf = True
            else:
                story.notes.append(("no PDF: it can't be rendered", BAD))

    def _story(self, tenant_id: str, order_id: str, sequence: int) -> _Story:
        now = self._now()
        story = self._stories.setdefault((order_id, sequence), _Story(tenant_id, order_id, began=now, latest=now))
        story.latest = now
        return story

    def _write(self, key: tuple[str, int]) -> None:
        story = self._stories.pop(key)
        line = Text(self._head(story.tenant_id, story.order_id, story.event)).append(" ")
        parts = [] if story.event is None else [_change(story.event)]
        if story.event is None:
            line.append("later: ", "dim")
        if story.pdf:
            parts.append(Text("PDF", GOOD))
        if story.mails:
            parts.append(Text(f"{story.mails} mail{'' if story.mails == 1 else 's'}", GOOD))
        parts += [Text(note, style) for note, style in story.notes]
        if story.awaited:
            open_parts = " and ".join(part for part in Part if part in story.awaited)
            parts.append(Text(f"{open_parts} still to come", TROUBLE))
        self._say(line.append_text(Text(", ").join(parts)))

    def _head(self, tenant_id: str, order_id: str, event: OrderEvent | None = None) -> str:
        shop = tenant_id
        if event is not None and event.type is EventType.CREATED:
            shop = f"{tenant_id}/{event.data['customer_id']} {event.data['total']} {event.data['currency']}"
        return f"{self._time()} {order_number(order_id)} {shop}"

    def _time(self) -> str:
        return f"{self._now().astimezone(self._zone):%H:%M:%S}"

    def _say(self, line: Text) -> None:
        if not self._muted:
            self._write_line(line)


def _part(template: MailTemplate) -> Part:
    return Part.STAFF if template.startswith("staff_") else Part.CUSTOMER


def _change(event: OrderEvent) -> Text:
    said = "placed" if event.type is EventType.CREATED else event.type.value
    if event.type is EventType.FULFILLED and event.data.get("partial"):
        said = "partially fulfilled"
    parcel = event.data.get("parcel_id")
    return Text(said if parcel is None else f"{said} ({parcel})", "bold")
