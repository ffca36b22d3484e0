"""Measures work as processor time of this process: other processes' work is not counted."""

from collections.abc import Callable
from time import process_time

ATTEMPTS = 5


def seconds_of(work: Callable[[], object]) -> float:
    """Processor seconds of the cheapest of a few attempts."""

    def once() -> float:
        began = process_time()
        work()
        return process_time() - began

    return min(once() for _ in range(ATTEMPTS))


def grows_with_length(work: Callable[[str], object], part: str) -> bool:
    """Returns whether ten times the text costs about ten times as much, and not a hundred times."""
    short, long = (part * (length // len(part)) for length in (6_000, 60_000))
    return seconds_of(lambda: work(long)) < 40 * seconds_of(lambda: work(short))
