"""Use case: reads an order's history: its events, and the mails sent about it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from orders.application.mail import notify_staff
from orders.application.policy.caller import Caller
from orders.domain.erasing import erased_event
from orders.domain.events import Actor, OrderEvent
from orders.domain.order import Order
from orders.ports.errors import UnreadableItem
from orders.ports.mail import MailIntents, MailRecord, MailState, MailTemplate
from orders.ports.metric_catalogue import UNREADABLE_ITEMS
from orders.ports.metrics import Counters
from orders.ports.outbox import EventLog

_log = logging.getLogger(__name__)

STAFF_TEMPLATES = frozenset({*notify_staff.TEMPLATES.values(), MailTemplate.STAFF_ORDER_STUCK})


def _without_shop(event: OrderEvent, caller: Caller) -> OrderEvent:
    if event.actor.principal == caller.principal:
        return event
    return replace(event, actor=Actor(principal=event.actor.role, role=event.actor.role))


def _given_back(mail: MailRecord) -> bool:
    """Returns whether the mail's claim was released and not claimed again."""
    return mail.state is MailState.CLAIMED and mail.attempts == 0


def _in_order(events: Sequence[OrderEvent], mails: Sequence[MailRecord]) -> list[OrderEvent | MailRecord]:
    # Clocks of tasks differ: an event can be dated before its predecessor.
    placed: list[tuple[datetime, OrderEvent | MailRecord]] = []
    reached: dict[int, datetime] = {}
    latest = datetime.min.replace(tzinfo=UTC)
    for event in events:
        latest = reached[event.sequence] = max(latest, event.at)
        placed.append((latest, event))
    placed += [(max(mail.at, reached[mail.sequence]), mail) for mail in mails]
    return [entry for _, entry in sorted(placed, key=lambda each: each[0])]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """A page of an order's history.

    Attributes:
        entries: events by sequence, with mails by time among them, each after its event and on that event's page.
        next_sequence: where the next page begins, ``None`` at the end.
        unreadable: number of unreadable entries left out of this page.
    """

    entries: tuple[OrderEvent | MailRecord, ...]
    next_sequence: int | None
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of an order's events.

    Attributes:
        events: by sequence.
        next_sequence: where the next page begins, ``None`` at the end.
        unreadable: the sequences of unreadable events left out of this page.
    """

    events: tuple[OrderEvent, ...]
    next_sequence: int | None
    unreadable: tuple[int, ...] = ()


class ReadHistory:
    """Reads the history of an order that the caller has opened."""

    def __init__(self, log: EventLog, intents: MailIntents, counters: Counters) -> None:
        self._log = log
        self._intents = intents
        self._counters = counters

    async def execute(self, caller: Caller, order: Order, *, after: int = 0, limit: int = 25) -> HistoryPage:
        """Returns entries about the events with a sequence above ``after``, at most ``limit`` events.

        Customers see their own mails and their own actions; which of the shop's people acted, and mails to them, are
        shown to the shop only.

        Unreadable entries are left out, counted and reported: the rest is correct without them.

        Raises: TransientPortError.
        """
        page = await self.events(order, after=after, limit=limit)
        shown: Sequence[OrderEvent] = page.events
        covered = {event.sequence for event in shown}
        lost: list[UnreadableItem] = []
        known = [
            mail
            for mail in await self._intents.of_order(order.tenant_id, order.order_id, lost.append)
            if not _given_back(mail)
        ]
        # A mail whose event is unreadable has no position, and neither has an unreadable mail: both are reported on the
        # first page.
        mails = [mail for mail in known if mail.sequence in covered]
        unreadable = len(page.unreadable) + sum(mail.sequence in page.unreadable for mail in known)
        if after == 0:
            unreadable += self._noted(lost)
        if order.erasure is not None:
            mails = [mail.erased() for mail in mails]
        if not caller.acts_for_shop:
            shown = [_without_shop(event, caller) for event in shown]
            mails = [mail for mail in mails if mail.template not in STAFF_TEMPLATES]
        return HistoryPage(tuple(_in_order(shown, mails)), page.next_sequence, unreadable)

    async def events(self, order: Order, *, after: int = 0, limit: int = 25) -> EventPage:
        """Returns the order's events with a sequence above ``after``, at most ``limit``, unreadable ones included.

        Raises: TransientPortError.
        """
        lost: list[UnreadableItem] = []
        found = await self._log.read(
            order.tenant_id, order.order_id, after=after, limit=limit + 1, passed_over=lost.append
        )
        found = await self._of_this_order(order, found)
        sequences = sorted([each.sequence for each in found] + [each.sequence or 0 for each in lost])
        last = sequences[limit - 1] if len(sequences) > limit else None
        shown = [event for event in found if last is None or event.sequence <= last]
        missing = [each for each in lost if last is None or (each.sequence or 0) <= last]
        self._noted(missing)
        if order.erasure is not None:
            # The log is redacted too, but a moment after the order.
            shown = [erased_event(event) for event in shown]
        return EventPage(tuple(shown), last, tuple(each.sequence or 0 for each in missing))

    async def _of_this_order(self, order: Order, found: Sequence[OrderEvent]) -> Sequence[OrderEvent]:
        """Leaves out the events of a region that lost the lease, where they stand behind those that overwrote others.

        They came late, after the new writer had changed the order in another way: the order that is shown never had
        them. Its next change takes their place; `orders dr reconcile` names them.
        """
        if not found or found[-1].version <= order.version:
            return found
        epoch = 0
        if found[0].sequence > 1 and found[0].version > order.version:
            before = await self._log.read(order.tenant_id, order.order_id, after=found[0].sequence - 2, limit=1)
            epoch = max((event.epoch for event in before), default=0)
        kept: list[OrderEvent] = []
        for event in found:
            if event.epoch < epoch:
                continue
            epoch = event.epoch
            kept.append(event)
        return kept

    def _noted(self, lost: Sequence[UnreadableItem]) -> int:
        for error in lost:
            self._counters.count(UNREADABLE_ITEMS, kind=str(error.kind), where="history")
            _log.error("left out of a history: %s", error)
        return len(lost)
