"""Metrics that can be read back. Contract: ports/metrics.py."""

from collections import Counter, deque
from collections.abc import Mapping

from orders.ports.metrics import Kind, Metric, Metrics

LONGEST_HISTORY = 1000
"""So many values of a histogram's series are kept, the latest."""

Series = tuple[str, frozenset[tuple[str, str]]]


class MemoryMetrics:
    """``Metrics`` in memory; the order of labels does not matter.

    Unlike what a port may do it raises, where it is strict, on a mistake of the caller's: another kind, or
    other labels than the catalogue's.

    Attributes:
        shown: each gauge's last value, by name and labels.
        recorded: each histogram's latest values, by name and labels.
    """

    def __init__(self, *, strict: bool = True) -> None:
        """``strict``: a mistake is raised; without it such a series is kept like any other, as a port must."""
        self._strict = strict
        self._counted: Counter[Series] = Counter()
        self.shown: dict[Series, float] = {}
        self.recorded: dict[Series, deque[float]] = {}

    def count(self, metric: Metric, amount: float = 1, /, **labels: str) -> None:
        """See ``Counters.count``."""
        self._counted[self._series(metric, Kind.COUNTER, labels)] += amount  # type: ignore[assignment] # revenue has cents

    def show(self, metric: Metric, value: float, /, **labels: str) -> None:
        """See ``Gauges.show``."""
        self.shown[self._series(metric, Kind.GAUGE, labels)] = value

    def record(self, metric: Metric, value: float, /, **labels: str) -> None:
        """See ``Histograms.record``."""
        series = self._series(metric, Kind.HISTOGRAM, labels)
        self.recorded.setdefault(series, deque(maxlen=LONGEST_HISTORY)).append(value)

    def of(self, metric: Metric, /, **labels: str) -> float:
        """Returns the count with these labels, summed over all other labels."""
        wanted = labels.items()
        return sum(times for (each, held), times in self._counted.items() if each == metric.name and wanted <= held)

    def values(self, metric: Metric, /, **labels: str) -> list[float]:
        """Returns the recorded values with these labels, whatever the other labels."""
        wanted = labels.items()
        return [
            value
            for (each, held), values in self.recorded.items()
            if each == metric.name and wanted <= held
            for value in values
        ]

    def now(self, metric: Metric, /, **labels: str) -> float | None:
        """Returns the gauge's value with exactly these labels; ``None`` if it was never set."""
        return self.shown.get((metric.name, frozenset(labels.items())))

    def counted(self, metric: Metric) -> Mapping[frozenset[tuple[str, str]], float]:
        """Returns a counter's series, by labels."""
        return {held: times for (each, held), times in self._counted.items() if each == metric.name}

    def _series(self, metric: Metric, kind: Kind, labels: Mapping[str, str]) -> Series:
        if self._strict:
            _check(metric, kind, labels)
        return metric.name, frozenset(labels.items())


def _check(metric: Metric, kind: Kind, labels: Mapping[str, str]) -> None:
    if metric.kind is not kind:
        raise TypeError(f"{metric.name} is a {metric.kind}, not a {kind}")
    if labels.keys() != metric.labels.keys():
        raise TypeError(f"{metric.name} has the labels {sorted(metric.labels)}, not {sorted(labels)}")
    for name, value in labels.items():
        known = metric.labels[name]
        if not isinstance(known, str) and value not in known:
            raise TypeError(f"{metric.name} has no {name} {value!r}; there are {sorted(known)}")


class NoMetrics:
    """``Metrics`` that keeps nothing, for a process whose metrics nobody asks for."""

    def count(self, metric: Metric, amount: float = 1, /, **labels: str) -> None:
        """See ``Counters.count``."""

    def show(self, metric: Metric, value: float, /, **labels: str) -> None:
        """See ``Gauges.show``."""

    def record(self, metric: Metric, value: float, /, **labels: str) -> None:
        """See ``Histograms.record``."""


class SeveralMetrics:
    """``Metrics`` that tells several others."""

    def __init__(self, *told: Metrics) -> None:
        self._told = told

    def count(self, metric: Metric, amount: float = 1, /, **labels: str) -> None:
        """See ``Counters.count``."""
        for each in self._told:
            each.count(metric, amount, **labels)

    def show(self, metric: Metric, value: float, /, **labels: str) -> None:
        """See ``Gauges.show``."""
        for each in self._told:
            each.show(metric, value, **labels)

    def record(self, metric: Metric, value: float, /, **labels: str) -> None:
        """See ``Histograms.record``."""
        for each in self._told:
            each.record(metric, value, **labels)
