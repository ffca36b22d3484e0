"""How far others' clocks are trusted."""

from datetime import datetime, timedelta

CLOCK_SKEW = timedelta(minutes=5)
"""By how much the clock of whoever tells a time may differ from ours, or from that of who told another."""


def is_to_come(at: datetime, now: datetime) -> bool:
    """Whether something can't have happened yet, however clocks differ."""
    return at > now + CLOCK_SKEW


BACKDATED = timedelta(days=30)
"""By how much what happens with an order may be dated before the order was placed: orders are entered late."""


def is_long_before(at: datetime, placed_at: datetime) -> bool:
    """Whether that can't be of an order that was placed then, however late it was entered."""
    return at < placed_at - BACKDATED
