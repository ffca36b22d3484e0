"""Spans, recorded here and handed on when they end. Contract: ports/tracing.py.

The SDK's own tracer takes eight times as long for a span (ADR 49). What has ended goes to export.py.
"""

import random
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar, Token
from functools import cache
from types import TracebackType
from typing import NamedTuple, Self

from orders.adapters.trace_context import current_traceparent, valid_traceparent
from orders.ports.tracing import SpanKind

_SAMPLED = 1
"""The flag of a kept trace (W3C Trace Context, section 3.2.2.5.1)."""

Value = str | float | bool


class Place(NamedTuple):
    """The place of a span in a trace (W3C Trace Context).

    Attributes:
        sampled: whether the trace is kept.
    """

    trace_id: int
    span_id: int
    sampled: bool

    @property
    def traceparent(self) -> str:
        """Returns it as the header ``traceparent``."""
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{self.sampled:02x}"


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
        recorded = {_dotted(key): value for key, value in attributes.items()}
        return self.start(name, kind, place_of(parent), recorded, links)

    def start(
        self,
        name: str,
        kind: SpanKind,
        parent: Place | None,
        attributes: dict[str, Value],
        links: Sequence[str] = (),
    ) -> "OtelSpan":
        """Starts a span that its caller ends; ``parent`` is that of another process, attributes have dots."""
        if parent is None and (current := current_span.get()) is not None:
            place = Place(current.place.trace_id, self._bits(64) or 1, current.place.sampled)
            return OtelSpan(self, name, kind, place, current.place, False, self.now_ns(), attributes, links)
        trace_id = self._bits(128) or 1 if parent is None else parent.trace_id
        kept = parent.sampled if self._follows and parent is not None else self._keeps(trace_id)
        place = Place(trace_id, self._bits(64) or 1, kept)
        return OtelSpan(self, name, kind, place, parent, parent is not None, self.now_ns(), attributes, links)


class OtelSpan:
    """A span, and the block in which it is the current one.

    Attributes:
        place: its own; ``parent`` is that of its parent, which ``remote`` says is another process's.
        began: nanoseconds since 1970.
        links: the places of spans that it is linked to, as ``traceparent`` has them.
        failed: whether it is marked as failed.
    """

    __slots__ = ("_tokens", "_tracing", "attributes", "began", "failed", "kind", "links", "name", "parent", "place",
                 "remote")  # fmt: skip

    def __init__(
        self,
        tracing: OtelTracing,
        name: str,
        kind: SpanKind,
        place: Place,
        parent: Place | None,
        remote: bool,
        began: int,
        attributes: dict[str, Value],
        links: Sequence[str],
    ) -> None:
        self._tracing = tracing
        self.name = name
        self.kind = kind
        self.place = place
        self.parent = parent
        self.remote = remote
        self.began = began
        self.attributes = attributes
        self.links = links
        self.failed = False

    @property
    def traceparent(self) -> str:
        """See ``Span.traceparent``."""
        return self.place.traceparent

    def rename(self, name: str) -> None:
        """See ``Span.rename``."""
        self.name = name

    def note(self, **attributes: Value) -> None:
        """See ``Span.note``."""
        for name, value in attributes.items():
            self.attributes[_dotted(name)] = value

    def fail(self, why: str) -> None:
        """See ``Span.fail``."""
        self.attributes["error.type"] = why
        self.failed = True

    def end(self) -> None:
        """Ends it."""
        if self.place.sampled:
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


@cache
def _dotted(name: str) -> str:
    return name.replace("__", ".")
