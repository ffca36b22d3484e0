"""Recent figures of metrics in memory, which are of one process. Contract: ports/recent_figures.py."""

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.ports.clock import Clock
from orders.ports.errors import TransientPortError
from orders.ports.metric_catalogue import ERRORS, EVENTS_PUBLISHED, MAILS, ORDERS_CREATED, REQUEST_SECONDS, REQUESTS
from orders.ports.recent_figures import REQUEST_GROUPS, Figures, LoggedError

SPAN = timedelta(minutes=5)
SAMPLED_EVERY = timedelta(seconds=5)
QUANTILE = 0.95
_GROUP = "group"


@dataclass(frozen=True, slots=True)
class _Sample:
    at: datetime
    counts: Mapping[str, float]


class MemoryRecentFigures:
    """``RecentFigures`` of this process.

    Counts are those since the youngest sample that is at least ``span`` old, or since the start: something has to call
    ``sample`` every ``SAMPLED_EVERY``. Durations are those that the metrics still hold, whenever they were recorded.
    Ages of messages are not known here.

    Attributes:
        reachable: set to false to fail every call.
    """

    def __init__(
        self,
        metrics: MemoryMetrics,
        clock: Clock,
        errors: Callable[[], Sequence[LoggedError]] = tuple,
        *,
        span: timedelta = SPAN,
    ) -> None:
        """``errors`` returns the last errors of the log, the newest first."""
        self.reachable = True
        self._metrics = metrics
        self._clock = clock
        self._errors = errors
        self._span = span
        self._samples = deque([self._now()])

    async def sample(self) -> None:
        """Notes the current counts, which later ones are compared with."""
        self._samples.append(self._now())
        self._forget()

    async def read(self) -> Figures:
        """See ``RecentFigures.read``."""
        if not self.reachable:
            raise TransientPortError("metrics", "told to be out of reach")
        self._forget()
        now, before = self._now(), self._samples[0]
        since = {name: count - before.counts[name] for name, count in now.counts.items()}
        return Figures(
            span=now.at - before.at,
            requests=since["requests"],
            errors=since["errors"],
            orders_created=since["orders_created"],
            events_published=since["events_published"],
            mails_sent=since["mails_sent"],
            p95_seconds=self._p95_by_group() if since["requests"] else {},
            last_errors=tuple(self._errors()),
        )

    def _now(self) -> _Sample:
        of = self._metrics.of
        return _Sample(
            self._clock.now(),
            {
                "requests": of(REQUESTS),
                "errors": of(ERRORS),
                "orders_created": of(ORDERS_CREATED),
                "events_published": of(EVENTS_PUBLISHED),
                "mails_sent": of(MAILS, outcome="sent"),
            },
        )

    def _forget(self) -> None:
        begin = self._clock.now() - self._span
        while len(self._samples) > 1 and self._samples[1].at <= begin:
            self._samples.popleft()

    def _p95_by_group(self) -> Mapping[str, float]:
        values: dict[str, list[float]] = {}
        for (name, labels), recorded in list(self._metrics.recorded.items()):
            if name == REQUEST_SECONDS.name:
                values.setdefault(dict(labels)[_GROUP], []).extend(recorded)
        return {group: _quantile(values[group]) for group in sorted(values, key=_place)}


def _place(group: str) -> tuple[int, str]:
    return (REQUEST_GROUPS.index(group) if group in REQUEST_GROUPS else len(REQUEST_GROUPS)), group


def _quantile(values: list[float]) -> float:
    """Returns the smallest value that ``QUANTILE`` of the values do not exceed."""
    return sorted(values)[math.ceil(QUANTILE * len(values)) - 1]
