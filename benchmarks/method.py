"""How figures are compared: several pairs of fresh processes, alternating rounds, medians with their interval.

Two processes that run the same code differ by up to a tenth for as long as they live, by where their objects happen to
lie. So several pairs of processes are started; within each pair rounds alternate, so that what else the machine does
falls on both sides; each pair gives one ratio, the median of its rounds, and what is told is the median of all pairs.
"""

import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Round:
    """What one side did in one round.

    Attributes:
        cpu_ms: CPU time of one request, in milliseconds.
        per_second: requests that were done in a second.
    """

    cpu_ms: float
    per_second: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio over pairs of processes.

    Attributes:
        median: over the pairs.
        spread: the interval of the median, at 95 %.
    """

    median: float
    spread: tuple[float, float]


def alternating(rounds: int) -> list[tuple[int, int]]:
    """Returns who goes first and second in each round, by turns."""
    return [(0, 1) if at % 2 == 0 else (1, 0) for at in range(rounds)]


def pair_ratio(ours: Sequence[float], floor: Sequence[float]) -> float:
    """Returns the ratio of one pair of processes: the median over its rounds of what the floor spends of ours."""
    return statistics.median(bare / own for own, bare in zip(ours, floor, strict=True))


def over_pairs(ratios: Sequence[float]) -> Ratio:
    """Returns the median of the pairs' ratios and its interval."""
    return Ratio(statistics.median(ratios), interval(ratios))


def interval(values: Sequence[float], share: float = 0.95) -> tuple[float, float]:
    """Returns the interval of the median by bootstrap (percentiles of resampled medians)."""
    chance = random.Random(1)  # noqa: S311 - nothing secret is drawn
    medians = sorted(statistics.median(chance.choices(values, k=len(values))) for _ in range(RESAMPLES))
    cut = int(RESAMPLES * (1 - share) / 2)
    return medians[cut], medians[-cut - 1]


def percentile(values: Sequence[float], share: float) -> float:
    """Returns the smallest value that ``share`` of the values don't exceed. Raises: ValueError: there are none."""
    if not values:
        raise ValueError("no values, no percentile")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
