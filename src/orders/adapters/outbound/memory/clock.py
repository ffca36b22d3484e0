"""Time and ids under a test's control. Contract: ports/clock.py."""

from datetime import datetime, timedelta
from itertools import count

from orders.domain.identity import new_order_id


class FixedClock:
    """A clock that always shows ``at``."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """See ``Clock.now``."""
        return self.at

    def advance(self, by: timedelta) -> None:
        """Moves the clock forward."""
        self.at += by


class SteppingClock:
    """A clock that shows ``start`` first and moves by ``step`` with each call."""

    def __init__(self, start: datetime, step: timedelta = timedelta(milliseconds=1)) -> None:
        self._next = start
        self._step = step

    def now(self) -> datetime:
        """See ``Clock.now``."""
        shown = self._next
        self._next += self._step
        return shown

    def advance(self, by: timedelta) -> None:
        """Moves the clock forward in addition."""
        self._next += by


class SequentialOrderIds:
    """Order ids whose random part counts up from ``first``: the same in each run."""

    def __init__(self, first: int = 1) -> None:
        self._numbers = count(first)

    def next(self, at: datetime) -> str:
        """See ``OrderIds.next``, except that the ids are guessable."""
        return new_order_id(at, next(self._numbers))
