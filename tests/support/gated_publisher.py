"""An event bus that notes what is published together, and answers when it is let."""

import asyncio
from collections.abc import Sequence

from orders.adapters.outbound.memory.event_publisher import MemoryEventPublisher
from orders.domain.events import OrderEvent


class GatedPublisher(MemoryEventPublisher):
    """``batches`` has the events of each call; ``asked`` is set by the first; all wait for ``gate``, open at first."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[OrderEvent]] = []
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def publish(self, events: Sequence[OrderEvent]) -> Sequence[str | None]:
        """See ``EventPublisher.publish``."""
        self.batches.append(list(events))
        self.asked.set()
        await self.gate.wait()
        return await super().publish(events)
