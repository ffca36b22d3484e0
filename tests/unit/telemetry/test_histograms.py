"""Exponential histograms: the same as OpenTelemetry's SDK makes of the same values."""

import itertools
import random

import pytest
from opentelemetry.sdk.metrics import Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    InMemoryMetricReader,
    Metric,
)
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation

from orders.adapters.outbound.telemetry.histograms import (
    AT_ONCE,
    FINEST_SCALE,
    MOST_BUCKETS,
    ExponentialHistograms,
    bucket_of,
)
from orders.ports.metric_catalogue import RENDER_SECONDS, REQUEST_SECONDS


def histograms() -> ExponentialHistograms:
    return ExponentialHistograms(now_ns=itertools.count(1000).__next__)


def points(told: list[Metric]) -> list[ExponentialHistogramDataPoint]:
    (metric,) = told
    assert isinstance(metric.data, ExponentialHistogram)
    return list(metric.data.data_points)


def by_the_sdk(values: list[float]) -> ExponentialHistogramDataPoint:
    reader = InMemoryMetricReader(
        preferred_temporality={Histogram: AggregationTemporality.DELTA},
        preferred_aggregation={Histogram: ExponentialBucketHistogramAggregation()},
    )
    provider = MeterProvider([reader], shutdown_on_exit=False)
    histogram = provider.get_meter("test").create_histogram("seconds")
    for value in values:
        histogram.record(value)
    data = reader.get_metrics_data()
    assert data is not None
    return points(list(data.resource_metrics[0].scope_metrics[0].metrics))[0]


@pytest.mark.parametrize("exponent", range(-30, 31))
@pytest.mark.parametrize("scale", [0, 3, FINEST_SCALE])
def test_a_power_of_two_is_the_upper_bound_of_its_bucket(exponent: int, scale: int) -> None:
    bound = exponent * 2**scale
    assert bucket_of(2.0**exponent, scale) == bound - 1
    assert bucket_of(2.0**exponent * 1.0001, scale) == bound


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.5, 4.0])
@pytest.mark.parametrize("count", [1, 2, AT_ONCE - 1, AT_ONCE, 3 * AT_ONCE + 7])
def test_a_series_is_what_the_sdk_makes_of_it(spread: float, count: int) -> None:
    chance = random.Random(count)  # noqa: S311 - nobody gains by guessing it
    values = [0.0, *(chance.lognormvariate(-4, spread) for _ in range(count))]
    ours = histograms()
    for value in values:
        ours.record(REQUEST_SECONDS, value, {"operation": "create_order", "group": "create"})
    (point,) = points(list(ours.collect()))
    expected = by_the_sdk(values)
    assert (point.count, point.zero_count) == (len(values), 1)
    assert point.sum == pytest.approx(expected.sum)
    assert (point.min, point.max) == (expected.min, expected.max)
    assert sum(point.positive.bucket_counts) == count
    assert len(point.positive.bucket_counts) <= MOST_BUCKETS
    # The SDK begins at a finer scale, and both go down as far as they must.
    assert point.scale == min(expected.scale, FINEST_SCALE)
    finer = expected.scale - point.scale
    merged: dict[int, int] = {}
    for index, times in enumerate(expected.positive.bucket_counts, expected.positive.offset):
        merged[index >> finer] = merged.get(index >> finer, 0) + times
    told = dict(enumerate(point.positive.bucket_counts, point.positive.offset))
    assert {at: times for at, times in told.items() if times} == {at: times for at, times in merged.items() if times}


def test_each_export_says_what_was_measured_since_the_last() -> None:
    ours = histograms()
    ours.record(RENDER_SECONDS, 0.25, {"outcome": "rendered"})
    (first,) = points(list(ours.collect()))
    assert ours.collect() == []
    ours.record(RENDER_SECONDS, 0.5, {"outcome": "rendered"})
    ours.record(RENDER_SECONDS, 0.5, {"outcome": "failed"})
    (told,) = ours.collect()
    assert isinstance(told.data, ExponentialHistogram)
    assert told.data.aggregation_temporality is AggregationTemporality.DELTA
    assert (told.name, told.unit) == (RENDER_SECONDS.name, RENDER_SECONDS.unit)
    assert {(point.attributes or {})["outcome"]: point.count for point in told.data.data_points} == {
        "rendered": 1,
        "failed": 1,
    }
    assert first.start_time_unix_nano < first.time_unix_nano
    assert {point.start_time_unix_nano > first.time_unix_nano for point in told.data.data_points} == {True}


def test_the_order_of_labels_does_not_matter() -> None:
    ours = histograms()
    ours.record(REQUEST_SECONDS, 1.0, {"operation": "create_order", "group": "create"})
    ours.record(REQUEST_SECONDS, 1.0, {"group": "create", "operation": "create_order"})
    (point,) = points(list(ours.collect()))
    assert point.count == 2


def test_what_is_below_zero_counts_as_zero() -> None:
    ours = histograms()
    ours.record(RENDER_SECONDS, -1e-9, {"outcome": "rendered"})
    (point,) = points(list(ours.collect()))
    assert (point.count, point.zero_count, list(point.positive.bucket_counts)) == (1, 1, [])
