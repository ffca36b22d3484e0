"""Reads an order's log past unreadable events."""

from dataclasses import dataclass

from orders.domain.events import OrderEvent
from orders.ports.errors import UnreadableItem
from orders.ports.outbox import EventLog


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page of a log.

    Attributes:
        lost: errors of the unreadable events in it.
        reached: the last sequence of this page.
    """

    events: tuple[OrderEvent, ...]
    lost: tuple[UnreadableItem, ...]
    reached: int


async def read_on(log: EventLog, tenant_id: str, order_id: str, *, after: int, limit: int) -> LogPage | None:
    """Returns the page of the log behind a sequence; ``None`` at its end. Raises: TransientPortError."""
    lost: list[UnreadableItem] = []
    events = await log.read(tenant_id, order_id, after=after, limit=limit, passed_over=lost.append)
    sequences = [event.sequence for event in events] + [error.sequence or 0 for error in lost]
    return LogPage(tuple(events), tuple(lost), max(sequences)) if sequences else None
