"""Sends traces and metrics to an OpenTelemetry collector by OTLP over HTTP, in the background.

Settings are OpenTelemetry's own (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/) as
the service has read them. Those that it does not know, such as ``OTEL_EXPORTER_OTLP_HEADERS``, the exporters read
themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    ParentBased,
    Sampler,
    TraceIdRatioBased,
)

from orders.adapters.outbound.telemetry.aws_calls import AwsCalls
from orders.adapters.outbound.telemetry.metrics import OtelMetrics
from orders.adapters.outbound.telemetry.tracing import OtelTracing

SCOPE = "orders"
METRICS_EVERY_SECONDS = 60.0
SPANS_EVERY_SECONDS = 5.0
PATIENCE_SECONDS = 5.0
"""So long an export may take; a collector that is away is tried again with the next one, and keeps nobody waiting."""

MAX_QUEUED_SPANS = 4096
"""More are dropped: a collector that is away must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Export:
    """Where telemetry goes, and what of it.

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
    headers: Mapping[str, str] = field(default_factory=dict)


class OtelTelemetry:
    """The SDK's providers of one process, over one collector.

    Attributes:
        tracing, metrics, aws_calls: what the service measures and traces with.
    """

    def __init__(self, export: Export) -> None:
        """Starts exporting in background threads. ``close`` ends them."""
        resource = Resource(dict(export.resource))
        base = export.endpoint.rstrip("/")
        headers = dict(export.headers)
        self._tracers = TracerProvider(
            resource=resource, sampler=sampler(export.sampler, export.sampler_share), shutdown_on_exit=False
        )
        self._tracers.add_span_processor(
            BatchSpanProcessor(
                OTLPSpanExporter(f"{base}/v1/traces", headers=headers, timeout=PATIENCE_SECONDS),
                max_queue_size=MAX_QUEUED_SPANS,
                schedule_delay_millis=export.spans_every_seconds * 1000,
            )
        )
        exporter = OTLPMetricExporter(
            f"{base}/v1/metrics",
            headers=headers,
            timeout=PATIENCE_SECONDS,
            # CloudWatch adds up what it is told: each export says what has happened since the last.
            preferred_temporality={Counter: AggregationTemporality.DELTA, Histogram: AggregationTemporality.DELTA},
            # Of histograms with fixed bounds CloudWatch would know no percentile.
            preferred_aggregation={Histogram: ExponentialBucketHistogramAggregation()},
        )
        self._meters = MeterProvider(
            [PeriodicExportingMetricReader(exporter, export_interval_millis=export.metrics_every_seconds * 1000)],
            resource=resource,
            shutdown_on_exit=False,
        )
        tracer = self._tracers.get_tracer(SCOPE)
        self.tracing = OtelTracing(tracer)
        self.aws_calls = AwsCalls(tracer)
        self.metrics = OtelMetrics(self._meters.get_meter(SCOPE))

    def flush(self) -> None:
        """Sends everything gathered so far; waits for it."""
        self._tracers.force_flush()
        self._meters.force_flush()

    def close(self) -> None:
        """Sends what is left and ends the threads; waits for the collector as long as one export may take."""
        self._tracers.shutdown()
        self._meters.shutdown()


def sampler(name: str, share: float | None) -> Sampler:
    """Returns the sampler with that name; one by ratio keeps everything if no share is given."""
    root: Sampler
    match name.removeprefix("parentbased_"):
        case "always_on":
            root = ALWAYS_ON
        case "always_off":
            root = ALWAYS_OFF
        case _:
            root = TraceIdRatioBased(1.0 if share is None else share)
    return ParentBased(root) if name.startswith("parentbased_") else root
