"""The event bus, which delivers events to other systems."""

from collections.abc import Sequence
from typing import Protocol

from orders.domain.events import OrderEvent


class EventPublisher(Protocol):
    """Publishes events on the bus, each at least once, in no particular order."""

    async def publish(self, events: Sequence[OrderEvent]) -> Sequence[str | None]:
        """Publishes any number of events.

        Returns:
            For each event, in the same order, ``None`` if the bus has accepted it, else the error. One entry's failure
            says
            nothing of the others; a call that fails as a whole fails each of its entries.

        Raises:
            NotPermitted: the bus denies access; some events may have been accepted before.
        """
        ...
