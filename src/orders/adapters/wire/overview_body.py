"""Converts an overview to its JSON document, and the document's figures back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypedDict

from orders.application.operations.read_overview import Overview, QueueState, ShardState
from orders.contracts.cloud_event import rfc3339
from orders.ports.recent_figures import Figures, LoggedError


class QueueBody(TypedDict):
    """A worker's queue; ``null``: not known."""

    worker: str
    waiting: int | None
    in_flight: int | None
    delayed: int | None
    oldest_seconds: float | None
    dead_letters: int | None


class RuleBody(TypedDict):
    """Dead letters of a rule."""

    rule: str
    dead_letters: int | None


class ShardBody(TypedDict):
    """A shard of the outbox; with ``more``, more orders wait than are counted."""

    shard: int
    waiting: int
    more: bool
    oldest_seconds: float | None
    unreadable: int


class ErrorBody(TypedDict):
    """Errors or warnings of one place in the code."""

    at: str
    level: str
    logger: str
    text: str
    count: int


class FiguresBody(TypedDict):
    """The figures of the last ``span_seconds``; ``null``: not known."""

    span_seconds: float
    requests: float | None
    errors: float | None
    error_rate: float | None
    orders_created: float | None
    events_published: float | None
    mails_sent: float | None
    p95_seconds: dict[str, float]
    oldest_message_seconds: dict[str, float]
    last_errors: list[ErrorBody] | None
    errors_are_in: str | None


class OverviewBody(TypedDict):
    """The document; ``concerns`` is the number of values that need a look."""

    at: str
    concerns: int
    queues: list[QueueBody]
    rules: list[RuleBody]
    outbox: list[ShardBody]
    figures: FiguresBody | None
    unreachable: list[str]


def overview_body(overview: Overview) -> OverviewBody:
    """Returns the overview's document."""
    return {
        "at": rfc3339(overview.at),
        "concerns": overview.concerns,
        "queues": [_queue(each) for each in overview.queues],
        "rules": [{"rule": each.rule, "dead_letters": each.dead_letters} for each in overview.rules],
        "outbox": [_shard(each) for each in overview.outbox],
        "figures": None if overview.figures is None else _figures(overview.figures),
        "unreachable": list(overview.unreachable),
    }


def figures_in(document: Mapping[str, Any]) -> Figures | None:
    """Returns the figures of an overview's document. Raises: ValueError: it is none."""
    try:
        found = document["figures"]
        if found is None:
            return None
        errors = found["last_errors"]
        return Figures(
            span=timedelta(seconds=found["span_seconds"]),
            requests=found["requests"],
            errors=found["errors"],
            orders_created=found["orders_created"],
            events_published=found["events_published"],
            mails_sent=found["mails_sent"],
            p95_seconds=dict(found["p95_seconds"]),
            oldest_message_seconds=dict(found["oldest_message_seconds"]),
            last_errors=None if errors is None else tuple(_logged(each) for each in errors),
            errors_are_in=found["errors_are_in"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError("not the document of an overview") from error


def _queue(queue: QueueState) -> QueueBody:
    depth = queue.depth
    return {
        "worker": queue.worker,
        "waiting": None if depth is None else depth.waiting,
        "in_flight": None if depth is None else depth.in_flight,
        "delayed": None if depth is None else depth.delayed,
        "oldest_seconds": queue.oldest_seconds,
        "dead_letters": queue.dead_letters,
    }


def _shard(shard: ShardState) -> ShardBody:
    return {
        "shard": shard.shard,
        "waiting": shard.waiting,
        "more": shard.more,
        "oldest_seconds": shard.oldest_seconds,
        "unreadable": shard.unreadable,
    }


def _figures(figures: Figures) -> FiguresBody:
    errors = figures.last_errors
    return {
        "span_seconds": figures.span.total_seconds(),
        "requests": figures.requests,
        "errors": figures.errors,
        "error_rate": figures.error_rate,
        "orders_created": figures.orders_created,
        "events_published": figures.events_published,
        "mails_sent": figures.mails_sent,
        "p95_seconds": dict(figures.p95_seconds),
        "oldest_message_seconds": dict(figures.oldest_message_seconds),
        "last_errors": None if errors is None else [_error(each) for each in errors],
        "errors_are_in": figures.errors_are_in,
    }


def _error(error: LoggedError) -> ErrorBody:
    return {
        "at": rfc3339(error.at),
        "level": error.level,
        "logger": error.logger,
        "text": error.text,
        "count": error.count,
    }


def _logged(body: ErrorBody) -> LoggedError:
    return LoggedError(
        at=datetime.fromisoformat(body["at"]),
        level=body["level"],
        logger=body["logger"],
        text=body["text"],
        count=body["count"],
    )
