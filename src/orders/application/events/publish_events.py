"""Use cases: publishes events, right after their write or later.

Publishing is PutEvents, then adding to the log, then removing from the outbox, for events of many orders together; each
step is idempotent, so that after a crash between any two another process can continue.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import Context
from typing import TypeVar

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
from orders.ports.outcomes import Outcome, outcome_of

FIRST_SEQUENCE = 1
"""That of an order's creation, before which nothing can wait."""

BATCH = 25
"""So many orders' events are published together: as many as the table writes in one request."""

_log = logging.getLogger(__name__)

_Events = Sequence[OrderEvent]
_T = TypeVar("_T")
_R = TypeVar("_R")


class PublishEvents:
    """Publishes events, settles them in the outbox, and counts both.

    Events of several orders go together, and what fails one order fails no other. Each attempt counts, and a settled
    event counts once, by whoever removed it from the outbox: one that the fast path and the relay both publish, or that
    is published again after a crash before it was settled, is not counted twice. A crash right after it was settled
    loses it from the counts.
    """

    def __init__(self, outbox: Outbox, publisher: EventPublisher, counters: Counters, lease: WriterLease) -> None:
        self._outbox = outbox
        self._lease = lease
        self._publisher = publisher
        self._counters = counters

    async def execute(self, events: _Events) -> int:
        """Publishes events of one order.

        Returns:
            The number of events now published and settled; the others stay in the outbox.

        Raises:
            NotTheWriter: this region may not write now, and so settle nothing; nothing was published.
            TransientPortError: the table is unreachable, or the bus denies access; published events will be published
                again.
            PermanentPortError: the table has a different event, or can't be changed as needed.
        """
        (outcome,) = await self._together([events])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def of_orders(self, orders: Sequence[_Events]) -> Sequence[Outcome[int]]:
        """Publishes events of several orders, those of each by sequence.

        Returns:
            For each order, in the same order, what ``execute`` would return or raise.
        """
        if len(orders) > 1:
            try:
                return await self._together(orders)
            except PortError as error:
                return [error] * len(orders)
            except Exception:  # noqa: BLE001 - it is logged, and what one order's event causes must not fail the others
                _log.exception("events of %d orders can't be published together, and are one by one", len(orders))
        return [await outcome_of(self.execute(events)) for events in orders]

    async def _together(self, orders: Sequence[_Events]) -> list[Outcome[int]]:
        """Makes one attempt for all. Raises: as ``execute``, where nothing was settled."""
        events = [event for each in orders for event in each]
        self._lease.check()
        settled = 0
        try:
            refused = await self._publisher.publish(events)
            taken = [event for event, failure in zip(events, refused, strict=True) if failure is None]
            for event, failure in zip(events, refused, strict=True):
                if failure is not None:
                    _log.warning("event of order %s not published: %s", event.order_id, failure)
            outcomes = dict(zip(map(_identity, taken), await self._outbox.settle_all(taken), strict=True))
            for event in taken:
                if outcomes[_identity(event)] is True:
                    self._count(event)
            settled = sum(not isinstance(outcome, Exception) for outcome in outcomes.values())
        finally:
            # Those that were not reached because an earlier one could not be settled have failed as well.
            self._counters.count(EVENT_PUBLICATIONS, len(events))
            if settled < len(events):
                self._counters.count(EVENT_PUBLICATION_FAILURES, len(events) - settled)
        return [_of_one([outcomes[key] for key in map(_identity, each) if key in outcomes]) for each in orders]

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

    async def in_turn(self, events: _Events) -> Sequence[Outcome[int]]:
        """Publishes one event of each of several orders, unless an unreadable one precedes it: then it waits with its
        order ([PIPE-14]).

        Returns:
            For each event, in the same order, the number now published and settled: 0 if it waits, or was settled
            before; or the error, as of ``waiting_of``.
        """
        # Nothing precedes the first, so that nothing is read for it.
        followers = [event for event in events if event.sequence > FIRST_SEQUENCE]
        turns = dict(zip(map(_identity, followers), await _all(self._can_go, followers), strict=True))
        going = [[event] for event in events if turns.get(_identity(event), True) is True]
        published = iter(await self.of_orders(going))
        outcomes: list[Outcome[int]] = []
        for event in events:
            turn = turns.get(_identity(event), True)
            outcomes.append(next(published) if turn is True else turn)
        return outcomes

    async def _can_go(self, event: OrderEvent) -> bool:
        waiting = await self._outbox.waiting(event.tenant_id, event.order_id)
        return event.sequence in {each.sequence for each in waiting}

    async def waiting_of(self, tenant_id: str, order_id: str) -> int:
        """Publishes one order's waiting events in sequence, up to an unreadable one; returns the number settled.

        Raises:
            UnreadableItem: the first waiting event is unreadable.
            TransientPortError, PermanentPortError: as ``execute``.
        """
        events = await self._outbox.waiting(tenant_id, order_id)
        return await self.execute(events) if events else 0

    async def waiting_of_all(self, orders: Sequence[tuple[str, str]]) -> Sequence[Outcome[int]]:
        """Publishes waiting events of several orders, each a tenant and an order's id.

        Returns:
            For each order, in the same order, what ``waiting_of`` would return or raise.
        """
        found = await _all(lambda order: self._outbox.waiting(*order), orders)
        published = iter(await self.of_orders([each for each in found if not isinstance(each, Exception) and each]))
        return [each if isinstance(each, Exception) else next(published) if each else 0 for each in found]


