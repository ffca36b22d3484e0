"""Use case: reports how long the outbox has kept its oldest entry waiting, for an alarm."""

from datetime import datetime

from orders.ports.clock import Clock
from orders.ports.errors import UnreadableItem
from orders.ports.metric_catalogue import OLDEST_UNPUBLISHED_EVENT_SECONDS
from orders.ports.metrics import Gauges
from orders.ports.outbox import Outbox


class WatchOutbox:
    """Reports the age of the outbox's oldest entry, over all shards: an order's events, or an accepted order's command.

    The first entry of each shard is read, not what the relay's sweeps come across: entries that the relay holds back
    or has not reached are the ones to hear of. An order whose events follow one another without a gap counts from the
    first of them, so that the age can be too high, never too low.
    """

    def __init__(self, outbox: Outbox, clock: Clock, gauges: Gauges) -> None:
        self._outbox = outbox
        self._clock = clock
        self._gauges = gauges
        self._since: datetime | None = None

    async def execute(self) -> None:
        """Sets the gauge.

        While the table can't be read it counts on: from the oldest entry that was seen last, or, where none waited,
        from that look. What nobody can see is taken for waiting, and a relay that sees nothing publishes nothing.

        Raises: TransientPortError.
        """
        now = self._clock.now()
        since = self._since or now
        try:
            since = await self._oldest(now) or now
        finally:
            self._since = since
            self._gauges.show(OLDEST_UNPUBLISHED_EVENT_SECONDS, (now - since).total_seconds())

    async def _oldest(self, now: datetime) -> datetime | None:
        """Returns since when the oldest entry has been waiting; ``None`` if there is none."""
        found: list[datetime] = []
        for shard in range(self._outbox.shards):
            entries = await self._outbox.overdue(shard, before=now, limit=1, passed_over=_ignore)
            found += [entry.since for entry in entries]
        return min(found, default=None)


def _ignore(error: UnreadableItem) -> None:
    """Passes over an unreadable entry, whose age nobody knows: the relay counts it as ``UNREADABLE_ITEMS``."""
