"""How far others' clocks are trusted."""

from datetime import datetime, timedelta

CLOCK_SKEW = timedelta(minutes=5)
"""By how much the clock of whoever tells a time may differ from ours, or from that of who told another."""


def is_to_come(at: datetime, now: datetime) -> bool:
    """Whether something can't have happened yet, however clocks differ."""
    return at > now + CLOCK_SKEW
