"""Counting what happens, for those who watch."""

from typing import Protocol

UNREADABLE_ITEMS = "unreadable_items"
"""Counts items that were passed over because they can't be read, by ``kind`` and by ``where`` that was noticed. Any at
all is a reason for an alarm: something waits for an operator ([PIPE-14])."""


class Gauges(Protocol):
    """Shows how high something is. Never fails, never waits."""

    def show(self, name: str, value: float, **labels: str) -> None:
        """So high is it now."""
        ...


class Counters(Protocol):
    """Counts events by name and labels. Never fails, never waits."""

    def count(self, name: str, **labels: str) -> None:
        """One more of these. Labels have few values each: no ids, nothing that callers choose."""
        ...
