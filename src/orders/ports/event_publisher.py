"""The bus on which other systems hear of events."""

from collections.abc import Sequence
from typing import Protocol

from orders.domain.events import OrderEvent


class EventPublisher(Protocol):
    """Puts events on the bus, at least once each, in no particular order."""

    async def publish(self, events: Sequence[OrderEvent]) -> Sequence[str | None]:
        """Publish any number of events.

        Returns:
            For each event, in the same order, ``None`` when the bus has accepted it, else why it did not. Failing
            for one entry says nothing of the others; a call that fails as a whole fails for each of its entries.

        Raises:
            NotPermitted: the bus refuses whoever asks; some events may have been accepted before.
        """
        ...
