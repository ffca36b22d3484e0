"""Tells of dead letters as they come, also of those that no worker has put there: the queue itself, or the bus."""

from collections import Counter
from collections.abc import Callable

from orders.ports.dead_letters import DeadLetterQueues

Tell = Callable[[str, str], None]
"""Is given the name of a dead-letter queue, and what is in it."""


class DeadLetterWatch:
    """Compares the number of dead letters with what it was, and with those that were told of one by one."""

    def __init__(self, queues: DeadLetterQueues, tell: Tell, typed: Callable[[str], str]) -> None:
        """``typed`` makes a command of its words, as it is typed here."""
        self._queues = queues
        self._tell = tell
        self._typed = typed
        self._depths: Counter[str] = Counter()
        self._told: Counter[str] = Counter()

    def buried(self, queue: str, why: str) -> None:
        """Tells of one that a worker has put there, with its reason."""
        self._told[queue] += 1
        self._tell(queue, why)

    async def look(self) -> None:
        """Tells of those that have come since the last look, and were not told of. Raises: TransientPortError."""
        for queue in self._queues.names:
            # Read before the queue is asked: one that is buried meanwhile is told of once, here or there.
            told = self._told[queue]
            depth = await self._queues.depth(queue)
            come = depth - self._depths[queue] - told
            self._depths[queue] = depth
            self._told[queue] -= told
            if come > 0:
                several = "" if come == 1 else f"{come:,} of them, "
                self._tell(queue, f"{several}see {self._typed(f'dlq show {queue}')}")
