"""The events of orders: those waiting to be published, and the log of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from orders.domain.events import OrderEvent


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """An order with events waiting since ``since`` (the oldest of them, roughly: never later than it).

    Attributes:
        accepted: no events wait, but an accepted order whose command is not on its queue yet.
    """

    tenant_id: str
    order_id: str
    since: datetime
    accepted: bool = False


class Outbox(Protocol):
    """Events that are durable with their order but not yet known to be published.

    Every method raises ``TransientPortError`` when the table is out of reach or throttles.
    """

    @property
    def shards(self) -> int:
        """Into how many shards, 0 to ``shards - 1``, the orders of this region are spread."""
        ...

    async def overdue(self, shard: int, *, before: datetime, limit: int) -> Sequence[OutboxEntry]:
        """Orders of a shard whose events have waited since before that time, oldest first; eventually consistent."""
        ...

    async def waiting(self, tenant_id: str, order_id: str) -> Sequence[OrderEvent]:
        """The order's waiting events by sequence (strongly consistent); empty when there are none or no order."""
        ...

    async def settle(self, event: OrderEvent) -> None:
        """Note that the event is published: into the log if absent, then out of the waiting ones.

        Repeatable at any point: whoever finds it half done may do it again. An order leaves ``overdue`` with its
        last waiting event and not before, whatever is written to it meanwhile.
        """
        ...


class EventLog(Protocol):
    """What happened to an order, published or not."""

    async def read(self, tenant_id: str, order_id: str, *, after: int = 0, limit: int = 100) -> Sequence[OrderEvent]:
        """Events with a sequence above ``after``, contiguous and in order, the waiting ones included."""
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
