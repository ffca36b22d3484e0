"""Time and ids that tests decide. Contract: ports/clock.py."""

from datetime import datetime, timedelta
from itertools import count

from orders.domain.identity import new_order_id


class FixedClock:
    """It is always ``at``, until somebody sets it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """See ``Clock.now``."""
        return self.at

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.at += by


class SteppingClock:
    """The first look shows ``start``, each further one ``step`` later."""

    def __init__(self, start: datetime, step: timedelta = timedelta(milliseconds=1)) -> None:
        self._next = start
        self._step = step

    def now(self) -> datetime:
        """See ``Clock.now``."""
        shown = self._next
        self._next += self._step
        return shown

    def advance(self, by: timedelta) -> None:
        """Let time pass beside that."""
        self._next += by


class SequentialOrderIds:
    """Ids whose random part counts up from ``first``: the same in each run."""

    def __init__(self, first: int = 1) -> None:
        self._numbers = count(first)

    def next(self, at: datetime) -> str:
        """See ``OrderIds.next``; anybody can guess it."""
        return new_order_id(at, next(self._numbers))
