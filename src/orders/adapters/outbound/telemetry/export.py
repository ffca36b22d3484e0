"""Sends traces and metrics to an OpenTelemetry collector by OTLP over HTTP, in the background.

Settings are OpenTelemetry's own (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/) as
the service has read them. Those that it does not know, such as ``OTEL_EXPORTER_OTLP_HEADERS``, the exporters read
themselves.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, Counter, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Metric,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
    ResourceMetrics,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

from orders.adapters.outbound.telemetry.aws_calls import AwsCalls
from orders.adapters.outbound.telemetry.metrics import PLACE_OF_HISTOGRAMS, OtelMetrics
from orders.adapters.outbound.telemetry.otlp_spans import encode_request
from orders.adapters.outbound.telemetry.span_queue import SpanQueue
from orders.adapters.outbound.telemetry.tracing import OtelTracing

SCOPE = "orders"
_PARENT_BASED = "parentbased_"
"""Samplers with such a name keep what comes from a kept span."""

_log = logging.getLogger(__name__)
METRICS_EVERY_SECONDS = 60.0
SPANS_EVERY_SECONDS = 5.0
PATIENCE_SECONDS = 5.0
"""So long an export may take; a collector that is away is tried again with the next one, and keeps nobody waiting."""


@dataclass(frozen=True, slots=True)
class Export:
    """Describes the export: where telemetry goes, and what of it.

    Attributes:
        endpoint: the collector's base address; ``/v1/traces`` and ``/v1/metrics`` are appended (OTLP specification,
            "OTLP/HTTP Request").
        resource: attributes of everything that is sent: which process of which release says it.
        sampler: a sampler by the name that OpenTelemetry gives it.
        sampler_share: the share of traces that a sampler by ratio keeps.
    """

    endpoint: str
    resource: Mapping[str, str]
    sampler: str = "parentbased_always_on"
    sampler_share: float | None = None
    metrics_every_seconds: float = METRICS_EVERY_SECONDS
    spans_every_seconds: float = SPANS_EVERY_SECONDS


class OtelTelemetry:
    """The SDK's providers of one process, over one collector.

    Attributes:
        tracing, metrics, aws_calls: what the service measures and traces with.
    """

    def __init__(self, export: Export) -> None:
        """Starts exporting in background threads. ``close`` ends them."""
        base = export.endpoint.rstrip("/")
        self._outage = Outage()
        # Of each failed export they would write several lines; the outage is told once, below.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        spans = _SpanExporter(self._outage, f"{base}/v1/traces", resource=export.resource, timeout=PATIENCE_SECONDS)
        self._spans = SpanQueue(spans.send, every_seconds=export.spans_every_seconds)
        exporter = _MetricExporter(
            self._outage,
            f"{base}/v1/metrics",
            timeout=PATIENCE_SECONDS,
            # CloudWatch adds up what it is told: each export says what has happened since the last.
            preferred_temporality={Counter: AggregationTemporality.DELTA},
        )
        self._meters = MeterProvider(
            [PeriodicExportingMetricReader(exporter, export_interval_millis=export.metrics_every_seconds * 1000)],
            resource=Resource(dict(export.resource)),
            shutdown_on_exit=False,
            # CloudWatch keeps none, and each costs every measurement a look at the trace.
            exemplar_filter=AlwaysOffExemplarFilter(),
        )
        kept = sampler(export.sampler, export.sampler_share)
        follows = export.sampler.startswith(_PARENT_BASED)
        self.tracing = OtelTracing(self._spans.take, keeps=kept, follows_parents=follows)
        self.aws_calls = AwsCalls(self.tracing)
        self.metrics = OtelMetrics(self._meters.get_meter(SCOPE))
        exporter.histograms = self.metrics.histograms.collect

    def flush(self) -> None:
        """Sends everything gathered so far; waits for it."""
        self._spans.flush()
        self._meters.force_flush()

    def close_traces(self) -> None:
        """Sends the spans that are left and ends their thread; a collector that hangs makes it wait for long."""
        self._spans.close()

    def close_metrics(self) -> None:
        """Sends the metrics that are left and ends their thread; waits as ``close_traces``."""
        self._meters.shutdown()


class Outage:
    """Tells once that the collector takes nothing, and once that it takes something again."""

    def __init__(self) -> None:
        self._failing = False
        self._lock = threading.Lock()

    def note(self, what: str, *, taken: bool) -> None:
        """Notes an export of traces or metrics; called from their threads."""
        with self._lock:
            changed, self._failing = self._failing is taken, not taken
        if changed and taken:
            _log.info("the collector takes telemetry again")
        elif changed:
            _log.warning("the collector does not take telemetry, first %s: what is not taken is lost", what)


class _SpanExporter(OTLPSpanExporter):
    """Sends spans that are encoded already, by the exporter's own client: its patience, retries and headers."""

    def __init__(self, outage: Outage, endpoint: str, *, resource: Mapping[str, str], **more: Any) -> None:
        super().__init__(endpoint, **more)
        self._outage = outage
        self._resource = resource

    def send(self, spans: Sequence[bytes]) -> None:
        """Sends them in one request, and notes whether the collector took them."""
        request = encode_request(spans, resource=self._resource, scope=SCOPE)
        self._outage.note("traces", taken=self._client.export(request).success)


class _MetricExporter(OTLPMetricExporter):
    """Sends what the SDK's instruments have, with our own histograms.

    Attributes:
        histograms: returns what was measured since the last export.
    """

    def __init__(self, outage: Outage, endpoint: str, **more: Any) -> None:
        super().__init__(endpoint, **more)
        self._outage = outage
        self.histograms: Callable[[], Sequence[Metric]] = tuple

    def export(
        self, metrics_data: MetricsData, timeout_millis: float | None = 10_000, **more: Any
    ) -> MetricExportResult:
        measured = self.histograms()
        told = MetricsData([_with(measured, each) for each in metrics_data.resource_metrics])
        if not any(scope.metrics for each in told.resource_metrics for scope in each.scope_metrics):
            return MetricExportResult.SUCCESS
        result = super().export(told, timeout_millis, **more)
        self._outage.note("metrics", taken=result is MetricExportResult.SUCCESS)
        return result


def _with(measured: Sequence[Metric], told: ResourceMetrics) -> ResourceMetrics:
    """Puts our own histograms in their place; there is one meter, and so one scope."""
    scopes = [
        replace(scope, metrics=[*(each for each in scope.metrics if each.name != PLACE_OF_HISTOGRAMS), *measured])
        for scope in told.scope_metrics
    ]
    return replace(told, scope_metrics=scopes)


def sampler(name: str, share: float | None) -> Callable[[int], bool]:
    """Returns what decides by a trace's id whether it is kept, by the sampler's name in OpenTelemetry.

    One by ratio keeps everything if no share is given. Every process must decide alike, so its bound is the SDK's.
    """
    match name.removeprefix(_PARENT_BASED):
        case "always_on":
            return lambda _: True
        case "always_off":
            return lambda _: False
        case _:
            bound = TraceIdRatioBased.get_bound_for_rate(1.0 if share is None else share)
            return lambda trace_id: trace_id & TraceIdRatioBased.TRACE_ID_LIMIT < bound
