"""The events of orders: those waiting to be published, and the log of all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from orders.domain.events import OrderEvent
from orders.ports.errors import PassedOver


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """An order with events waiting since ``since`` (the oldest of them, roughly: never later than it).

    Attributes:
        accepted: no events wait, but an accepted order whose command is not on its queue yet.
        position: its place in its shard, to go on behind it.
    """

    tenant_id: str
    order_id: str
    since: datetime
    accepted: bool = False
    position: str = field(default="", compare=False)


class Outbox(Protocol):
    """Events that are durable with their order but not yet known to be published.

    Every method raises ``TransientPortError`` when the table is out of reach or throttles.
    """

    @property
    def shards(self) -> int:
        """Into how many shards, 0 to ``shards - 1``, the orders of this region are spread."""
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
        """Orders of a shard whose events have waited since before that time, oldest first; eventually consistent.

        Args:
            limit: at most so many, fewer only at the end.
            after: only those behind this position, whether or not the entry that had it is still there.
            passed_over: told of each entry that can't be read, which is left out; without it the first is raised.

        Raises: UnreadableItem; ValueError: ``after`` is no position.
        """
        ...

    async def waiting(self, tenant_id: str, order_id: str) -> Sequence[OrderEvent]:
        """The order's waiting events by sequence (strongly consistent); empty when there are none or no order.

        They end before the first that can't be read, for what is behind it waits with it.

        Raises: UnreadableItem: the very first can't be read, or the order's item is of a later shape than is known.
        """
        ...

    async def settle(self, event: OrderEvent) -> None:
        """Note that the event is published: into the log if absent, then out of the waiting ones.

        Repeatable at any point: whoever finds it half done may do it again. An order leaves ``overdue`` with its
        last waiting event and not before, whatever is written to it meanwhile.

        Raises:
            PermanentPortError: another event is in the log under this one's sequence.
            UnreadableItem: the order's item is damaged where it would have to be changed.
        """
        ...


class EventLog(Protocol):
    """What happened to an order, published or not."""

    async def read(
        self,
        tenant_id: str,
        order_id: str,
        *,
        after: int = 0,
        limit: int = 100,
        passed_over: PassedOver | None = None,
    ) -> Sequence[OrderEvent]:
        """Events with a sequence above ``after``, contiguous and in order, the waiting ones included.

        Args:
            limit: at most so many, those that can't be read included.
            passed_over: told of each that can't be read, with its sequence, which is left out; without it the first of
                them is raised.

        Raises: UnreadableItem.
        """
        ...

    async def redact(self, event: OrderEvent) -> bool:
        """Put ``data``, ``reason`` and ``receipt`` of an event in place of those in the log; all else stays.

        Only for erasure: an event is a fact, and nothing else may change one. Repeatable.

        Returns:
            Whether the event is in the log; ``False``, and nothing done, while it still waits to be published.

        Raises:
            PermanentPortError: another event is in the log under this one's sequence.
        """
        ...
