"""Dead-letter queues in memory. Contract: ports/dead_letters.py."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from orders.ports.clock import Clock
from orders.ports.dead_letters import DeadLetter, UnknownQueue
from orders.ports.errors import TransientPortError

_MOST_AT_ONCE = 10


@dataclass
class _Kept:
    letter: DeadLetter
    hidden_until: datetime | None = None
    claims: int = 0


@dataclass
class MemoryDeadLetterQueues:
    """``DeadLetterQueues`` in dictionaries.

    Attributes:
        redriven: letters sent back to their source queue, in order.
        reachable: set to false to fail every call; ``failures`` makes only the next redrives fail.
    """

    clock: Clock
    queues: Iterable[str] = ("pdf-creator",)
    reachable: bool = True
    failures: int = 0
    redriven: list[DeadLetter] = field(default_factory=list)
    _kept: dict[str, dict[str, _Kept]] = field(init=False)

    def __post_init__(self) -> None:
        self._kept = {name: {} for name in self.queues}

    @property
    def names(self) -> tuple[str, ...]:
        """See ``DeadLetterQueues.names``."""
        return tuple(self._kept)

    def dead_letter(self, letter: DeadLetter) -> None:
        """Puts a letter into its queue."""
        self._kept[letter.queue][letter.message_id] = _Kept(letter)

    async def depth(self, queue: str) -> int:
        """See ``DeadLetterQueues.depth``."""
        return len(self._of(queue))

    async def take(self, queue: str, *, hold: timedelta) -> Sequence[DeadLetter]:
        """See ``DeadLetterQueues.take``."""
        now = self.clock.now()
        taken: list[DeadLetter] = []
        for kept in self._of(queue).values():
            if (kept.hidden_until is None or kept.hidden_until <= now) and len(taken) < _MOST_AT_ONCE:
                kept.hidden_until = now + hold
                kept.claims += 1
                taken.append(replace(kept.letter, claim=f"{kept.letter.message_id}/{kept.claims}"))
        return taken

    async def give_back(self, letter: DeadLetter) -> None:
        """See ``DeadLetterQueues.give_back``."""
        kept = self._of(letter.queue).get(letter.message_id)
        if kept is not None and letter.claim == f"{letter.message_id}/{kept.claims}":
            kept.hidden_until = None

    async def redrive(self, letter: DeadLetter) -> None:
        """See ``DeadLetterQueues.redrive``."""
        kept = self._of(letter.queue)
        if self.failures:
            self.failures -= 1
            raise TransientPortError(f"{letter.queue} queue", "told to fail")
        self.redriven.append(letter)
        kept.pop(letter.message_id, None)

    async def remove(self, letter: DeadLetter) -> None:
        """See ``DeadLetterQueues.remove``."""
        self._of(letter.queue).pop(letter.message_id, None)

    def _of(self, queue: str) -> dict[str, _Kept]:
        if not self.reachable:
            raise TransientPortError("dead-letter queues", "told to be out of reach")
        if queue not in self._kept:
            raise UnknownQueue(queue, self.names)
        return self._kept[queue]
