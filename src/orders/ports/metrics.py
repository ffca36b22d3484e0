"""Metrics: counters and gauges."""

from typing import Protocol

UNREADABLE_ITEMS = "unreadable_items"
"""Counts items that were passed over because they can't be read, by ``kind`` and by ``where`` that was noticed. Any at
all is a reason for an alarm: something waits for an operator ([PIPE-14])."""


class Gauges(Protocol):
    """Reports current values. Never raises, never waits."""

    def show(self, name: str, value: float, **labels: str) -> None:
        """Sets the gauge."""
        ...


class Counters(Protocol):
    """Counts occurrences by name and labels. Never raises, never waits."""

    def count(self, name: str, **labels: str) -> None:
        """Increments the counter. Labels have few values each: no ids, nothing that callers choose."""
        ...
