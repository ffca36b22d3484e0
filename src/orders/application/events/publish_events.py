"""Use cases: publishes events, right after their write or later.

Publishing one event is PutEvents, then adding it to the log, then removing it from the outbox; each step is idempotent,
so that after a crash between any two another process can continue.
"""

import asyncio
import logging
from collections.abc import Coroutine, Sequence

from orders.domain.events import EventType, OrderEvent
from orders.ports.errors import PortError
from orders.ports.event_publisher import EventPublisher
from orders.ports.lease import WriterLease
from orders.ports.metric_catalogue import (
    EVENT_PUBLICATION_FAILURES,
    EVENT_PUBLICATIONS,
    EVENTS_PUBLISHED,
    ORDERS_COMPLETED,
    ORDERS_CREATED,
    REVENUE,
)
from orders.ports.metrics import Counters
from orders.ports.outbox import Outbox

FIRST_SEQUENCE = 1
"""That of an order's creation, before which nothing can wait."""

_log = logging.getLogger(__name__)


class PublishEvents:
    """Publishes events, settles them in the outbox, and counts both.

    Each attempt counts, and a settled event counts once, by whoever removed it from the outbox: one that the fast path
    and the relay both publish, or that is published again after a crash before it was settled, is not counted twice. A
    crash right after it was settled loses it from the counts.
    """

    def __init__(self, outbox: Outbox, publisher: EventPublisher, counters: Counters, lease: WriterLease) -> None:
        self._outbox = outbox
        self._lease = lease
        self._publisher = publisher
        self._counters = counters

    async def execute(self, events: Sequence[OrderEvent]) -> int:
        """Publishes events of one order.

        Returns:
            The number of events now published and settled; the others stay in the outbox.

        Raises:
            NotTheWriter: this region may not write now, and so settle nothing; nothing was published.
            TransientPortError: the table is unreachable, or the bus denies access; published events will be published
                again.
            PermanentPortError: the table has a different event, or can't be changed as needed.
        """
        self._lease.check()
        settled = 0
        try:
            for event, failure in zip(events, await self._publisher.publish(events), strict=True):
                if failure is not None:
                    _log.warning("event of order %s not published: %s", event.order_id, failure)
                    continue
                if await self._outbox.settle(event):
                    self._count(event)
                settled += 1
        finally:
            # Those that were not reached because an earlier one could not be settled have failed as well.
            self._counters.count(EVENT_PUBLICATIONS, len(events))
            if settled < len(events):
                self._counters.count(EVENT_PUBLICATION_FAILURES, len(events) - settled)
        return settled

    def _count(self, event: OrderEvent) -> None:
        """Counts an event that this process has settled, and the order that it creates or completes."""
        self._counters.count(EVENTS_PUBLISHED)
        if event.type is EventType.COMPLETED:
            self._counters.count(ORDERS_COMPLETED)
        elif event.type is EventType.CREATED:
            self._counters.count(ORDERS_CREATED)
            currency, total = event.data.get("currency"), event.data.get("total")
            if isinstance(currency, str) and isinstance(total, str):
                self._counters.count(REVENUE, float(total), currency=currency)

    async def in_turn(self, event: OrderEvent) -> int:
        """Publishes one event, unless an unreadable one precedes it: then it waits with its order ([PIPE-14]).

        Returns:
            The number of events now published and settled: 0 if it waits, or was settled before.

        Raises:
            UnreadableItem: the first waiting event is unreadable.
            TransientPortError, PermanentPortError: as ``execute``.
        """
        if event.sequence > FIRST_SEQUENCE:
            waiting = await self._outbox.waiting(event.tenant_id, event.order_id)
            if event.sequence not in {each.sequence for each in waiting}:
                return 0
        return await self.execute([event])

    async def waiting_of(self, tenant_id: str, order_id: str) -> int:
        """Publishes one order's waiting events in sequence, up to an unreadable one; returns the number settled.

        Raises:
            UnreadableItem: the first waiting event is unreadable.
            TransientPortError, PermanentPortError: as ``execute``.
        """
        events = await self._outbox.waiting(tenant_id, order_id)
        return await self.execute(events) if events else 0


class EventFastPath:
    """Publishes events in the background as soon as they are durable, without waiting for the relay.

    Best effort: whatever it does not finish (overload, a failure, the process ending) stays in the outbox for the
    relay.
    """

    def __init__(self, publish: PublishEvents, *, limit: int = 256) -> None:
        self._publish = publish
        self._limit = limit
        self._tasks: set[asyncio.Task[None]] = set()

    def publish(self, event: OrderEvent) -> None:
        """Starts publishing the event and returns at once."""
        self.begin(self._run(event))

    def begin(self, work: Coroutine[None, None, None]) -> None:
        """Starts work that the relay would otherwise do; skipped under overload."""
        if len(self._tasks) >= self._limit:
            work.close()
            return
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def relieve(self, tenant_id: str, order_id: str) -> int:
        """Publishes an order's waiting events now, because its outbox is too full for another change.

        Returns:
            The number of settled events.

        Raises:
            TransientPortError: the table is unreachable.
        """
        return await self._publish.waiting_of(tenant_id, order_id)

    async def drain(self) -> None:
        """Waits for work in progress."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self, event: OrderEvent) -> None:
        try:
            await self._publish.in_turn(event)
        except PortError as error:
            _log.info("left to the relay: %s", error)
