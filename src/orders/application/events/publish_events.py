"""Use cases: publish events, right after their write or later.

Publishing one event is PutEvents, then the log, then out of the waiting ones; each step may be repeated, so a
process can die between any two of them and somebody else goes on.
"""

import asyncio
import logging
from collections.abc import Coroutine, Sequence

from orders.domain.events import OrderEvent
from orders.ports.errors import PortError
from orders.ports.event_publisher import EventPublisher
from orders.ports.outbox import Outbox

FIRST_SEQUENCE = 1
"""That of an order's creation, before which nothing can wait."""

_log = logging.getLogger(__name__)


class PublishEvents:
    """Publishes events and notes that they are published."""

    def __init__(self, outbox: Outbox, publisher: EventPublisher) -> None:
        self._outbox = outbox
        self._publisher = publisher

    async def execute(self, events: Sequence[OrderEvent]) -> int:
        """Publish events of one order.

        Returns:
            How many are now published and settled; the others stay waiting.

        Raises:
            TransientPortError: the table is out of reach, or the bus refuses whoever asks; what was published is
                published again later.
            PermanentPortError: the table has it otherwise, or can't be changed where it would have to be.
        """
        settled = 0
        for event, failure in zip(events, await self._publisher.publish(events), strict=True):
            if failure is not None:
                _log.warning("event of order %s not published: %s", event.order_id, failure)
                continue
            await self._outbox.settle(event)
            settled += 1
        return settled

    async def in_turn(self, event: OrderEvent) -> int:
        """Publish one event, unless one before it can't be read: behind that it waits with its order ([PIPE-14]).

        Returns:
            How many are now published and settled: none if it waits, or was settled before.

        Raises:
            UnreadableItem: the first that waits can't be read.
            TransientPortError, PermanentPortError: as ``execute``.
        """
        if event.sequence > FIRST_SEQUENCE:
            waiting = await self._outbox.waiting(event.tenant_id, event.order_id)
            if event.sequence not in {each.sequence for each in waiting}:
                return 0
        return await self.execute([event])

    async def waiting_of(self, tenant_id: str, order_id: str) -> int:
        """Publish what waits of one order, in sequence, up to what can't be read; how many are settled.

        Raises:
            UnreadableItem: the first that waits can't be read.
            TransientPortError, PermanentPortError: as ``execute``.
        """
        events = await self._outbox.waiting(tenant_id, order_id)
        return await self.execute(events) if events else 0


class EventFastPath:
    """Publishes an event in the background as soon as it is durable, so that nobody waits for the relay.

    It promises nothing: whatever it does not get done (too much at once, a failure, the process ending) is still
    waiting in the outbox and the relay's business.
    """

    def __init__(self, publish: PublishEvents, *, limit: int = 256) -> None:
        self._publish = publish
        self._limit = limit
        self._tasks: set[asyncio.Task[None]] = set()

    def publish(self, event: OrderEvent) -> None:
        """Begin to publish the event and return at once."""
        self.begin(self._run(event))

    def begin(self, work: Coroutine[None, None, None]) -> None:
        """Begin work of which somebody else would do what is left undone; not at all when there is too much."""
        if len(self._tasks) >= self._limit:
            work.close()
            return
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def relieve(self, tenant_id: str, order_id: str) -> int:
        """Publish what waits of one order now, because it has too much waiting to be changed again.

        Returns:
            How many events have been settled.

        Raises:
            TransientPortError: the table is out of reach.
        """
        return await self._publish.waiting_of(tenant_id, order_id)

    async def drain(self) -> None:
        """Wait for what has begun."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self, event: OrderEvent) -> None:
        try:
            await self._publish.in_turn(event)
        except PortError as error:
            _log.info("left to the relay: %s", error)
