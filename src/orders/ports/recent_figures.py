"""What the service's metrics say about the last minutes, as far as their source knows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

REQUEST_GROUPS = ("create", "status_change", "read", "change")
"""Groups of operations whose durations are looked at together, in the order in which they are shown."""

_NOTHING: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LoggedError:
    """Errors or warnings of one place in the code that the log has.

    Attributes:
        at: when the last one was logged.
        level: ``warning``, ``error`` or ``critical``.
        logger: the logger's name, which tells the part of the service.
        text: the last one's text, with personal data masked.
        count: how many there were.
    """

    at: datetime
    level: str
    logger: str
    text: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The recent figures of a service. ``None``: the source does not know it.

    Attributes:
        span: the time over which the counts were taken, up to now.
        requests, errors: requests to the API, and those among them that were answered with 5xx or not at all.
        orders_created, events_published, mails_sent: their numbers.
        p95_seconds: by group of operations, the duration that 95 % of its requests do not exceed.
        oldest_message_seconds: by worker, the age of the oldest message in its queue.
        last_errors: errors and warnings in the log, the newest first.
        errors_are_in: where else the errors are found, for people; ``None`` if ``last_errors`` has them.
    """

    span: timedelta
    requests: float | None = None
    errors: float | None = None
    orders_created: float | None = None
    events_published: float | None = None
    mails_sent: float | None = None
    p95_seconds: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    oldest_message_seconds: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    last_errors: tuple[LoggedError, ...] | None = None
    errors_are_in: str | None = None

    @property
    def error_rate(self) -> float | None:
        """The fraction of requests that failed; ``None`` if there were none, or it is not known."""
        if self.errors is None or not self.requests:
            return None
        return self.errors / self.requests

    def per_minute(self, count: float | None) -> float | None:
        """Returns a count as a rate per minute."""
        seconds = self.span.total_seconds()
        return None if count is None or seconds <= 0 else count * 60 / seconds


class RecentFigures(Protocol):
    """A source of recent figures."""

    async def read(self) -> Figures:
        """Returns the figures up to now.

        Raises:
            TransientPortError: the source is unreachable, throttles or denies access.
            PermanentPortError: it does not answer as it should.
        """
        ...
