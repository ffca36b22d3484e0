"""How often, how long and at what distance a message is tried."""

from dataclasses import dataclass
from datetime import timedelta

from orders.adapters.inbound.sqs.backoff import Backoff
from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.application.errors import ApplicationError
from orders.domain.errors import DomainError
from orders.ports.errors import NotYet, PermanentPortError, StaleOrder, TransientPortError

IMPOSSIBLE = (MessageRefused, PermanentPortError, DomainError, ApplicationError)
"""What will fail again however often it is tried: the message belongs in the dead-letter queue."""

PASSING = (TransientPortError, NotYet, StaleOrder)
"""What may succeed later. All else is a bug."""

IN_PROCESS = Backoff(first=timedelta(seconds=0.25), longest=timedelta(seconds=20))
REDELIVERY = Backoff(first=timedelta(seconds=30), longest=timedelta(minutes=15))


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """For every message of a poller.

    Attributes:
        visibility: how long a message is hidden from others at a time; extended at half of it.
        in_process: the waits between attempts of one delivery.
        redelivery: how long a message is hidden before it is handed out again, by its receive count.
        attempts: so many failures that are the message's own, while what it needs is up, end the delivery.
        patience: so long one delivery waits for what somebody else is doing (``NotYet``) or changing (``StaleOrder``).
        hold: so long one delivery waits out an outage. SQS hides a message for 12 hours from its receipt at most.
        attempt_limit: an attempt that takes longer is taken to hang.
    """

    visibility: timedelta = timedelta(seconds=60)
    in_process: Backoff = IN_PROCESS
    redelivery: Backoff = REDELIVERY
    attempts: int = 12
    patience: timedelta = timedelta(minutes=3)
    hold: timedelta = timedelta(hours=11)
    attempt_limit: timedelta = timedelta(minutes=5)

    def gives_up(self, error: Exception, *, own_failures: int, seconds: float) -> bool:
        """Whether a delivery that has failed so often of its own, and taken so long, ends with this failure."""
        limit = self.hold if isinstance(error, TransientPortError) else self.patience
        return own_failures >= self.attempts or seconds >= limit.total_seconds()
