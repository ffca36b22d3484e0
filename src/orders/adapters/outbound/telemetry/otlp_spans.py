"""Spans in OTLP.

The SDK's encoder takes a finished span apart in many small messages: twenty times as long as this, in a thread that
keeps the event loop from working meanwhile (ADR 49). What spans say again and again is encoded once, by OpenTelemetry's
own messages (https://github.com/open-telemetry/opentelemetry-proto, trace.proto); ids and times, which are as long in
every span, are appended to it. That is one message: of fields in two parts the later count, and repeated ones add up
(https://protobuf.dev/programming-guides/encoding/, "Last One Wins").
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from struct import Struct

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, SpanFlags, Status

from orders.adapters.outbound.telemetry.tracing import OtelSpan, Value
from orders.adapters.trace_context import valid_traceparent
from orders.ports.tracing import SpanKind

_KINDS: Mapping[SpanKind, "Span.SpanKind.ValueType"] = {
    each: Span.SpanKind.Value(f"SPAN_KIND_{each.name}") for each in SpanKind
}
_LOCAL = int(SpanFlags.SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK)
_REMOTE = _LOCAL | int(SpanFlags.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK)

# A field is its number and type in one byte, then its value: bytes with their length before them, times in 64 bits.
_TRACE_ID, _SPAN_ID, _PARENT_ID = b"\x0a\x10", b"\x12\x08", b"\x22\x08"
_TIMES = Struct("<BQBQ")
_BEGAN, _ENDED = 0x39, 0x41
_LINK = Struct("<BBBB16sBB8sBI")
_LINKED, _IN_LINK_TRACE, _IN_LINK_SPAN, _IN_LINK_FLAGS = 0x6A, 0x0A, 0x12, 0x35
_IN_REQUEST, _IN_RESOURCE, _IN_SCOPE = b"\x0a", b"\x12", b"\x12"


def encode_span(span: OtelSpan, ended: int) -> bytes:
    """Encodes a span that ended at ``ended`` ns since 1970; what can't be encoded is replaced, never raised."""
    parts = [
        span.said or said_again(span.name, span.kind, span.attributes, remote=span.remote, failed=span.failed),
        _TRACE_ID,
        span.trace_id.to_bytes(16, "big"),
        _SPAN_ID,
        span.span_id.to_bytes(8, "big"),
        _TIMES.pack(_BEGAN, span.began, _ENDED, ended),
    ]
    if span.parent_id is not None:
        parts += (_PARENT_ID, span.parent_id.to_bytes(8, "big"))
    if span.links:
        parts.append(_links(span.links))
    return b"".join(parts)


def said_again(
    name: str, kind: SpanKind, attributes: Mapping[str, Value], *, remote: bool = False, failed: bool = False
) -> bytes:
    """Encodes what spans say again and again; the ids and times of one are appended to it."""
    # By types too, for 1, 1.0 and True are equal.
    return _encoded(name, kind, remote, failed, tuple(attributes.items()), tuple(map(type, attributes.values())))


def encode_request(spans: Iterable[bytes], *, resource: Mapping[str, str], scope: str) -> bytes:
    """Encodes what is sent: spans of one process, its attributes, and what made them."""
    said = ResourceSpans(resource=Resource(attributes=[_attribute(*each) for each in resource.items()]))
    made_by = ScopeSpans(scope=InstrumentationScope(name=scope))
    listed = b"".join(part for span in spans for part in (_IN_SCOPE, _length(span), span))
    scope_spans: bytes = made_by.SerializeToString() + listed
    resource_spans: bytes = said.SerializeToString() + _IN_RESOURCE + _length(scope_spans) + scope_spans
    return _IN_REQUEST + _length(resource_spans) + resource_spans


def _length(of: bytes) -> bytes:
    """Returns how long it is, seven bits a byte, the lowest first, all but the last marked."""
    left, encoded = len(of), bytearray()
    while left > 0x7F:
        encoded.append(left & 0x7F | 0x80)
        left >>= 7
    encoded.append(left)
    return bytes(encoded)


@lru_cache(maxsize=1024)
def _encoded(
    name: str,
    kind: SpanKind,
    remote: bool,
    failed: bool,
    attributes: tuple[tuple[str, Value], ...],
    _types: tuple[type[Value], ...],
) -> bytes:
    said = Span(
        name=_text(name),
        kind=_KINDS[kind],
        attributes=[_attribute(*each) for each in attributes],
        flags=_REMOTE if remote else _LOCAL,
        status=Status(code=Status.STATUS_CODE_ERROR) if failed else None,
    )
    encoded: bytes = said.SerializeToString()
    return encoded


def _links(traceparents: Iterable[str]) -> bytes:
    # Each was checked when it came; what is none all the same is no link.
    return b"".join(
        _LINK.pack(
            _LINKED,
            _LINK.size - 2,
            *(_IN_LINK_TRACE, 16, bytes.fromhex(each[3:35])),
            *(_IN_LINK_SPAN, 8, bytes.fromhex(each[36:52])),
            *(_IN_LINK_FLAGS, _REMOTE),
        )
        for each in traceparents
        if valid_traceparent(each) is not None
    )


def _attribute(name: str, value: Value) -> KeyValue:
    return KeyValue(key=_text(name).replace("__", "."), value=_value(value))


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
