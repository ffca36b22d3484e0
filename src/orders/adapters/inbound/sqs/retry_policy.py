"""Retry policy of messages: number of attempts, back-off and time limits."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from orders.adapters.inbound.backoff import Backoff
from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.adapters.inbound.sqs.queue import MAX_DELAY, ReceivedMessage
from orders.application.policy.errors import ApplicationError
from orders.domain.errors import DomainError
from orders.ports.errors import NotYet, PermanentPortError, StaleOrder, TransientPortError

IMPOSSIBLE = (MessageRefused, PermanentPortError, DomainError, ApplicationError)
"""Errors that every retry would repeat: the message is dead-lettered."""

WAITS = (NotYet, StaleOrder)
"""Errors of messages that depend on others' work: the message waits in its queue and holds no slot."""

PASSING = (TransientPortError,)
"""Errors that pass when a dependency recovers: retried in process. All others are bugs."""

IN_PROCESS = Backoff(first=timedelta(seconds=0.25), longest=timedelta(seconds=20))
IN_QUEUE = Backoff(first=timedelta(seconds=5), longest=MAX_DELAY)
REDELIVERY = Backoff(first=timedelta(seconds=30), longest=timedelta(minutes=15))


class WaitedTooLong(Exception):
    """The message has waited for so long that what it waits for will not come by itself."""

    def __init__(self, error: Exception, waited: int, age: timedelta) -> None:
        super().__init__(f"{waited} times in {age.total_seconds() / 60:.0f} minutes: {type(error).__name__}: {error}")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Retry policy of a poller's messages.

    Attributes:
        visibility: visibility timeout of a message, extended after half of it.
        in_process: back-off between attempts of one delivery.
        in_queue: delay of a message that waits in its queue (``WAITS``), by the number of its waits.
        longest_wait: maximum age of a waiting message, since it was first sent; after it the message is dead-lettered.
        fewest_waits: waits granted at any age, so that a backlog doesn't dead-letter messages that have not waited yet.
        redelivery: delay before a failed message is available again, by its receive count.
        attempts: failures of the message's own, while its dependencies are up, that end the delivery.
        hold: maximum time a delivery waits out an outage. SQS hides a received message for at most 12 hours.
        attempt_limit: timeout of one attempt.
    """

    visibility: timedelta = timedelta(seconds=60)
    in_process: Backoff = IN_PROCESS
    in_queue: Backoff = IN_QUEUE
    longest_wait: timedelta = timedelta(hours=1)
    fewest_waits: int = 8
    redelivery: Backoff = REDELIVERY
    attempts: int = 12
    hold: timedelta = timedelta(hours=11)
    attempt_limit: timedelta = timedelta(minutes=5)

    def gives_up(self, *, own_failures: int, seconds: float) -> bool:
        """Returns true if a delivery with so many failures of its own, and of this duration, is not retried."""
        return own_failures >= self.attempts or seconds >= self.hold.total_seconds()

    def delay(self, message: ReceivedMessage) -> timedelta:
        """Returns the delay of a message that waits in its queue."""
        return timedelta(seconds=self.in_queue.seconds(message.waited + 1))

    def too_long(self, message: ReceivedMessage, error: Exception, now: datetime) -> WaitedTooLong | None:
        """Returns the error to dead-letter a message with that has waited too long; ``None`` if it may wait again."""
        age = timedelta(0) if message.first_sent_at is None else now - message.first_sent_at
        if age < self.longest_wait or message.waited < self.fewest_waits:
            return None
        return WaitedTooLong(error, message.waited, age)
