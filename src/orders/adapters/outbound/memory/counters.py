"""Counters that can be read. Contract: ports/metrics.py."""

from collections import Counter


class MemoryCounters:
    """``Counters`` that remember how often; labels in any order are the same labels."""

    def __init__(self) -> None:
        self._counted: Counter[tuple[str, frozenset[tuple[str, str]]]] = Counter()

    def count(self, name: str, **labels: str) -> None:
        """See ``Counters.count``."""
        self._counted[name, frozenset(labels.items())] += 1

    def of(self, name: str, **labels: str) -> int:
        """How often it was counted with these labels, whatever others it had."""
        wanted = labels.items()
        return sum(times for (each, held), times in self._counted.items() if each == name and wanted <= held)
