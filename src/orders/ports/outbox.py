"""The outbox of events to publish, and the log of all events."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from orders.domain.events import OrderEvent
from orders.ports.errors import PassedOver
from orders.ports.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """An order with events waiting in the outbox since ``since`` (at or before the oldest event's time).

    Attributes:
        accepted: an accepted order whose command is not on its queue yet, rather than an order with events.
        position: its position in its shard, to continue behind it.
    """

    tenant_id: str
    order_id: str
    since: datetime
    accepted: bool = False
    position: str = field(default="", compare=False)


class Outbox(Protocol):
    """The transactional outbox: events stored with their order and not yet known to be published.

    Every method raises ``TransientPortError`` when the table is unreachable or throttles.
    """

    @property
    def shards(self) -> int:
        """The number of shards, 0 to ``shards - 1``, over which the orders of this region are spread."""
        ...

    async def overdue(
        self,
        shard: int,
        *,
        before: datetime,
        limit: int,
        after: str | None = None,
        passed_over: PassedOver | None = None,
    ) -> Sequence[OutboxEntry]:
        """Returns the orders of a shard with events waiting since before that time, oldest first; eventually
        consistent.

        Args:
            limit: maximum number of entries; fewer are returned only at the end.
            after: return only entries behind this position, even if its entry has gone.
            passed_over: called with each unreadable entry, which is skipped; without it the first is raised.

        Raises: UnreadableItem; ValueError: ``after`` is not a position.
        """
        ...

    async def waiting(self, tenant_id: str, order_id: str) -> Sequence[OrderEvent]:
        """Returns the order's waiting events by sequence (strongly consistent); empty if none wait or the order does
        not exist.

        Stops before the first unreadable event, since those behind it must wait for it.

        Raises: UnreadableItem: the first event is unreadable, or the order's item has an unknown later schema.
        """
        ...

    async def settle(self, event: OrderEvent) -> bool:
        """Records that the event is published: adds it to the log if absent, then removes it from the outbox.

        Idempotent at any point: a caller that finds it half done can repeat it. An order leaves ``overdue`` with its
        last waiting event and not before, whatever is written to it concurrently.

        Returns:
            ``True`` if this call removed it; ``False`` if it waited no longer. Of all calls for one event at most one
            returns ``True``: none if the answer of the one that removed it was lost.

        Raises:
            PermanentPortError: the log has another event under this one's sequence.
            UnreadableItem: the order's item is damaged in the part that would have to be changed.
        """
        ...

    async def settle_all(self, events: Sequence[OrderEvent]) -> Sequence[Outcome[bool]]:
        """Settles events of any orders, each as ``settle`` does, in as few requests as possible.

        Those of one order are given by sequence and settled in it: none before the one in front of it is. Orders have
        nothing to do with each other: what keeps one back does not keep back the others.

        Returns:
            For each event, in the same order, what ``settle`` would return or raise. Events of an order behind one that
            was not settled are not touched, and have its error.
        """
        ...


class EventLog(Protocol):
    """Reads the history of an order's events, published or not."""

    async def read(
        self,
        tenant_id: str,
        order_id: str,
        *,
        after: int = 0,
        limit: int = 100,
        passed_over: PassedOver | None = None,
    ) -> Sequence[OrderEvent]:
        """Returns events with a sequence above ``after``, contiguous and in order, including those waiting in the
        outbox.

        Args:
            limit: maximum number of events, unreadable ones included.
            passed_over: called with each unreadable event and its sequence, which is skipped; without it the first is
                raised.

        Raises: UnreadableItem.
        """
        ...

    async def redact(self, event: OrderEvent) -> bool:
        """Replaces ``data``, ``reason`` and ``receipt`` of an event in the log; all else stays.

        Reserved for erasure: events are immutable otherwise. Idempotent.

        Returns:
            ``True`` if the event is in the log; ``False``, and nothing done, while it still waits in the outbox.

        Raises:
            PermanentPortError: the log has another event under this one's sequence.
        """
        ...
