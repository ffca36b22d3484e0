"""Exponential back-off between attempts."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential back-off with jitter: ``first`` doubled for each further attempt, at most ``longest``.

    Half of the wait is random, so that callers which failed together don't retry together.

    Attributes:
        chance: returns random numbers from 0 to 1.
    """

    first: timedelta
    longest: timedelta
    chance: Callable[[], float] = random.random

    def seconds(self, attempt: int) -> float:
        """Returns the wait after that many failed attempts, 1 or more."""
        # Beyond 2**30 a larger exponent only takes longer to compute.
        longest = min(self.longest.total_seconds(), self.first.total_seconds() * 2.0 ** min(attempt - 1, 30))
        return longest * (1 + self.chance()) / 2
