"""Spans in OTLP, encoded where they end.

The SDK's encoder takes a finished span apart in many small messages: five times as long as this, in a thread that keeps
the event loop from working meanwhile (ADR 49). Messages are OpenTelemetry's own
(https://github.com/open-telemetry/opentelemetry-proto, trace.proto); what is left out has its default there.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, SpanFlags, Status
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, TraceFlags

from orders.adapters.outbound.telemetry.tracing import OtelSpan, Value, place_of
from orders.ports.tracing import SpanKind

_KINDS: Mapping[SpanKind, "Span.SpanKind.ValueType"] = {
    each: Span.SpanKind.Value(f"SPAN_KIND_{each.name}") for each in SpanKind
}
_LOCAL = int(SpanFlags.SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK)
_REMOTE = _LOCAL | int(SpanFlags.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK)
_ERROR = Status(code=Status.STATUS_CODE_ERROR)

_KEPT = SpanContext(1, 1, False, TraceFlags(TraceFlags.SAMPLED))
"""The SDK gathers no span that its context doesn't say is kept; it looks at nothing else."""


class EncodedSpan(ReadableSpan):
    """Carries an encoded span through the SDK, which gathers ``ReadableSpan``s and looks at none but in its encoder."""

    def __init__(self, message: Span) -> None:
        self.message = message
        self._context = _KEPT


def encode_span(span: OtelSpan, ended: int) -> Span:
    """Encodes a span that ended at ``ended`` ns since 1970; what can't be encoded is replaced, never raised."""
    attributes, place = span.attributes, span.place
    message: Span = Span.FromString(
        _said_again(span.name, span.kind, tuple(attributes.items()), tuple(map(type, attributes.values())))
    )
    message.trace_id = place.trace_id.to_bytes(16, "big")
    message.span_id = place.span_id.to_bytes(8, "big")
    if span.parent is not None:
        message.parent_span_id = span.parent.span_id.to_bytes(8, "big")
    if span.remote:
        message.flags = _REMOTE
    message.start_time_unix_nano = span.began
    message.end_time_unix_nano = ended
    if span.links:
        message.links.extend(_links(span.links))
    if span.failed:
        message.status.CopyFrom(_ERROR)
    return message


# Most spans differ from an earlier one by ids and times alone. By types too, for 1, 1.0 and True are equal.
@lru_cache(maxsize=1024)
def _said_again(
    name: str, kind: SpanKind, attributes: tuple[tuple[str, Value], ...], _types: tuple[type[Value], ...]
) -> bytes:
    said = Span(
        name=_text(name),
        kind=_KINDS[kind],
        attributes=[_attribute(*each) for each in attributes],
        flags=_LOCAL,
    )
    encoded: bytes = said.SerializeToString()
    return encoded


def encode_request(spans: Iterable[Span], *, resource: Mapping[str, str], scope: str) -> bytes:
    """Encodes what is sent: spans of one process, its attributes, and what made them."""
    request = ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=[_attribute(name, value) for name, value in resource.items()]),
                scope_spans=[ScopeSpans(scope=InstrumentationScope(name=scope), spans=spans)],
            )
        ]
    )
    encoded: bytes = request.SerializeToString()
    return encoded


def _links(traceparents: Iterable[str]) -> Iterable[Span.Link]:
    for place in map(place_of, traceparents):
        if place is not None:
            yield Span.Link(
                trace_id=place.trace_id.to_bytes(16, "big"), span_id=place.span_id.to_bytes(8, "big"), flags=_REMOTE
            )


def _attribute(name: str, value: Value) -> KeyValue:
    return KeyValue(key=name, value=_value(value))


def _value(value: Value) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        try:
            return AnyValue(int_value=value)
        except ValueError:  # of more than 64 bits
            return AnyValue(string_value=str(value))
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(string_value=_text(value))


def _text(value: str) -> str:
    """Returns the text without lone surrogates, which no encoding has."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()
