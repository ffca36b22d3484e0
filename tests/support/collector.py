"""A stand-in for an OpenTelemetry collector: takes OTLP over HTTP on loopback, and tells what it has been sent."""

import gzip
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue


@dataclass(frozen=True)
class ReceivedSpan:
    """A span as it came in; ids are in hexadecimal, ``parent`` is empty for the first of a trace."""

    name: str
    trace_id: str
    span_id: str
    parent: str
    kind: int
    links: tuple[tuple[str, str], ...]
    attributes: Mapping[str, Any]
    resource: Mapping[str, Any]
    failed: bool
    began: int
    ended: int


@dataclass(frozen=True)
class ReceivedPoint:
    """A data point of a metric: its value, or a histogram's count."""

    metric: str
    kind: str
    value: float
    labels: Mapping[str, Any]
    resource: Mapping[str, Any]
    delta: bool


@dataclass
class Collector:
    """What has been received.

    Attributes:
        url: its base address, for ``OTEL_EXPORTER_OTLP_ENDPOINT``.
        refusing: every request is answered with 400 while this is set, after which none is tried again.
        calls: number of requests.
        raw: every request as text, to be searched.
    """

    url: str = ""
    refusing: bool = False
    calls: int = 0
    spans: list[ReceivedSpan] = field(default_factory=list)
    points: list[ReceivedPoint] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)

    def trace(self, trace_id: str) -> list[ReceivedSpan]:
        """Returns a trace's spans by the time of their beginning."""
        return sorted((span for span in self.spans if span.trace_id == trace_id), key=lambda span: span.began)

    def take(self, path: str, body: bytes) -> bytes:
        """Takes one request and returns the answer's body."""
        if path == "/v1/traces":
            traces = ExportTraceServiceRequest.FromString(body)
            self.raw.append(str(traces))
            self.spans += _spans_in(traces)
            return bytes(ExportTraceServiceResponse().SerializeToString())
        metrics = ExportMetricsServiceRequest.FromString(body)
        self.raw.append(str(metrics))
        self.points += _points_in(metrics)
        return bytes(ExportMetricsServiceResponse().SerializeToString())


@contextmanager
def collecting() -> Iterator[Collector]:
    """Runs a collector in a thread of this process."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            collector.calls += 1
            known = self.path in {"/v1/traces", "/v1/metrics"}
            answer = collector.take(self.path, body) if known and not collector.refusing else b""
            self.send_response(400 if collector.refusing else 200 if known else 404)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _spans_in(request: ExportTraceServiceRequest) -> Iterator[ReceivedSpan]:
    for group in request.resource_spans:
        resource = _attributes(group.resource.attributes)
        for scope in group.scope_spans:
            for span in scope.spans:
                yield ReceivedSpan(
                    name=span.name,
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    kind=span.kind,
                    links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
                    attributes=_attributes(span.attributes),
                    resource=resource,
                    failed=span.status.code == 2,
                    began=span.start_time_unix_nano,
                    ended=span.end_time_unix_nano,
                )


def _points_in(request: ExportMetricsServiceRequest) -> Iterator[ReceivedPoint]:
    for group in request.resource_metrics:
        resource = _attributes(group.resource.attributes)
        for scope in group.scope_metrics:
            for metric in scope.metrics:
                kind = metric.WhichOneof("data") or ""
                data = getattr(metric, kind)
                for point in data.data_points:
                    value = point.count if "histogram" in kind else point.as_double or point.as_int
                    delta = getattr(data, "aggregation_temporality", 0) == 1
                    yield ReceivedPoint(metric.name, kind, value, _attributes(point.attributes), resource, delta)


def _attributes(given: Any) -> dict[str, Any]:
    return {each.key: _value(each) for each in given}


def _value(given: KeyValue) -> Any:
    return getattr(given.value, given.value.WhichOneof("value") or "string_value")
