"""How often, how long and at what distance a message is tried."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from orders.adapters.inbound.backoff import Backoff
from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.adapters.inbound.sqs.queue import MAX_DELAY, ReceivedMessage
from orders.application.policy.errors import ApplicationError
from orders.domain.errors import DomainError
from orders.ports.errors import NotYet, PermanentPortError, StaleOrder, TransientPortError

IMPOSSIBLE = (MessageRefused, PermanentPortError, DomainError, ApplicationError)
"""What will fail again however often it is tried: the message belongs in the dead-letter queue."""

WAITS = (NotYet, StaleOrder)
"""What comes by somebody else's doing: the message waits for it in its queue, and nobody waits for the message."""

PASSING = (TransientPortError,)
"""What passes when a dependency is well again, and is tried again in process. All else is a bug."""

IN_PROCESS = Backoff(first=timedelta(seconds=0.25), longest=timedelta(seconds=20))
IN_QUEUE = Backoff(first=timedelta(seconds=5), longest=MAX_DELAY)
REDELIVERY = Backoff(first=timedelta(seconds=30), longest=timedelta(minutes=15))


class WaitedTooLong(Exception):
    """A message has waited for so long that what it waits for will not come by itself."""

    def __init__(self, error: Exception, waited: int, age: timedelta) -> None:
        super().__init__(f"{waited} times in {age.total_seconds() / 60:.0f} minutes: {type(error).__name__}: {error}")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """For every message of a poller.

    Attributes:
        visibility: how long a message is hidden from others at a time; extended at half of it.
        in_process: the waits between attempts of one delivery.
        in_queue: how long a message waits that has to (``WAITS``), by how often it has; then another receives it.
        longest_wait: from when it was first sent; then it is a dead letter.
        fewest_waits: so often it may wait whenever it was sent: a backlog is no reason not to wait for anything.
        redelivery: how long a message is hidden before it is handed out again, by its receive count.
        attempts: so many failures that are the message's own, while what it needs is up, end the delivery.
        hold: so long one delivery waits out an outage. SQS hides a message for 12 hours from its receipt at most.
        attempt_limit: an attempt that takes longer is taken to hang.
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
        """Whether a delivery that has failed so often of its own, and taken so long, ends with its last failure."""
        return own_failures >= self.attempts or seconds >= self.hold.total_seconds()

    def delay(self, message: ReceivedMessage) -> timedelta:
        """How long a message that has to wait stays hidden."""
        return timedelta(seconds=self.in_queue.seconds(message.waited + 1))

    def too_long(self, message: ReceivedMessage, error: Exception, now: datetime) -> WaitedTooLong | None:
        """Why a message may not wait again for what it fails with; ``None`` if it may."""
        age = timedelta(0) if message.first_sent_at is None else now - message.first_sent_at
        if age < self.longest_wait or message.waited < self.fewest_waits:
            return None
        return WaitedTooLong(error, message.waited, age)
