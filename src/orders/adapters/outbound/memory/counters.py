"""Counters and gauges that can be read back. Contract: ports/metrics.py."""

from collections import Counter


class MemoryCounters:
    """``Counters`` and ``Gauges`` in memory; the order of labels does not matter.

    Attributes:
        shown: each gauge's last value, by name and labels.
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
        """Returns the count with these labels, summed over all other labels."""
        wanted = labels.items()
        return sum(times for (each, held), times in self._counted.items() if each == name and wanted <= held)
