"""Metrics by OpenTelemetry's SDK. Contract: ports/metrics.py."""

from collections.abc import Iterable, Mapping

from opentelemetry.metrics import Counter, Histogram, Meter
from opentelemetry.metrics import _Gauge as Gauge

from orders.ports.metric_catalogue import CATALOGUE
from orders.ports.metrics import Kind, Metric


class OtelMetrics:
    """Instruments of one meter, one for each metric of the catalogue."""

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

    def count(self, metric: Metric, amount: float = 1, /, **labels: str) -> None:
        """See ``Counters.count``."""
        self._counters[metric.name].add(amount, labels)

    def show(self, metric: Metric, value: float, /, **labels: str) -> None:
        """See ``Gauges.show``."""
        self._gauges[metric.name].set(value, labels)

    def record(self, metric: Metric, value: float, /, **labels: str) -> None:
        """See ``Histograms.record``."""
        self._histograms[metric.name].record(value, labels)


def _of(catalogue: Mapping[str, Metric], kind: Kind) -> Iterable[Metric]:
    return (each for each in catalogue.values() if each.kind is kind)
