"""How many messages the workers' queues hold."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Approximate numbers of a queue's messages.

    Attributes:
        waiting: messages that a worker could receive now.
        in_flight: messages that workers have received and not deleted.
        delayed: messages that can be received later only.
    """

    waiting: int
    in_flight: int
    delayed: int = 0


class QueueDepths(Protocol):
    """The workers' queues, by the workers' names."""

    @property
    def names(self) -> tuple[str, ...]:
        """The workers that have a queue."""
        ...

    async def depth(self, worker: str) -> QueueDepth:
        """Returns the approximate depth of the worker's queue.

        Raises:
            KeyError: no such worker.
            TransientPortError: the queue is unreachable.
            PermanentPortError: the queue does not exist, or can't be asked.
        """
        ...
