"""Tolerance for other systems' clocks."""

from datetime import datetime, timedelta

CLOCK_SKEW = timedelta(minutes=5)
"""Maximum difference assumed between a caller's clock and ours, or another caller's."""


def is_to_come(at: datetime, now: datetime) -> bool:
    """Returns whether the time is in the future by more than the tolerance."""
    return at > now + CLOCK_SKEW


BACKDATED = timedelta(days=30)
"""By how much what happens with an order may be dated before the order was placed: orders are entered late."""


def is_long_before(at: datetime, placed_at: datetime) -> bool:
    """Returns whether the time is too early for an order placed then, even one entered late."""
    return at < placed_at - BACKDATED
