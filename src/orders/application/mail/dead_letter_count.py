"""Counts dead letters when they are first seen, over many looks through their queues."""

from collections.abc import Sequence
from datetime import timedelta

from orders.ports.clock import Clock
from orders.ports.dead_letters import DeadLetter
from orders.ports.metric_catalogue import DEAD_LETTERS
from orders.ports.metrics import Counters

REMEMBERED = 10_000
SEEN_BEFORE_START = timedelta(minutes=5)
"""A letter that was sent so long before this process's start has been seen by the process before it."""


class DeadLetterCount:
    """Counts each letter once, whether or not anybody could be told of it.

    What waits in a queue when the process starts has been counted by the one before it, except for what came while
    there was none: until a queue has been looked through to its end, letters count only if they were sent shortly
    before the start or since. Of two processes at a time each counts every letter.
    """

    def __init__(self, counters: Counters, clock: Clock) -> None:
        self._counters = counters
        self._begins = clock.now() - SEEN_BEFORE_START
        self._seen: dict[str, None] = {}
        self._known_queues: set[str] = set()

    def look(self, queue: str, letters: Sequence[DeadLetter], *, complete: bool) -> None:
        """Counts the letters that are new; ``complete`` tells whether they are all that the queue has."""
        for letter in letters:
            if letter.message_id in self._seen:
                continue
            self._seen[letter.message_id] = None
            if len(self._seen) > REMEMBERED:
                del self._seen[next(iter(self._seen))]
            if queue in self._known_queues or letter.sent_at >= self._begins:
                self._counters.count(DEAD_LETTERS, queue=queue)
        if complete:
            self._known_queues.add(queue)
