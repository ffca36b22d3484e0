"""Counters that can be read. Contract: ports/metrics.py."""

from collections import Counter


class MemoryCounters:
    """``Counters`` and ``Gauges`` that remember; labels in any order are the same labels.

    Attributes:
        shown: what gauges showed last, by name and labels.
    """

    def __init__(self) -> None:
        self._counted: Counter[tuple[str, frozenset[tuple[str, str]]]] = Counter()
        self.shown: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}

    def count(self, name: str, **labels: str) -> None:
        """See ``Counters.count``."""
        self._counted[name, frozenset(labels.items())] += 1

    def show(self, name: str, value: float, **labels: str) -> None:
        """See ``Gauges.show``."""
        self.shown[name, frozenset(labels.items())] = value

    def of(self, name: str, **labels: str) -> int:
        """How often it was counted with these labels, whatever others it had."""
        wanted = labels.items()
        return sum(times for (each, held), times in self._counted.items() if each == name and wanted <= held)