async def _all(work: Callable[[_T], Awaitable[_R]], given: Sequence[_T]) -> Sequence[Outcome[_R]]:
    """Does the work for each at once."""

    async def done(each: _T) -> Outcome[_R]:
        return await outcome_of(work(each))

    return await asyncio.gather(*map(done, given))


def _identity(event: OrderEvent) -> tuple[str, str, int]:
    return event.tenant_id, event.order_id, event.sequence


def _order(event: OrderEvent) -> tuple[str, str]:
    return event.tenant_id, event.order_id


def _of_one(outcomes: Sequence[Outcome[bool]]) -> Outcome[int]:
    """Returns the number of an order's settled events, or the first error."""
    return next((each for each in outcomes if isinstance(each, Exception)), len(outcomes))


class EventFastPath:
    """Publishes events in the background as soon as they are durable, without waiting for the relay.

    A lone event goes at once. While some are on their way, others gather, and go together when those are through or a
    whole batch has gathered. An order's next event waits until the one before it is through.

    Best effort: whatever it does not finish (overload, a failure, the process ending) stays in the outbox for the
    relay.
    """

    def __init__(self, publish: PublishEvents, *, limit: int = 256) -> None:
        """``limit`` is how many events and other works may wait or be on their way."""
        self._publish = publish
        self._limit = limit
        self._tasks: set[asyncio.Task[None]] = set()
        self._gathered: deque[OrderEvent] = deque()
        self._on_their_way: set[tuple[str, str]] = set()
        self._senders: set[asyncio.Task[None]] = set()

    def publish(self, event: OrderEvent) -> None:
        """Starts publishing the event and returns at once; skipped under overload."""
        if self._is_full():
            return
        self._gathered.append(event)
        if not self._senders or len(self._gathered) >= BATCH:
            self._start()

    def begin(self, work: Coroutine[None, None, None]) -> None:
        """Starts work that the relay would otherwise do; skipped under overload."""
        if self._is_full():
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
        while under_way := self._tasks | self._senders:
            await asyncio.wait(under_way)

    def _is_full(self) -> bool:
        return len(self._tasks) + len(self._gathered) + len(self._on_their_way) >= self._limit

    def _start(self) -> None:
        """Sends off what has gathered: a whole batch at least, where another is on its way."""
        if events := self._next():
            # Batches belong to no request: neither to its trace nor to its lines in the log.
            sender = asyncio.get_running_loop().create_task(self._send(events), context=Context())
            self._senders.add(sender)
            sender.add_done_callback(self._ended)

    def _ended(self, sender: asyncio.Task[None]) -> None:
        self._senders.discard(sender)
        # At the end of the process nothing is begun any more.
        if not sender.cancelled():
            self._start()

    async def _send(self, events: _Events) -> None:
        try:
            for event, outcome in zip(events, await self._publish.in_turn(events), strict=True):
                if isinstance(outcome, PortError):
                    _log.info("left to the relay: %s", outcome)
                elif isinstance(outcome, Exception):
                    _log.error("event of order %s is left to the relay", event.order_id, exc_info=outcome)
        finally:
            self._on_their_way.difference_update(map(_order, events))

    def _next(self) -> _Events:
        """Takes the next batch: of each order that has none on its way the event that came first."""
        taken: dict[tuple[str, str], OrderEvent] = {}
        left: deque[OrderEvent] = deque()
        for event in self._gathered:
            order = _order(event)
            if len(taken) < BATCH and order not in taken and order not in self._on_their_way:
                taken[order] = event
            else:
                left.append(event)
        if len(taken) < (BATCH if self._senders else 1):
            return ()
        self._gathered = left
        self._on_their_way.update(taken)
        return tuple(taken.values())
