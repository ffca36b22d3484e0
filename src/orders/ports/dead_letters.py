"""Messages that could not be handled, kept apart until somebody has seen to them ([PIPE-12])."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from orders.ports.errors import PermanentPortError

_COUNT = re.compile(r"[0-9]{1,6}", re.ASCII)

REASON_ATTRIBUTE = "DeadLetterReason"
ERROR_ATTRIBUTE = "DeadLetterError"
ID_ATTRIBUTE = "OriginalMessageId"
SENDER_ATTRIBUTE = "OriginalSender"
FIRST_SENT_ATTRIBUTE = "FirstSentAt"
WAITED_ATTRIBUTE = "TimesWaited"
"""Attributes of a message in a dead-letter queue: why it is there, as a word and as a sentence, the id that it had in
the worker's queue when it first came there, who sent it first, when that was (RFC 3339), and how often it has waited.
A message that waits in a worker's queue has those from the id on.

They are part of what workers and operators agree on, whichever release either is of.
"""


def noted_time(text: str | None) -> datetime | None:
    """What ``FIRST_SENT_ATTRIBUTE`` says; ``None`` where it says nothing that can be read."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def noted_count(text: str | None) -> int:
    """What ``WAITED_ATTRIBUTE`` says; 0 where it says nothing that can be read."""
    return int(text) if text and _COUNT.fullmatch(text) else 0


class UnknownQueue(PermanentPortError):
    """There is no dead-letter queue of that name; the message has those there are."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        self.known = tuple(known)
        super().__init__("dead-letter queues", f"there is none of {name[:80]!r}; there are {', '.join(known)}")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message in a dead-letter queue, held by who has taken it.

    Attributes:
        queue: whose it was: a worker's name, or ``rule:`` and a rule's for what the bus could not deliver.
        body: as it was sent; can hold personal data.
        reason: why it was put aside, as a word such as ``MessageRefused``; ``None`` where the queue itself did it,
            because the message had been received too often.
        error: the same as a sentence.
        sent_at: when it came to this queue, or where the queue itself put it aside, to the worker's.
        logged_as: the id that it had when it first came to the worker's queue, which is that of the worker's log and
            audit records; ``None`` where it has kept its id.
        first_sent_at: when it was sent first, however often it has waited since; ``None`` where nobody noted it.
        waited: how often it has waited for something.
        claim: what the holder acts with.
    """

    queue: str
    message_id: str
    body: str = field(repr=False)
    sent_at: datetime
    reason: str | None = None
    error: str | None = None
    logged_as: str | None = None
    first_sent_at: datetime | None = None
    waited: int = 0
    claim: str = field(default="", repr=False)


class DeadLetterQueues(Protocol):
    """All dead-letter queues. Every method raises ``TransientPortError`` when a queue is out of reach.

    Those that name a queue raise ``UnknownQueue`` for one that is not there.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """Whose dead letters are kept: see ``DeadLetter.queue``."""
        ...

    async def depth(self, queue: str) -> int:
        """How many letters are there, roughly, those held included."""
        ...

    async def take(self, queue: str, *, hold: timedelta) -> Sequence[DeadLetter]:
        """Some letters, at most ten, hidden from everybody else for ``hold``; none when there are none to be had."""
        ...

    async def give_back(self, letter: DeadLetter) -> None:
        """Let others have the letter again at once. One that is no longer held stays as it is."""
        ...

    async def redrive(self, letter: DeadLetter) -> None:
        """Put the letter back to where it came from, as it was, then remove it here: dying between leaves two.

        It may wait there as long as any other: how long it has waited before is forgotten.
        """
        ...

    async def remove(self, letter: DeadLetter) -> None:
        """Remove the letter for good."""
        ...
