"""Traces: what a process did for a request or a message, and how long each part took."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Protocol


class SpanKind(StrEnum):
    """The place of a span in a trace (OpenTelemetry, "Span kind")."""

    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"
    INTERNAL = "internal"


class Span(Protocol):
    """A part of a trace while it is going on."""

    @property
    def traceparent(self) -> str | None:
        """W3C trace context that names this span, to be passed on as the parent of what it causes.

        Without tracing it is the parent's, so that traces of others stay connected; ``None`` if there is none.
        """
        ...

    def rename(self, name: str) -> None:
        """Names the span anew, once more is known of what it is."""
        ...

    def note(self, **attributes: str | float | bool) -> None:
        """Adds attributes: identifiers and figures, nothing personal. ``__`` in a name stands for a dot."""
        ...

    def fail(self, why: str) -> None:
        """Marks the span as failed. ``why`` names a kind of error and quotes nothing."""
        ...


class Tracing(Protocol):
    """Starts spans. Never raises, never waits."""

    def span(
        self,
        name: str,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        parent: str | None = None,
        links: Sequence[str] = (),
        **attributes: str | float | bool,
    ) -> AbstractContextManager[Span]:
        """Starts a span, which ends with the block; an exception that leaves the block marks it as failed.

        Args:
            name: of few values, without ids.
            parent: W3C trace context of what caused it; by default the span in whose block this one starts. An invalid
                one counts as absent.
            links: trace contexts of what it belongs to besides: the messages of a batch, the work that is repeated.
            attributes: as ``Span.note``.
        """
        ...
