"""Use case: what happened to an order, and which mails were sent about it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from orders.application import notify_staff
from orders.application.caller import Caller
from orders.domain.erasing import erased_event
from orders.domain.events import Actor, OrderEvent
from orders.domain.order import Order
from orders.ports.mail import MailIntents, MailRecord, MailState, MailTemplate
from orders.ports.outbox import EventLog

STAFF_TEMPLATES = frozenset({*notify_staff.TEMPLATES.values(), MailTemplate.STAFF_ORDER_STUCK})


def _without_shop(event: OrderEvent, caller: Caller) -> OrderEvent:
    if event.actor.principal == caller.principal:
        return event
    return replace(event, actor=Actor(principal=event.actor.role, role=event.actor.role))


def _given_back(mail: MailRecord) -> bool:
    """Whether nobody sends the mail and nobody has tried: its claim was given back, and none has come since."""
    return mail.state is MailState.CLAIMED and mail.attempts == 0


def _in_order(events: Sequence[OrderEvent], mails: Sequence[MailRecord]) -> list[OrderEvent | MailRecord]:
    # The clocks of two tasks differ: an event can be dated before the one that it follows.
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
    """Part of an order's history.

    Attributes:
        entries: events by sequence, and mails by time among them, each after the event that it tells of and on that
            event's page.
        next_sequence: where the next page begins, ``None`` at the end.
    """

    entries: tuple[OrderEvent | MailRecord, ...]
    next_sequence: int | None


class ReadHistory:
    """Reads the history of an order that the caller has opened."""

    def __init__(self, log: EventLog, intents: MailIntents) -> None:
        self._log = log
        self._intents = intents

    async def execute(self, caller: Caller, order: Order, *, after: int = 0, limit: int = 25) -> HistoryPage:
        """Entries about the events with a sequence above ``after``, ``limit`` events at most.

        Customers see their own mails and who of themselves did what; which of the shop's people it was, and what
        those were told, is the shop's affair.

        Raises: TransientPortError.
        """
        events = await self.events(order, after=after, limit=limit + 1)
        more = len(events) > limit
        shown = events[:limit]
        covered = {event.sequence for event in shown}
        mails = [
            mail
            for mail in await self._intents.of_order(order.tenant_id, order.order_id)
            if mail.sequence in covered and not _given_back(mail)
        ]
        if order.erasure is not None:
            mails = [mail.erased() for mail in mails]
        if not caller.acts_for_shop:
            shown = [_without_shop(event, caller) for event in shown]
            mails = [mail for mail in mails if mail.template not in STAFF_TEMPLATES]
        return HistoryPage(tuple(_in_order(shown, mails)), shown[-1].sequence if more else None)

    async def events(self, order: Order, *, after: int = 0, limit: int = 25) -> Sequence[OrderEvent]:
        """The order's events with a sequence above ``after``, contiguous. Raises: TransientPortError."""
        events = await self._log.read(order.tenant_id, order.order_id, after=after, limit=limit)
        # They are redacted in the log too, but a moment later than the order.
        return events if order.erasure is None else [erased_event(event) for event in events]
