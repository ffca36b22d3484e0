"""Use case: send out what the writers of orders left behind."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from orders.application.events.publish_events import PublishEvents
from orders.application.orders.queue_accepted import QueueAccepted
from orders.ports.clock import Clock
from orders.ports.errors import PermanentPortError, TransientPortError, UnreadableItem
from orders.ports.metrics import UNREADABLE_ITEMS, Counters
from orders.ports.outbox import Outbox, OutboxEntry

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


@dataclass(frozen=True, slots=True)
class _Hold:
    """Until when an order is left alone, and how long the next time."""

    until: datetime
    longer: timedelta


@dataclass(slots=True)
class _Page:
    """What came of a page: how many events and commands went out, and of the orders what became of each."""

    sent: int = 0
    tried: int = 0
    passed_over: int = 0
    failure: TransientPortError | None = None


class RelayOutbox:
    """Publishes, and queues, what has waited for longer than the fast path takes.

    What can't be sent (an order or event that can't be read, one that contradicts its log, a bug) hurts its order
    alone: it is logged, counted, left alone for a while, and everything behind it goes out ([PIPE-14]).
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
        """Publish a batch of a shard's overdue orders, oldest first, and queue those that are only accepted.

        It begins where the last sweep of the shard has ended, and at the beginning when that was the end: what stands
        at the beginning and can't be sent is not in the way of what is behind it.

        Returns:
            How many events and commands have gone out; 0 means nothing is overdue or nothing could be sent.

        Raises:
            TransientPortError: table or bus are out of reach, or refuse whoever asks.
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
        # Also where a failure ends the page: one order must not have all others wait for the same beginning.
        self._reached[shard] = entries[-1].position if len(entries) == self._batch else None
        page = _Page()
        for entry in entries:
            await self._see_to(entry, page)
            if page.failure is not None and not page.sent and page.tried >= OUTAGE:
                break
        return page

    async def _see_to(self, entry: OutboxEntry, page: _Page) -> None:
        key = (entry.tenant_id, entry.order_id, entry.accepted)
        held = self._held.get(key)
        if held is not None and self._clock.now() < held.until:
            page.passed_over += 1
            return
        try:
            page.sent += await self._send(entry)
            page.tried += 1
        except TransientPortError as error:
            page.tried += 1
            page.failure = page.failure or error
            return
        except PermanentPortError as error:
            _log.error("order %s is passed over, and its events wait: %s", entry.order_id, error)
            kind = error.kind if isinstance(error, UnreadableItem) else "refused"
            self._hold(key, str(kind))
        except Exception:  # noqa: BLE001 - it is logged, and one order must not keep all others waiting
            _log.exception("order %s is passed over, and its events wait", entry.order_id)
            self._hold(key, "unexpected")
        else:
            self._held.pop(key, None)
            return
        page.passed_over += 1

    async def _send(self, entry: OutboxEntry) -> int:
        if not entry.accepted:
            return await self._publish.waiting_of(entry.tenant_id, entry.order_id)
        try:
            await self._queue.execute(entry.tenant_id, entry.order_id)
        except TransientPortError as error:
            # The queue's trouble is not that of the orders that wait for the bus.
            _log.warning("accepted order %s not queued: %s", entry.order_id, error)
            return 0
        return 1

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
