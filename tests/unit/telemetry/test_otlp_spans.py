"""Spans are encoded as OpenTelemetry's own encoder does it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, Status, StatusCode, TraceFlags

from orders.adapters.outbound.telemetry.otlp_spans import encode_request, encode_span, said_again
from orders.adapters.outbound.telemetry.tracing import OtelSpan, OtelTracing, Place
from orders.ports.tracing import SpanKind

RESOURCE = {"service.name": "orders", "cloud.region": "af-south-1"}
KEPT = TraceFlags(TraceFlags.SAMPLED)
BEGAN, ENDED = 1_700_000_000_000_000_000, 1_700_000_000_000_250_000
INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
VALUES = st.booleans() | INT64 | st.floats(allow_nan=False) | TEXT
TRACE_IDS, SPAN_IDS = st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1)
PLACES = st.builds(Place, TRACE_IDS, SPAN_IDS, st.just(True))
TRACING = OtelTracing(lambda *_: None, keeps=lambda _: True)


@st.composite
def spans(draw: st.DrawFn) -> OtelSpan:
    """Builds spans of every kind, with parents here and elsewhere."""
    place, parent = draw(PLACES), draw(st.none() | PLACES)
    attributes: dict[str, Any] = draw(st.dictionaries(TEXT.filter(bool), VALUES, max_size=5))
    name, kind = draw(TEXT), draw(st.sampled_from(list(SpanKind)))
    remote = parent is not None and draw(st.booleans())
    said = None if remote or draw(st.booleans()) else said_again(name, kind, attributes)
    span = OtelSpan(
        TRACING,
        (name, kind, remote),
        (place.trace_id, place.span_id, parent and parent.span_id, True),
        BEGAN,
        attributes,
        [f"00-{each.trace_id:032x}-{each.span_id:016x}-01" for each in draw(st.lists(PLACES, max_size=3))],
        said,
    )
    if draw(st.booleans()):
        span.note(more__of=1)
    if draw(st.booleans()):
        span.fail("TimeoutError")
    return span


def _as_the_sdk_has_it(span: OtelSpan) -> ReadableSpan:
    links = [Place(int(each[3:35], 16), int(each[36:52], 16), True) for each in span.links]
    return ReadableSpan(
        name=span.name,
        context=SpanContext(span.trace_id, span.span_id, False, KEPT),
        parent=None if span.parent_id is None else SpanContext(span.trace_id, span.parent_id, span.remote, KEPT),
        resource=Resource(dict(RESOURCE)),
        attributes={name.replace("__", "."): value for name, value in span.attributes.items()},
        links=[Link(SpanContext(each.trace_id, each.span_id, True, KEPT)) for each in links],
        kind=trace.SpanKind[span.kind.name],
        status=Status(StatusCode.ERROR) if span.failed else Status(),
        start_time=BEGAN,
        end_time=ENDED,
        instrumentation_scope=InstrumentationScope("orders"),
    )


@given(st.lists(spans(), min_size=1, max_size=4))
def test_it_is_what_the_sdks_own_encoder_makes_of_the_same_spans(found: list[OtelSpan]) -> None:
    messages = [encode_span(each, ENDED) for each in found]
    ours = ExportTraceServiceRequest.FromString(encode_request(messages, resource=RESOURCE, scope="orders"))
    theirs = encode_spans([_as_the_sdk_has_it(each) for each in found])
    for each in theirs.resource_spans[0].scope_spans[0].spans:
        if not each.status.code:
            each.ClearField("status")  # unset is the default, which the SDK's encoder spells out
    assert ours == theirs


@pytest.mark.parametrize(
    ("value", "sent"),
    [("a\ud800b", "a?b"), (2**64, str(2**64)), (True, True), (1, 1), (1.0, 1.0)],
)
def test_a_value_that_has_no_encoding_is_replaced_and_equal_ones_keep_their_types(value: Any, sent: Any) -> None:
    for name in ("plain", "name\ud800"):
        span = TRACING.start(name, SpanKind.INTERNAL, None, {"it": value})
        (attribute,) = Span.FromString(encode_span(span, ENDED)).attributes
        found = getattr(attribute.value, str(attribute.value.WhichOneof("value")))
        assert (found, type(found)) == (sent, type(sent))
