"""Spans by OpenTelemetry's SDK. Contract: ports/tracing.py."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar, Token
from types import MappingProxyType, TracebackType
from typing import Self

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags, set_span_in_context

from orders.adapters.trace_context import current_traceparent, valid_traceparent
from orders.ports.tracing import SpanKind

_KINDS: Mapping[SpanKind, trace.SpanKind] = MappingProxyType({each: trace.SpanKind[each.name] for each in SpanKind})
_NO_CONTEXT = Context()

current_span: ContextVar[trace.Span | None] = ContextVar("current_span", default=None)
"""The span in whose block this is; ``None`` outside of spans."""


class OtelTracing:
    """Starts spans of one tracer.

    The SDK's own context is left alone: who the parent is has one answer here, the span in whose block one starts or
    the trace context that came with a request or message.
    """

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    def span(
        self,
        name: str,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        parent: str | None = None,
        links: Sequence[str] = (),
        **attributes: str | float | bool,
    ) -> "OtelSpan":
        """See ``Tracing.span``."""
        return OtelSpan(
            self._tracer.start_span(
                name,
                context=_context_of(parent),
                kind=_KINDS[kind],
                links=[Link(context) for context in map(_span_context, links) if context is not None] or None,
                attributes=_dotted(attributes),
                # What an error says can be personal: its kind is noted below, and the masked log has the rest.
                record_exception=False,
                set_status_on_exception=False,
            )
        )


class OtelSpan:
    """A span, and the block in which it is the current one."""

    __slots__ = ("_outer", "_span", "_tokens")

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        """See ``Span.traceparent``."""
        context = self._span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def rename(self, name: str) -> None:
        """See ``Span.rename``."""
        self._span.update_name(name)

    def note(self, **attributes: str | float | bool) -> None:
        """See ``Span.note``."""
        self._span.set_attributes(_dotted(attributes))

    def fail(self, why: str) -> None:
        """See ``Span.fail``."""
        self._span.set_attribute("error.type", why)
        self._span.set_status(Status(StatusCode.ERROR))

    def __enter__(self) -> Self:
        self._tokens: tuple[Token[trace.Span | None], Token[str | None]] = (
            current_span.set(self._span),
            current_traceparent.set(self.traceparent),
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace_back: TracebackType | None
    ) -> None:
        span_before, traceparent_before = self._tokens
        current_span.reset(span_before)
        current_traceparent.reset(traceparent_before)
        if kind is not None:
            self.fail(kind.__name__)
        self._span.end()


def context_of_current() -> Context | None:
    """Returns the context of a child of the current span; ``None`` if there is none, or it is not recorded."""
    span = current_span.get()
    return set_span_in_context(span, _NO_CONTEXT) if span is not None and span.is_recording() else None


def _context_of(parent: str | None) -> Context:
    named = None if parent is None else _span_context(parent)
    if named is not None:
        return set_span_in_context(NonRecordingSpan(named), _NO_CONTEXT)
    span = current_span.get()
    return _NO_CONTEXT if span is None else set_span_in_context(span, _NO_CONTEXT)


def _span_context(traceparent: str) -> SpanContext | None:
    if valid_traceparent(traceparent) is None:
        return None
    _, trace_id, span_id, flags = traceparent.split("-")
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))


def _dotted(attributes: Mapping[str, str | float | bool]) -> dict[str, str | float | bool]:
    return {name.replace("__", "."): value for name, value in attributes.items()}
