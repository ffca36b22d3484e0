"""All shops' orders of a day, as one region's table has them: for comparing tables, not for serving anybody."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class OrderOutline:
    """An order in a day's listing.

    Attributes:
        position: its place in the listing; positions are in the order of their text.
        sequence: the number of its latest event; 0 if it can't be read.
    """

    position: str
    tenant_id: str
    order_id: str
    sequence: int


class OrdersByDay(Protocol):
    """Lists orders by the day in UTC on which they were placed, of all shops."""

    def read(self, day: datetime, *, since: datetime | None = None) -> AsyncIterator[OrderOutline]:
        """Yields the day's orders in the order of their positions, page by page; eventually consistent.

        Args:
            since: only those placed at or after this instant.

        Raises: TransientPortError.
        """
        ...
