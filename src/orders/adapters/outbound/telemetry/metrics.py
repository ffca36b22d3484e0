"""Metrics by OpenTelemetry's SDK. Contract: ports/metrics.py."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from threading import Lock

from opentelemetry.metrics import CallbackOptions, Counter, Meter, Observation
from opentelemetry.metrics import _Gauge as Gauge

from orders.adapters.outbound.telemetry.histograms import ExponentialHistograms
from orders.ports.metric_catalogue import CATALOGUE
from orders.ports.metrics import Kind, Metric

_Counted = defaultdict[str, dict[tuple[tuple[str, str], ...], float]]
"""What was counted, by metric and by labels with their values."""

ADDED_TOGETHER = 256
"""So many counts and values are added up at once: that takes a fifth of a millisecond."""

PLACE_OF_HISTOGRAMS = "histograms"
"""The instrument in whose place an export sends our own histograms."""


class OtelMetrics:
    """Instruments of one meter, one for each metric of the catalogue.

    Counts are added up here and handed over before each export: the SDK takes ten times as long for each. Histograms
    are our own for the same reason. Both are only noted at first: many are added up together in a third of the time
    that each takes between other work.

    Attributes:
        histograms: what was measured; an export collects it.
    """

    def __init__(self, meter: Meter, catalogue: Mapping[str, Metric] = CATALOGUE) -> None:
        self._counters: dict[str, Counter] = {
            each.name: meter.create_counter(each.name, each.unit, each.meaning) for each in _of(catalogue, Kind.COUNTER)
        }
        self._gauges: dict[str, Gauge] = {
            each.name: meter.create_gauge(each.name, each.unit, each.meaning) for each in _of(catalogue, Kind.GAUGE)
        }
        self.histograms = ExponentialHistograms()
        self._noted: deque[tuple[Metric, float, Mapping[str, str]]] = deque()
        self._counted: _Counted = defaultdict(dict)
        self._lock = Lock()
        # The SDK asks it before it gathers what its own instruments have, and exports nothing if none has anything.
        meter.create_observable_gauge(PLACE_OF_HISTOGRAMS, [self._hand_over])

    def count(self, metric: Metric, amount: float = 1, /, **labels: str) -> None:
        """See ``Counters.count``."""
        self._noted.append((metric, amount, labels))
        if len(self._noted) >= ADDED_TOGETHER:
            self._add_up()

    def _add_up(self) -> None:
        with self._lock:
            # One by one, for others may be noted meanwhile.
            while self._noted:
                metric, value, labels = self._noted.popleft()
                if metric.kind is Kind.HISTOGRAM:
                    self.histograms.record(metric, value, labels)
                else:
                    labelled = self._counted[metric.name]
                    at = tuple(labels.items())
                    labelled[at] = labelled.get(at, 0) + value

    def _hand_over(self, _: CallbackOptions) -> Iterable[Observation]:
        """Passes on what was counted since the last export; the SDK calls it before each."""
        self._add_up()
        with self._lock:
            counted, self._counted = self._counted, defaultdict(dict)
        for name, labelled in counted.items():
            for labels, amount in labelled.items():
                self._counters[name].add(amount, dict(labels))
        return (Observation(0),)

    def show(self, metric: Metric, value: float, /, **labels: str) -> None:
        """See ``Gauges.show``."""
        self._gauges[metric.name].set(value, labels)

    def record(self, metric: Metric, value: float, /, **labels: str) -> None:
        """See ``Histograms.record``."""
        self._noted.append((metric, value, labels))
        if len(self._noted) >= ADDED_TOGETHER:
            self._add_up()


def _of(catalogue: Mapping[str, Metric], kind: Kind) -> Iterable[Metric]:
    return (each for each in catalogue.values() if each.kind is kind)
