"""Depths of queues in memory. Contract: ports/queue_depths.py."""

from collections.abc import Iterable

from orders.ports.errors import TransientPortError
from orders.ports.queue_depths import QueueDepth

EMPTY = QueueDepth(waiting=0, in_flight=0)


class MemoryQueueDepths:
    """``QueueDepths`` in a dictionary; ``depths`` can be set by worker.

    Attributes:
        reachable: set to false to fail every call.
    """

    def __init__(self, workers: Iterable[str] = ("pdf-creator",)) -> None:
        self.depths = dict.fromkeys(workers, EMPTY)
        self.reachable = True

    @property
    def names(self) -> tuple[str, ...]:
        """See ``QueueDepths.names``."""
        return tuple(self.depths)

    async def depth(self, worker: str) -> QueueDepth:
        """See ``QueueDepths.depth``."""
        found = self.depths[worker]
        if not self.reachable:
            raise TransientPortError(f"{worker} queue", "told to be out of reach")
        return found
