"""The machine's clock and random number generator. Contract: ports/clock.py."""

import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from orders.domain.identity import RANDOM_BITS, new_order_id

_STEP_BITS = 64


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SystemClock:
    """The machine's time in UTC, truncated to milliseconds; stands still while the machine's clock is set back."""

    def __init__(self, source: Callable[[], datetime] = _utc_now) -> None:
        """``source`` gives the machine's time, time zone aware and in UTC."""
        self._source = source
        self._lock = threading.Lock()
        self._latest = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """See ``Clock.now``."""
        read = self._source()
        read = read.replace(microsecond=read.microsecond // 1000 * 1000)
        with self._lock:
            self._latest = max(self._latest, read)
            return self._latest


class RandomOrderIds:
    """Generates ids with 80 unguessable bits; ids of one millisecond sort by their creation.

    For that, each further id of a millisecond adds a random step of up to 64 bits to the one before: knowing one does
    not make the next guessable.
    """

    def __init__(self, random_bits: Callable[[int], int] = secrets.randbits) -> None:
        """``random_bits`` returns that many unguessable bits as a number."""
        self._random_bits = random_bits
        self._lock = threading.Lock()
        self._millisecond = -1
        self._latest = 0

    def next(self, at: datetime) -> str:
        """See ``OrderIds.next``."""
        millisecond = int(at.timestamp() * 1000)
        with self._lock:
            if millisecond == self._millisecond:
                self._latest += 1 + self._random_bits(_STEP_BITS)
            else:
                # One bit less than the maximum, so that thousands of steps fit above it.
                self._latest = self._random_bits(RANDOM_BITS - 1)
                self._millisecond = millisecond
            return new_order_id(at, self._latest)
