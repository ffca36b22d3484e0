"""Use case: relays events and commands that the writers of orders left in the outbox."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orders.application.events.publish_events import BATCH, PublishEvents
from orders.application.orders.queue_accepted import QueueAccepted
from orders.ports.clock import Clock
from orders.ports.errors import PermanentPortError, TransientPortError, UnreadableItem
from orders.ports.metric_catalogue import UNREADABLE_ITEMS
from orders.ports.metrics import Counters
from orders.ports.outbox import Outbox, OutboxEntry
from orders.ports.outcomes import Outcome, outcome_of

HELD_FIRST = timedelta(minutes=1)
HELD_LONGEST = timedelta(minutes=30)
"""So long an order that can't be sent out is left alone before it is tried again: twice as long each time."""

MAX_HELD = 10_000
MAX_PAGES = 10
"""So many pages of what is only to be passed over are looked through in one sweep; the next goes on behind them."""

OUTAGE = 3
"""So many orders in a row that fail for table or bus are enough: the rest of the page is not tried."""

WHERE = "relay"
_log = logging.getLogger(__name__)

_Held = tuple[str, str, bool]
"""Tenant, order, and whether it is accepted only."""


def _key(entry: OutboxEntry) -> _Held:
    return entry.tenant_id, entry.order_id, entry.accepted


@dataclass(frozen=True, slots=True)
class _Hold:
    """The back-off of an order: until when it is skipped, and the next delay."""

    until: datetime
    longer: timedelta


@dataclass(slots=True)
class _Page:
    """The result of a page: number of events and commands sent, and the outcome for each order."""

    sent: int = 0
    tried: int = 0
    passed_over: int = 0
    failure: TransientPortError | None = None


class RelayOutbox:
    """Publishes events and queues commands that are older than the fast path takes.

    An entry that can't be sent (an unreadable order or event, a conflict with the log, a bug) affects only its order:
    it is logged, counted and backed off, and everything behind it is sent ([PIPE-14]). Events of several orders go
    together.
    """

    def __init__(
        self,
        outbox: Outbox,
        publish: PublishEvents,
        queue: QueueAccepted,
        clock: Clock,
        counters: Counters,
        *,
        lag: timedelta,
        batch: int = 100,
    ) -> None:
        self._outbox = outbox
        self._publish = publish
        self._queue = queue
        self._clock = clock
        self._counters = counters
        self._lag = lag
        self._batch = batch
        self._reached: dict[int, str | None] = {}
        self._held: dict[_Held, _Hold] = {}

    async def sweep(self, shard: int) -> int:
        """Publishes a batch of a shard's overdue orders, oldest first, and queues commands of accepted ones.

        Each sweep continues where the shard's last one ended, and wraps around: entries at the beginning that can't be
        sent don't block those behind them.

        Returns:
            The number of events and commands sent; 0 means that nothing is overdue or nothing could be sent.

        Raises:
            TransientPortError: table or bus are unreachable, or deny access.
        """
        for _ in range(MAX_PAGES):
            page = await self._next_page(shard)
            if page.failure is not None and not page.sent:
                raise page.failure
            if page.sent or page.tried or self._reached[shard] is None:
                return page.sent
        return 0

    async def _next_page(self, shard: int) -> _Page:
        entries = await self._outbox.overdue(
            shard,
            before=self._clock.now() - self._lag,
            limit=self._batch,
            after=self._reached.get(shard),
            passed_over=self._note_entry,
        )
        # Also after a failure: one order must not make all sweeps start at the same place.
        self._reached[shard] = entries[-1].position if len(entries) == self._batch else None
        page = _Page()
        due = [entry for entry in entries if not self._is_held(entry)]
        page.passed_over = len(entries) - len(due)
        while due and (page.sent or page.failure is None or page.tried < OUTAGE):
            # While nothing goes out, a few orders show as well as many that nothing does.
            size = BATCH if page.sent else OUTAGE
            together, due = due[:size], due[size:]
            for entry, outcome in zip(together, await self._send(together), strict=True):
                self._note(entry, outcome, page)
        return page

    def _is_held(self, entry: OutboxEntry) -> bool:
        held = self._held.get(_key(entry))
        return held is not None and self._clock.now() < held.until

    async def _send(self, entries: Sequence[OutboxEntry]) -> Sequence[Outcome[int]]:
        orders = [(entry.tenant_id, entry.order_id) for entry in entries if not entry.accepted]
        published = iter(await self._publish.waiting_of_all(orders))
        return [
            await outcome_of(self._queue_command(entry)) if entry.accepted else next(published) for entry in entries
        ]

    async def _queue_command(self, entry: OutboxEntry) -> int:
        try:
            await self._queue.execute(entry.tenant_id, entry.order_id)
        except TransientPortError as error:
            # A queue's outage must not affect orders that wait for the bus.
            _log.warning("accepted order %s not queued: %s", entry.order_id, error)
            return 0
        return 1

    def _note(self, entry: OutboxEntry, outcome: Outcome[int], page: _Page) -> None:
        key = _key(entry)
        if isinstance(outcome, TransientPortError):
            page.tried += 1
            page.failure = page.failure or outcome
        elif isinstance(outcome, PermanentPortError):
            page.passed_over += 1
            _log.error("order %s is passed over, and its events wait: %s", entry.order_id, outcome)
            kind = outcome.kind if isinstance(outcome, UnreadableItem) else "refused"
            self._hold(key, str(kind))
        elif isinstance(outcome, Exception):
            page.passed_over += 1
            _log.error("order %s is passed over, and its events wait", entry.order_id, exc_info=outcome)
            self._hold(key, "unexpected")
        else:
            page.tried += 1
            page.sent += outcome
            self._held.pop(key, None)

    def _hold(self, key: _Held, kind: str) -> None:
        self._counters.count(UNREADABLE_ITEMS, kind=kind, where=WHERE)
        before = self._held.pop(key, None)
        time = before.longer if before else HELD_FIRST
        self._held[key] = _Hold(self._clock.now() + time, min(2 * time, HELD_LONGEST))
        if len(self._held) > MAX_HELD:
            del self._held[next(iter(self._held))]

    def _note_entry(self, error: UnreadableItem) -> None:
        self._counters.count(UNREADABLE_ITEMS, kind=str(error.kind), where=WHERE)
        _log.error("an entry of the outbox is passed over: %s", error)
