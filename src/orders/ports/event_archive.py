"""A tenant's published events by time, for replay ([PIPE-13])."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from orders.domain.events import OrderEvent
from orders.ports.errors import PassedOver


@dataclass(frozen=True, slots=True)
class ArchivedEvent:
    """A published event and its place: places sort as text by time, then order, then sequence."""

    place: str
    event: OrderEvent


class EventArchive(Protocol):
    """Knows every event that was published, until its order's retention ends."""

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
        """The tenant's next events by place.

        Args:
            since, until: of the events' own times; the first inclusive, the second exclusive.
            after: only events behind this place.
            limit: at most so many; none means that there are no more.
            passed_over: told of each that can't be read, more than once perhaps, which is left out; without it the
                first of them is raised.

        Raises:
            UnreadableItem: as told.
            TransientPortError: the table is out of reach or throttles.
        """
        ...
