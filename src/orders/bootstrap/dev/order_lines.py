"""One line for each order and what has become of it, for who watches `orders dev`.

What follows a change (the PDF, the mails) is gathered and told with it. An order's lines are in the order of its
events: a change that nothing follows waits for the lines of those before it. A line says ids, amounts and statuses; no
name and no address.
"""

import sys
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
"""So long one that has everything waits for more: a shop's second member of staff gets a mail of their own.

So long, too, a change waits for the event before it: what is published at the same time may be noted in any order. An
event from before this process's start never comes.
"""
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
_LATER = sys.maxsize
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
    """A change, or what came after its line was written, with what has followed so far.

    Attributes:
        at_once: nothing more is waited for.
        then: lines that are about what came of it, and follow its own.
    """

    tenant_id: str
    order_id: str
    began: datetime
    latest: datetime
    event: OrderEvent | None = None
    came: set[Part] = field(default_factory=set)
    pdf: bool = False
    mails: int = 0
    notes: list[tuple[str, str]] = field(default_factory=list)
    at_once: bool = False
    then: list[tuple[str, str]] = field(default_factory=list)

    @property
    def awaited(self) -> frozenset[Part]:
        """Returns what is still to follow; where a worker is quicker than the bus's answer, it is there already."""
        return frozenset() if self.event is None else FOLLOWS.get(self.event.type, frozenset()) - self.came

    def is_due(self, now: datetime, *, later: bool) -> bool:
        """Returns whether its line can be written; ``later``: it is about changes whose lines were written."""
        if self.at_once or now - self.began >= HOLD:
            return True
        is_known = later or self.event is not None
        return is_known and not self.awaited and now - self.latest >= LINGER


class OrderLines:
    """Gathers what happens to orders and writes a line for each change."""

    def __init__(self, write: Callable[[Text], None], now: Callable[[], datetime], zone: tzinfo | None = None) -> None:
        """``zone`` is that of the times in lines, by default this machine's."""
        self._muted = False
        self._write_line = write
        self._now = now
        self._zone = zone
        self._stories: dict[str, dict[int, _Story]] = {}
        """What is not written yet: by the order's id, and by the event's sequence."""
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
        is_next = event.sequence == 1 or (event.order_id, event.sequence - 1) in self._told
        self._told[event.order_id, event.sequence] = None
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        if event.type in _DOCUMENTS:
            self._document(event)
            return
        if event.type is EventType.DELETED:
            # Nothing follows any more what was before.
            for before in self._stories.get(event.order_id, {}).values():
                before.came.update(Part)
                before.at_once = True
            self._write_due(event.order_id)
        story = self._story(event.tenant_id, event.order_id, event.sequence)
        story.event = event
        story.at_once = is_next and event.type not in FOLLOWS
        self._write_due(event.order_id)

    def mail_ended(self, mail: MailReference, state: MailState, detail: str | None) -> None:
        """Notes that a mail was sent, or why it was not."""
        if mail.template is MailTemplate.STAFF_ORDER_STUCK:
            self._story(mail.tenant_id, mail.order_id, _LATER).notes.append((_STUCK, TROUBLE))
            return
        is_told = (mail.order_id, mail.sequence) in self._told
        is_late = is_told and mail.sequence not in self._stories.get(mail.order_id, {})
        story = self._story(mail.tenant_id, mail.order_id, _LATER if is_late else mail.sequence)
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
        came_back = (f"{_part(mail.template)} {said}", style)
        stories = self._stories.get(mail.order_id, {})
        waiting = [sequence for sequence in stories if sequence <= mail.sequence]
        if waiting:
            stories[max(waiting)].then.append(came_back)
        else:
            self._say(self._about(mail.tenant_id, mail.order_id, came_back))

    def dead_letter(self, where: str, why: str) -> None:
        """Writes that a message can't be handled; ``where`` is the name by which `orders dlq` knows its queue."""
        self._say(Text(f"{self._time()} ").append(f"dead letter in {where}: {why}", BAD))

    def tick(self) -> None:
        """Writes the lines whose time has come; to be called several times a second."""
        for order_id in list(self._stories):
            self._write_due(order_id)

    def _write_due(self, order_id: str) -> None:
        """Writes the order's lines, by sequence, up to the first whose time has not come."""
        now, stories = self._now(), self._stories.get(order_id, {})
        for sequence in sorted(stories):
            if not stories[sequence].is_due(now, later=sequence == _LATER):
                return
            self._write(stories.pop(sequence))
        self._stories.pop(order_id, None)

    def _document(self, event: OrderEvent) -> None:
        # One that is rendered after two changes shows both.
        waiting = [
            story
            for sequence, story in self._stories.get(event.order_id, {}).items()
            if Part.PDF in story.awaited or (story.event is None and sequence != _LATER)
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
        stories = self._stories.setdefault(order_id, {})
        story = stories.setdefault(sequence, _Story(tenant_id, order_id, began=now, latest=now))
        story.latest = now
        return story

    def _write(self, story: _Story) -> None:
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
        for then in story.then:
            self._say(self._about(story.tenant_id, story.order_id, then))

    def _about(self, tenant_id: str, order_id: str, said: tuple[str, str]) -> Text:
        return Text(f"{self._head(tenant_id, order_id)} ").append(*said)

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
