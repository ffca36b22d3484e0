"""Use case: send out what the writers of orders left behind."""

import logging
from datetime import timedelta

from orders.application.publish_events import PublishEvents
from orders.application.queue_accepted import QueueAccepted
from orders.ports.clock import Clock
from orders.ports.errors import TransientPortError
from orders.ports.outbox import Outbox, OutboxEntry

_log = logging.getLogger(__name__)


class RelayOutbox:
    """Publishes, and queues, what has waited for longer than the fast path takes."""

    def __init__(
        self,
        outbox: Outbox,
        publish: PublishEvents,
        queue: QueueAccepted,
        clock: Clock,
        *,
        lag: timedelta,
        batch: int = 100,
    ) -> None:
        self._outbox = outbox
        self._publish = publish
        self._queue = queue
        self._clock = clock
        self._lag = lag
        self._batch = batch

    async def sweep(self, shard: int) -> int:
        """Publish one batch of a shard's overdue orders, oldest first, and queue those that are only accepted.

        Returns:
            How many events and commands have gone out; 0 means nothing is overdue or nothing could be sent.

        Raises:
            TransientPortError: the table is out of reach.
        """
        entries = await self._outbox.overdue(shard, before=self._clock.now() - self._lag, limit=self._batch)
        return sum([await self._send(entry) for entry in entries])

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
