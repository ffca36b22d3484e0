"""Time and randomness, so that use cases have neither of their own."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """UTC, time zone aware, cut to whole milliseconds; what two calls return never goes back."""
        ...


class OrderIds(Protocol):
    """Where ids of new orders come from."""

    def next(self, at: datetime) -> str:
        """An order id never given before, sorting by ``at``'s millisecond, that nobody can guess."""
        ...
