"""Time and order ids, injected into the use cases so that tests control them."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Returns the time in UTC, time zone aware, truncated to milliseconds and never earlier than before."""
        ...


class OrderIds(Protocol):
    """Generates ids for new orders."""

    def next(self, at: datetime) -> str:
        """Returns a new, unguessable order id that sorts by the millisecond of ``at``."""
        ...
