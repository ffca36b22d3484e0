"""Spans, recorded here and handed on when they end. Contract: ports/tracing.py.

The SDK's own tracer takes eight times as long for a span (ADR 49). What has ended goes to export.py.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import NamedTuple, Self

from orders.adapters.trace_context import current_traceparent, valid_traceparent
from orders.ports.tracing import SpanKind

_SAMPLED = 1
"""The flag of a kept trace (W3C Trace Context, section 3.2.2.5.1)."""

Value = str | float | bool


class Place(NamedTuple):
    """The place of another process's span in a trace (W3C Trace Context).

    Attributes:
        sampled: whether the trace is kept.
    """

    trace_id: int
    span_id: int
    sampled: bool


def place_of(traceparent: str | None) -> Place | None:
    """Parses a trace context; an invalid one counts as absent."""
    if traceparent is None or valid_traceparent(traceparent) is None:
        return None
    _, trace_id, span_id, flags = traceparent.split("-")
    return Place(int(trace_id, 16), int(span_id, 16), bool(int(flags, 16) & _SAMPLED))


class OtelTracing:
    """Starts spans.

    Who the parent is has one answer: the trace context that came with a request or message, or the span in whose block
    one starts. Whether a trace is kept is decided where it begins or is taken over from another process; spans within
    follow.

    Attributes:
        take: called with each kept span that has ended, and when.
        now_ns: the clock, in nanoseconds since 1970.
    """

    def __init__(
        self,
        take: "Callable[[OtelSpan, int], None]",
        *,
        keeps: Callable[[int], bool],
        follows_parents: bool = False,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """See the attributes.

        Args:
            take, now_ns: as the attributes.
            keeps: decides by its id whether a trace is kept that begins here or comes from elsewhere.
            follows_parents: one that comes from elsewhere is kept if it was kept there, whatever ``keeps`` says.
        """
        self.take = take
        self._keeps = keeps
        self.now_ns = now_ns
        self._follows = follows_parents
        # Ids of traces are no secrets. Zero is none (W3C Trace Context, section 3.2.2): once in 2^64 spans.
        self._bits = random.Random().getrandbits  # noqa: S311

    def span(
        self,
        name: str,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        parent: str | None = None,
        links: Sequence[str] = (),
        **attributes: Value,
    ) -> "OtelSpan":
        """See ``Tracing.span``."""
        return self.start(name, kind, place_of(parent), attributes, links)

    def start(
        self,
        name: str,
        kind: SpanKind,
        parent: Place | None,
        attributes: Mapping[str, Value],
        links: Sequence[str] = (),
        said: bytes | None = None,
    ) -> "OtelSpan":
        """Starts a span that its caller ends; ``parent`` is that of another process. See ``OtelSpan``."""
        span_id = self._bits(64) or 1
        if parent is not None:
            trace_id, parent_id = parent.trace_id, parent.span_id
            kept = parent.sampled if self._follows else self._keeps(trace_id)
        elif (current := current_span.get()) is not None:
            trace_id, parent_id, kept = current.trace_id, current.span_id, current.sampled
        else:
            trace_id, parent_id = self._bits(128) or 1, None
            kept = self._keeps(trace_id)
        return OtelSpan(
            self,
            (name, kind, parent is not None),
            (trace_id, span_id, parent_id, kept),
            self.now_ns(),
            attributes,
            links,
            said,
        )


class OtelSpan:
    """A span, and the block in which it is the current one.

    Attributes:
        trace_id, span_id: its place.
        parent_id: its parent's ``span_id``; ``remote`` says that the parent is another process's.
        sampled: whether its trace is kept.
        began: nanoseconds since 1970.
        attributes: shared with other spans, and so never changed; names as keywords are written, ``__`` for a dot, or
            with dots.
        links: the places of spans that it is linked to, as ``traceparent`` has them.
        failed: whether it is marked as failed.
        said: all of it that other spans say too, encoded, if it was given so and nothing has been added since.
    """

    __slots__ = ("_tokens", "_tracing", "attributes", "began", "failed", "kind", "links", "name", "parent_id", "remote",
                 "said", "sampled", "span_id", "trace_id")  # fmt: skip

    def __init__(
        self,
        tracing: OtelTracing,
        what: tuple[str, SpanKind, bool],
        where: tuple[int, int, int | None, bool],
        began: int,
        attributes: Mapping[str, Value],
        links: Sequence[str],
        said: bytes | None = None,
    ) -> None:
        """See the attributes.

        Args:
            tracing: takes it when it ends.
            what: ``name``, ``kind``, ``remote``.
            where: ``trace_id``, ``span_id``, ``parent_id``, ``sampled``.
            began, attributes, links, said: as the attributes.
        """
        self._tracing = tracing
        self.name, self.kind, self.remote = what
        self.trace_id, self.span_id, self.parent_id, self.sampled = where
        self.began = began
        self.attributes = attributes
        self.links = links
        self.said = said
        self.failed = False

    @property
    def traceparent(self) -> str:
        """See ``Span.traceparent``."""
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{self.sampled:02x}"

    def rename(self, name: str) -> None:
        """See ``Span.rename``."""
        self.name, self.said = name, None

    def note(self, **attributes: Value) -> None:
        """See ``Span.note``."""
        self.attributes, self.said = {**self.attributes, **attributes}, None

    def fail(self, why: str) -> None:
        """See ``Span.fail``."""
        self.note(**{"error.type": why})
        self.failed = True

    def end(self) -> None:
        """Ends it."""
        if self.sampled:
            self._tracing.take(self, self._tracing.now_ns())

    def __enter__(self) -> Self:
        self._tokens: tuple[Token[OtelSpan | None], Token[str | None]] = (
            current_span.set(self),
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
            # What an error says can be personal; its kind is not, and the masked log has the rest.
            self.fail(kind.__name__)
        self.end()


current_span: ContextVar[OtelSpan | None] = ContextVar("current_span", default=None)
"""The span in whose block this is; ``None`` outside of spans."""
