"""The archive of a tenant's published events by time, for replay ([PIPE-13])."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from orders.domain.events import OrderEvent
from orders.ports.errors import PassedOver


@dataclass(frozen=True, slots=True)
class ArchivedEvent:
    """A published event with its position; positions sort as text by time, then order, then sequence."""

    place: str
    event: OrderEvent


class EventArchive(Protocol):
    """Reads all published events within their order's retention."""

    async def read(
        self,
        tenant_id: str,
        *,
        since: datetime,
        until: datetime,
        after: str | None = None,
        limit: int = 500,
        passed_over: PassedOver | None = None,
    ) -> Sequence[ArchivedEvent]:
        """Returns the tenant's next events by position.

        Args:
            since, until: range of the events' own times; inclusive, exclusive.
            after: return only events behind this position.
            limit: maximum number of events; an empty result means that there are no more.
            passed_over: called, perhaps repeatedly, with each unreadable event, which is skipped; without it the first
                unreadable event is raised.

        Raises:
            UnreadableItem: an event is unreadable and ``passed_over`` was not given.
            TransientPortError: the table is unreachable or throttles.
        """
        ...
