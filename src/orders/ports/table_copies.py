"""One copy of the orders and their PDFs: a region's, or a restored table. For comparing copies with each other."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from orders.ports.orders_by_day import OrderOutline


@dataclass(frozen=True, slots=True)
class OrderCopy:
    """An order as one copy of the table has it.

    Attributes:
        checksums: of each of its items (order, acceptance, events, mail intents), by a name that says which it is.
        events: the sequences of its events, in order, published or waiting.
        documents: the names of its PDFs.
    """

    checksums: Mapping[str, str]
    events: tuple[int, ...]
    documents: frozenset[str]

    @property
    def gap(self) -> int | None:
        """The first sequence that is missing before a later one; ``None`` if there is none."""
        for place, sequence in enumerate(self.events, 1):
            if sequence != place:
                return place
        return None


class TableCopy(Protocol):
    """Reads a copy. Every method raises ``TransientPortError`` when table or bucket can't be read."""

    @property
    def name(self) -> str:
        """The copy's name for people: its region, or its table."""
        ...

    def orders(self, day: datetime) -> AsyncIterator[OrderOutline]:
        """Yields the day's orders as ``OrdersByDay.read``."""
        ...

    async def order(self, outline: OrderOutline) -> OrderCopy:
        """Returns what it has of an order, as of now; nothing of one that it doesn't have.

        The checksum of an item is the same in every copy that has the same attributes.
        """
        ...
