"""Use case: what happened to an order, and which mails were sent about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from orders.domain.events import OrderEvent
from orders.domain.order import Order
from orders.ports.mail import MailIntents, MailRecord
from orders.ports.outbox import EventLog


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Part of an order's history.

    Attributes:
        entries: events and mails by time; a mail stands on the page of the event that it tells of.
        next_sequence: where the next page begins, ``None`` at the end.
    """

    entries: tuple[OrderEvent | MailRecord, ...]
    next_sequence: int | None


class ReadHistory:
    """Reads the history of an order that the caller has opened."""

    def __init__(self, log: EventLog, intents: MailIntents) -> None:
        self._log = log
        self._intents = intents

    async def execute(self, order: Order, *, after: int = 0, limit: int = 25) -> HistoryPage:
        """Entries about the events with a sequence above ``after``, ``limit`` events at most.

        Raises: TransientPortError.
        """
        events = await self.events(order, after=after, limit=limit + 1)
        more = len(events) > limit
        shown = events[:limit]
        covered = {event.sequence for event in shown}
        mails = [
            mail for mail in await self._intents.of_order(order.tenant_id, order.order_id) if mail.sequence in covered
        ]
        entries: list[OrderEvent | MailRecord] = [*shown, *mails]
        entries.sort(key=lambda entry: entry.at)
        return HistoryPage(tuple(entries), shown[-1].sequence if more else None)

    async def events(self, order: Order, *, after: int = 0, limit: int = 25) -> Sequence[OrderEvent]:
        """The order's events with a sequence above ``after``, contiguous. Raises: TransientPortError."""
        return await self._log.read(order.tenant_id, order.order_id, after=after, limit=limit)
