"""What a load test measures: latencies by operation, errors by kind, and both over time."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import ceil

from orders.acceptance.load.profile import LEVELS, MAX_ERROR_RATE, Kind

POINTS = 120
"""Most points of a figure over time."""


def percentile(ordered: Sequence[float], share: float) -> float:
    """Returns the nearest-rank percentile of ordered values: the least that ``share`` of them don't exceed."""
    if not ordered:
        raise ValueError("a percentile needs at least one value")
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


@dataclass(slots=True)
class Observed:
    """All requests of one phase. Times are seconds since its start; latencies count from when each was due."""

    kinds: list[Kind] = field(default_factory=list)
    due: "array[float]" = field(default_factory=lambda: array("d"))
    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    failed: bytearray = field(default_factory=bytearray)
    faults: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    late_seconds: float = 0.0

    def add(self, kind: Kind, due: float, latency: float, fault: str | None) -> None:
        """Adds an answered or failed request; ``fault`` says what was wrong with it."""
        self.kinds.append(kind)
        self.due.append(due)
        self.latencies.append(latency)
        self.failed.append(fault is not None)
        if fault is not None:
            self.faults[f"{kind}: {fault}"] += 1

    @property
    def requests(self) -> int:
        """Counts the requests."""
        return len(self.kinds)

    @property
    def error_rate(self) -> float:
        """Failed requests over all; 0 without any."""
        return sum(self.failed) / len(self.failed) if self.failed else 0.0

    def by_kind(self) -> dict[Kind, list[float]]:
        """Returns each operation's latencies in order, failed requests among them: who waited, waited."""
        found: defaultdict[Kind, list[float]] = defaultdict(list)
        for kind, latency in zip(self.kinds, self.latencies, strict=True):
            found[kind].append(latency)
        return {kind: sorted(found[kind]) for kind in Kind if kind in found}

    def over_time(self, points: int = POINTS) -> list["Point"]:
        """Returns the figures of equal spans of time; a span in which nothing was due has none."""
        width = max(self.seconds / points, 1.0) if self.seconds else 1.0
        spans: defaultdict[int, list[int]] = defaultdict(list)
        for number, due in enumerate(self.due):
            spans[int(due / width)].append(number)
        return [self._point(span * width, width, spans[span]) for span in sorted(spans)]

    def _point(self, at: float, width: float, numbers: Sequence[int]) -> "Point":
        latencies = sorted(self.latencies[number] for number in numbers)
        errors = sum(self.failed[number] for number in numbers)
        shares = (percentile(latencies, share) for share in (0.5, 0.95, 0.99))
        return Point(at, len(numbers) / width, errors, *shares)


@dataclass(frozen=True, slots=True)
class Point:
    """One span of time: start and percentiles in seconds, requests a second, errors."""

    at: float
    rate: float
    errors: int
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Row:
    """One operation's figures in seconds; ``holds`` is ``None`` where they are not judged."""

    kind: Kind
    requests: int
    p50: float
    p95: float
    p99: float
    longest: float
    level: float
    holds: bool | None

    @staticmethod
    def of(kind: Kind, ordered: Sequence[float], *, judged: bool) -> "Row":
        """Makes the row of ordered latencies, of which there is at least one."""
        p50, p95, p99 = (percentile(ordered, share) for share in (0.5, 0.95, 0.99))
        return Row(
            kind, len(ordered), p50, p95, p99, ordered[-1], LEVELS[kind], p95 <= LEVELS[kind] if judged else None
        )


@dataclass(frozen=True, slots=True)
class PhaseResult:
    """The result of a phase; ``faults`` are the most frequent ones, ``note`` says what else was found."""

    name: str
    seconds: float
    requests: int
    rate: float
    error_rate: float
    rows: tuple[Row, ...]
    faults: tuple[tuple[str, int], ...]
    points: tuple[Point, ...] = ()
    note: str = ""
    holds: bool | None = None

    @staticmethod
    def of(name: str, observed: Observed, *, judged: bool, note: str = "") -> "PhaseResult":
        """Sums up what was observed."""
        rows = tuple(Row.of(kind, ordered, judged=judged) for kind, ordered in observed.by_kind().items())
        return PhaseResult(
            name,
            observed.seconds,
            observed.requests,
            observed.requests / observed.seconds if observed.seconds else 0.0,
            observed.error_rate,
            rows,
            tuple(observed.faults.most_common(5)),
            tuple(observed.over_time()),
            note,
            _all_hold(rows, observed.error_rate) if judged else None,
        )

    def judged(self, *, holds: bool) -> "PhaseResult":
        """Returns the result with this verdict."""
        return replace(self, holds=holds)


def _all_hold(rows: Iterable[Row], error_rate: float) -> bool:
    return all(row.holds for row in rows) and error_rate <= MAX_ERROR_RATE
