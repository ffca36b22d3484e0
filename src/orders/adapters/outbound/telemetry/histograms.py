"""Exponential histograms, in the data points that OpenTelemetry's exporter sends.

The SDK's histogram takes ten times as long for each value (ADR 49): here a value is kept with others of its series, and
many are put in their buckets together.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Lock

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Buckets,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
)
from opentelemetry.sdk.metrics.export import (
    Metric as Told,
)

from orders.ports.metrics import Metric

MOST_BUCKETS = 160
"""As many as the SDK has by default (Metrics SDK, "Base2 Exponential Bucket Histogram Aggregation")."""

FINEST_SCALE = 8
"""The scale that a series has while its values need no coarser one: of bounds a 370th apart."""

AT_ONCE = 1024
"""So many values of a series are kept before they are put in their buckets: that takes half a millisecond."""

_NONE = Buckets(offset=0, bucket_counts=())


def bucket_of(value: float, scale: int) -> int:
    """Returns the index of a positive value's bucket: that with ``base ** index < value <= base ** (index + 1)``.

    ``base`` is ``2 ** (2 ** -scale)`` (OpenTelemetry's data model, "Exponential Buckets").
    """
    part, exponent = math.frexp(value)
    if part == 0.5:
        # A power of two is the upper bound of its bucket, whatever its logarithm is rounded to.
        return ((exponent - 1) << scale) - 1
    return math.ceil((math.log2(part) + exponent) * (1 << scale)) - 1


class _Series:
    """The values of one metric with the same labels since the last export."""

    __slots__ = ("_buckets", "_count", "_greatest", "_least", "_sum", "_zeros", "values")

    def __init__(self) -> None:
        self.values: list[float] = []
        self._buckets: Counter[int] = Counter()
        self._count = self._zeros = 0
        self._sum = 0.0
        self._least, self._greatest = math.inf, -math.inf

    def fold(self) -> None:
        """Puts the kept values in their buckets."""
        values, self.values = self.values, []
        positive = [value for value in values if value > 0]
        self._buckets.update(bucket_of(value, FINEST_SCALE) for value in positive)
        self._count += len(values)
        self._zeros += len(values) - len(positive)
        self._sum += math.fsum(values)
        self._least, self._greatest = min(self._least, *values), max(self._greatest, *values)

    def point(self, labels: Mapping[str, str], began: int, ended: int) -> ExponentialHistogramDataPoint:
        """Returns all of it, at the finest scale that has no more than ``MOST_BUCKETS``."""
        if self.values:
            self.fold()
        scale, buckets = FINEST_SCALE, self._buckets
        while buckets and max(buckets) - min(buckets) >= MOST_BUCKETS:
            # Two buckets are one of the next coarser scale (data model, "Perfect subsetting").
            scale, coarser = scale - 1, Counter[int]()
            for index, count in buckets.items():
                coarser[index >> 1] += count
            buckets = coarser
        offset = min(buckets, default=0)
        counts = [buckets[index] for index in range(offset, max(buckets, default=-1) + 1)]
        return ExponentialHistogramDataPoint(
            attributes=labels,
            start_time_unix_nano=began,
            time_unix_nano=ended,
            count=self._count,
            sum=self._sum,
            scale=scale,
            zero_count=self._zeros,
            positive=Buckets(offset=offset, bucket_counts=counts),
            negative=_NONE,
            flags=0,
            min=self._least,
            max=self._greatest,
        )


class ExponentialHistograms:
    """Histograms of one process; each export says what was measured since the last.

    What is measured is never below zero: durations and sizes. A value that is counts as zero.
    """

    def __init__(self, now_ns: Callable[[], int] = time.time_ns) -> None:
        """``now_ns`` is the clock, in nanoseconds since 1970."""
        self._now_ns = now_ns
        self._began = now_ns()
        self._series: dict[tuple[str, frozenset[tuple[str, str]]], _Series] = {}
        self._metrics: dict[str, Metric] = {}
        self._lock = Lock()

    def record(self, metric: Metric, value: float, labels: Mapping[str, str]) -> None:
        """Adds a value to the series of the metric and labels, whose order does not matter."""
        key = metric.name, frozenset(labels.items())
        with self._lock:
            series = self._series.get(key)
            if series is None:
                series = self._series[key] = _Series()
                self._metrics[metric.name] = metric
            series.values.append(value)
            if len(series.values) >= AT_ONCE:
                series.fold()

    def collect(self) -> Sequence[Told]:
        """Returns what was measured since the last call, and begins anew; empty if nothing was."""
        with self._lock:
            series, self._series = self._series, {}
            began, self._began = self._began, self._now_ns()
        points: dict[str, list[ExponentialHistogramDataPoint]] = {}
        for (name, labels), each in series.items():
            points.setdefault(name, []).append(each.point(dict(labels), began, self._began))
        return list(self._told(points))

    def _told(self, points: Mapping[str, Sequence[ExponentialHistogramDataPoint]]) -> Iterator[Told]:
        for name, told in points.items():
            metric = self._metrics[name]
            # CloudWatch adds up what it is told.
            yield Told(name, metric.meaning, metric.unit, ExponentialHistogram(told, AggregationTemporality.DELTA))
