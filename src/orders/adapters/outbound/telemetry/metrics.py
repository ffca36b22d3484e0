"""Metrics by OpenTelemetry's SDK. Contract: ports/metrics.py."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from threading import Lock

from opentelemetry.metrics import CallbackOptions, Counter, Histogram, Meter, Observation
from opentelemetry.metrics import _Gauge as Gauge

from orders.ports.metric_catalogue import CATALOGUE
from orders.ports.metrics import Kind, Metric

_Counted = defaultdict[str, dict[tuple[tuple[str, str], ...], float]]
"""What was counted, by metric and by labels with their values."""


AT_ONCE = 128
"""So many measurements are handed over together: they take a millisecond."""


class OtelMetrics:
    """Instruments of one meter, one for each metric of the catalogue.

    Counts are added up here and handed over before each export: the SDK takes ten times as long for each. What is
    measured is handed over many at once: one at a time, between other work, it takes three times as long.
    """

    def __init__(self, meter: Meter, catalogue: Mapping[str, Metric] = CATALOGUE) -> None:
        self._counters: dict[str, Counter] = {
            each.name: meter.create_counter(each.name, each.unit, each.meaning) for each in _of(catalogue, Kind.COUNTER)
        }
        self._gauges: dict[str, Gauge] = {
            each.name: meter.create_gauge(each.name, each.unit, each.meaning) for each in _of(catalogue, Kind.GAUGE)
        }
        self._histograms: dict[str, Histogram] = {
            each.name: meter.create_histogram(each.name, each.unit, each.meaning)
            for each in _of(catalogue, Kind.HISTOGRAM)
        }
        self._counted: _Counted = defaultdict(dict)
        self._measured: list[tuple[Histogram, float, dict[str, str]]] = []
        self._lock = Lock()
        # Nothing is observed of it: the SDK asks it before it gathers what its own instruments have.
        meter.create_observable_gauge("handed_over", [self._hand_over])

    def count(self, metric: Metric, amount: float = 1, /, **labels: str) -> None:
        """See ``Counters.count``."""
        with self._lock:
            labelled = self._counted[metric.name]
            at = tuple(labels.items())
            labelled[at] = labelled.get(at, 0) + amount

    def _hand_over(self, _: CallbackOptions) -> Iterable[Observation]:
        """Passes on what was counted and measured since the last export; the SDK calls it before each."""
        with self._lock:
            counted, self._counted = self._counted, defaultdict(dict)
            measured, self._measured = self._measured, []
        _record(measured)
        for name, labelled in counted.items():
            for labels, amount in labelled.items():
                self._counters[name].add(amount, dict(labels))
        return ()

    def show(self, metric: Metric, value: float, /, **labels: str) -> None:
        """See ``Gauges.show``."""
        self._gauges[metric.name].set(value, labels)

    def record(self, metric: Metric, value: float, /, **labels: str) -> None:
        """See ``Histograms.record``."""
        with self._lock:
            self._measured.append((self._histograms[metric.name], value, labels))
            if len(self._measured) < AT_ONCE:
                return
            measured, self._measured = self._measured, []
        _record(measured)


def _record(measured: Iterable[tuple[Histogram, float, dict[str, str]]]) -> None:
    for histogram, value, labels in measured:
        histogram.record(value, labels)


def _of(catalogue: Mapping[str, Metric], kind: Kind) -> Iterable[Metric]:
    return (each for each in catalogue.values() if each.kind is kind)
