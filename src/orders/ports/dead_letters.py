"""Dead-letter queues: messages that failed for good and await an operator ([PIPE-12])."""

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
REDRIVE_ATTRIBUTE = "RedrivenBy"
"""Attributes of a message in a dead-letter queue: the reason as a word and as a sentence, the message's first id in the
worker's queue, its original sender, the time at which it was first sent (RFC 3339), the number of its waits, and,
once it is sent back, the W3C trace context of that redrive. A message that waits in a worker's queue has those from the
id to the number.

They are part of what workers and operators agree on, whichever release either is of.
"""


def noted_time(text: str | None) -> datetime | None:
    """Parses ``FIRST_SENT_ATTRIBUTE``; ``None`` if malformed."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def noted_count(text: str | None) -> int:
    """Parses ``WAITED_ATTRIBUTE``; 0 if malformed."""
    return int(text) if text and _COUNT.fullmatch(text) else 0


class UnknownQueue(PermanentPortError):
    """There is no dead-letter queue of that name; the message lists the existing ones."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        self.known = tuple(known)
        super().__init__("dead-letter queues", f"there is none of {name[:80]!r}; there are {', '.join(known)}")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message received from a dead-letter queue, invisible to others while it is held.

    Attributes:
        queue: the queue it failed in: a worker's name, or ``rule:`` and a rule's name for an event that the bus could
            not
            deliver.
        body: the body as sent; can hold personal data.
        reason: why it was dead-lettered, as a code such as ``MessageRefused``; ``None`` if SQS did it because the
            message
            exceeded its maximum receive count.
        error: the reason as a sentence.
        sent_at: when it was sent to the dead-letter queue; if SQS moved it there, when it was sent to the worker's
            queue.
        logged_as: the message id on first arrival at the worker's queue, as in the worker's log and audit records;
            ``None``
            if the id has not changed.
        first_sent_at: when it was first sent, before any re-queueing; ``None`` if not recorded.
        waited: number of times it was re-queued to wait for something.
        claim: the handle (SQS receipt handle) for acting on it.
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
    """All dead-letter queues. Every method raises ``TransientPortError`` when a queue is unreachable.

    Methods that take a queue's name raise ``UnknownQueue`` for a name that does not exist.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """The queues' names: see ``DeadLetter.queue``."""
        ...

    async def depth(self, queue: str) -> int:
        """Returns the approximate number of letters, including those held."""
        ...

    async def take(self, queue: str, *, hold: timedelta) -> Sequence[DeadLetter]:
        """Receives at most ten letters with the visibility timeout ``hold``; empty if there are none."""
        ...

    async def give_back(self, letter: DeadLetter) -> None:
        """Makes the letter visible again at once. Does nothing if it is no longer held."""
        ...

    async def redrive(self, letter: DeadLetter) -> None:
        """Sends the letter back to its source queue unchanged, then deletes it here; a crash in between leaves a
        duplicate.

        The time it has waited is reset.
        """
        ...

    async def remove(self, letter: DeadLetter) -> None:
        """Deletes the letter."""
        ...
