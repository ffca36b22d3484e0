"""How long to wait before trying again."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential back-off with jitter: ``first`` doubled for each further attempt, at most ``longest``.

    Half of the wait is certain, half is chance: those who failed together don't come back together.

    Attributes:
        chance: gives numbers from 0 to 1.
    """

    first: timedelta
    longest: timedelta
    chance: Callable[[], float] = random.random

    def seconds(self, attempt: int) -> float:
        """The wait after that many failed attempts, 1 or more."""
        # Beyond 2**30 the exponent changes nothing but the time it takes to reckon.
        longest = min(self.longest.total_seconds(), self.first.total_seconds() * 2.0 ** min(attempt - 1, 30))
        return longest * (1 + self.chance()) / 2
