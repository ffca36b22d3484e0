"""Counting what happens, for those who watch."""

from typing import Protocol


class Counters(Protocol):
    """Counts events by name and labels. Never fails, never waits."""

    def count(self, name: str, **labels: str) -> None:
        """One more of these. Labels have few values each: no ids, nothing that callers choose."""
        ...
