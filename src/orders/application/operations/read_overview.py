"""Use case: reads the state of queues, outbox and API at a glance, for operators ([OPS-4])."""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from orders.ports.clock import Clock
from orders.ports.dead_letters import DeadLetterQueues
from orders.ports.errors import PortError, UnreadableItem
from orders.ports.outbox import Outbox
from orders.ports.queue_depths import QueueDepth, QueueDepths
from orders.ports.recent_figures import Figures, RecentFigures

OUTBOX_PAGE = 100
"""So many waiting orders of a shard are counted; of more it is said that there are more."""

PART_TIMEOUT_SECONDS = 5.0

# What needs a look: the thresholds of the alarms of the same names.
DEAD_LETTERS_OVER = 0
OLDEST_MESSAGE_OVER_SECONDS = 120
OUTBOX_AGE_OVER_SECONDS = 60
ERROR_RATE_OVER = 0.05

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class QueueState:
    """A worker's queue. ``None``: not known.

    Attributes:
        dead_letters: messages in its dead-letter queue.
        oldest_seconds: age of its oldest message.
    """

    worker: str
    depth: QueueDepth | None
    dead_letters: int | None
    oldest_seconds: float | None = None

    @property
    def has_dead_letters(self) -> bool:
        """Tells whether its dead letters need a look."""
        return (self.dead_letters or 0) > DEAD_LETTERS_OVER

    @property
    def is_late(self) -> bool:
        """Tells whether the age of its oldest message needs a look."""
        return (self.oldest_seconds or 0) > OLDEST_MESSAGE_OVER_SECONDS


@dataclass(frozen=True, slots=True)
class RuleState:
    """Dead letters of a rule of the bus: events that it could not deliver. ``None``: not known."""

    rule: str
    dead_letters: int | None

    @property
    def has_dead_letters(self) -> bool:
        """Tells whether its dead letters need a look."""
        return (self.dead_letters or 0) > DEAD_LETTERS_OVER


@dataclass(frozen=True, slots=True)
class ShardState:
    """A shard of this region's outbox.

    Attributes:
        waiting: orders with events to publish, as far as one page shows them.
        more: true if there are more than that.
        oldest_seconds: how long the first one has been waiting; ``None`` if none is.
        unreadable: entries that can't be read.
    """

    shard: int
    waiting: int
    more: bool
    oldest_seconds: float | None
    unreadable: int = 0

    @property
    def is_late(self) -> bool:
        """Tells whether the age of its oldest entry needs a look."""
        return (self.oldest_seconds or 0) > OUTBOX_AGE_OVER_SECONDS


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of the service at a time, as far as it could be read.

    Attributes:
        outbox: the shards that could be read.
        figures: ``None`` if their source did not answer.
        unreachable: one sentence for each part that could not be read.
    """

    at: datetime
    queues: tuple[QueueState, ...]
    rules: tuple[RuleState, ...]
    outbox: tuple[ShardState, ...]
    figures: Figures | None
    unreachable: tuple[str, ...]

    @property
    def too_many_errors(self) -> bool:
        """Tells whether the API's error rate needs a look."""
        return self.figures is not None and (self.figures.error_rate or 0) > ERROR_RATE_OVER

    @property
    def concerns(self) -> int:
        """The number of values that need a look, unreachable parts included."""
        of_queues = sum(each.is_late + each.has_dead_letters for each in self.queues)
        of_rules = sum(each.has_dead_letters for each in self.rules)
        of_shards = sum(each.is_late + (each.unreadable > 0) for each in self.outbox)
        return of_queues + of_rules + of_shards + self.too_many_errors + len(self.unreachable)


class ReadOverview:
    """Reads all parts at once. A part that does not answer is reported, and the others are still read."""

    def __init__(
        self,
        depths: QueueDepths,
        dead_letters: DeadLetterQueues,
        outbox: Outbox,
        figures: RecentFigures,
        clock: Clock,
        *,
        timeout_seconds: float = PART_TIMEOUT_SECONDS,
    ) -> None:
        self._depths = depths
        self._dead_letters = dead_letters
        self._outbox = outbox
        self._figures = figures
        self._clock = clock
        self._timeout_seconds = timeout_seconds

    async def execute(self) -> Overview:
        """Returns the current state. Changes nothing."""
        at = self._clock.now()
        workers, mailboxes, shards = self._depths.names, self._dead_letters.names, range(self._outbox.shards)
        async with asyncio.TaskGroup() as group:
            depths = [group.create_task(self._asked("queues", self._depths.depth(each))) for each in workers]
            dead = [
                group.create_task(self._asked("dead letters", self._dead_letters.depth(each))) for each in mailboxes
            ]
            outbox = [group.create_task(self._asked("outbox", self._shard(each, at))) for each in shards]
            read = group.create_task(self._asked("figures", self._figures.read()))
        figures = read.result().answer
        ages = {} if figures is None else figures.oldest_message_seconds
        depth_of = {worker: each.result().answer for worker, each in zip(workers, depths, strict=True)}
        letters_in = {name: each.result().answer for name, each in zip(mailboxes, dead, strict=True)}
        answers = [[each.result() for each in part] for part in (depths, dead, outbox, [read])]
        return Overview(
            at=at,
            queues=tuple(
                QueueState(worker, depth, letters_in.get(worker), ages.get(worker))
                for worker, depth in depth_of.items()
            ),
            rules=tuple(RuleState(name, count) for name, count in letters_in.items() if name not in depth_of),
            outbox=tuple(shard for each in outbox if (shard := each.result().answer) is not None),
            figures=figures,
            unreachable=tuple(fault for part in answers for fault in _fault(part)),
        )

    async def _shard(self, shard: int, at: datetime) -> ShardState:
        unreadable: list[UnreadableItem] = []
        # One more than is counted tells whether there are more.
        entries = await self._outbox.overdue(shard, before=at, limit=OUTBOX_PAGE + 1, passed_over=unreadable.append)
        oldest = max(0.0, (at - entries[0].since).total_seconds()) if entries else None
        return ShardState(
            shard, min(len(entries), OUTBOX_PAGE), len(entries) > OUTBOX_PAGE, oldest, unreadable=len(unreadable)
        )

    async def _asked(self, part: str, question: Awaitable[_Result]) -> "_Answer[_Result]":
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return _Answer(part, await question)
        except PortError as error:
            return _Answer(part, None, str(error))
        except TimeoutError:
            return _Answer(part, None, f"no answer within {self._timeout_seconds:g} s")


@dataclass(frozen=True, slots=True)
class _Answer(Generic[_Result]):
    """Holds the answer of a part, or the reason why there is none."""

    part: str
    answer: _Result | None
    fault: str | None = None


def _fault(answers: Sequence[_Answer[Any]]) -> Iterator[str]:
    """Yields one sentence if any of a part's answers is missing: when one is, the others mostly are too."""
    faults = [f"{each.part}: {each.fault}" for each in answers if each.fault is not None]
    if faults:
        yield faults[0] if len(faults) == 1 else f"{faults[0]} (and {len(faults) - 1} more)"
