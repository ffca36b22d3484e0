"""The trace that a request or message belongs to (W3C Trace Context), and tracing that only passes it on."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from orders.ports.tracing import Span, SpanKind

_IN_TEXT = re.compile(r'\\*"traceparent\\*"\s*:\s*\\*"(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})\\*"')
"""A member of JSON, or of JSON within a text of JSON."""
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

TRACE_ATTRIBUTE = "traceparent"
"""Attribute of a queue's message that names the trace, where the body does not."""

current_traceparent: ContextVar[str | None] = ContextVar("current_traceparent", default=None)
"""Names the span that is going on, or what caused it where nothing is traced; ``None`` outside of traces."""


def valid_traceparent(given: object) -> str | None:
    """Returns a trace context as it is, and ``None`` for an invalid one, which counts as absent (section 3.2)."""
    return given if isinstance(given, str) and _TRACEPARENT.fullmatch(given) else None


def traceparent_in(headers: Mapping[str, str]) -> str | None:
    """Returns the trace context of a request's headers."""
    return valid_traceparent(headers.get("traceparent"))


def traceparent_in_text(text: str) -> str | None:
    """Returns the first trace context that a text of JSON names, which need not be parsed for it."""
    found = _IN_TEXT.search(text)
    return None if found is None else valid_traceparent(found.group(1))


def passed_on(given: str | None) -> str | None:
    """Returns what the work in progress gives as the parent of what it causes: its span, else what it was given."""
    return current_traceparent.get() or given


@dataclass(frozen=True, slots=True)
class _NoSpan:
    traceparent: str | None

    def rename(self, name: str) -> None:
        """See ``Span.rename``."""

    def note(self, **attributes: str | float | bool) -> None:
        """See ``Span.note``."""

    def fail(self, why: str) -> None:
        """See ``Span.fail``."""


class PassOnTracing:
    """``Tracing`` that records nothing: each span's place is its parent's, so that traces of others stay connected."""

    @contextmanager
    def span(
        self,
        name: str,  # noqa: ARG002 - nothing is recorded
        *,
        kind: SpanKind = SpanKind.INTERNAL,  # noqa: ARG002
        parent: str | None = None,
        links: Sequence[str] = (),  # noqa: ARG002
        **attributes: str | float | bool,  # noqa: ARG002
    ) -> Iterator[Span]:
        """See ``Tracing.span``."""
        given = valid_traceparent(parent)
        if given is None:
            yield _NoSpan(current_traceparent.get())
            return
        token = current_traceparent.set(given)
        try:
            yield _NoSpan(given)
        finally:
            current_traceparent.reset(token)
