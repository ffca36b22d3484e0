"""Metrics: counters, gauges and histograms. What there is to measure is in metric_catalogue.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol


class Kind(StrEnum):
    """Tells kinds of metrics apart: occurrences, a current value, or the distribution of values."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


Values = frozenset[str] | str
"""The values of a label: all of them, or a description of a set that the environment gives (queues, shops' currencies).

Either way they are few: no ids, nothing that callers choose."""

NO_LABELS: Mapping[str, Values] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of the catalogue.

    Attributes:
        unit: as the Unified Code for Units of Measure writes it, ``{...}`` for what is counted.
        meaning: one sentence for the operator who looks at it.
        emitters: the roles whose processes emit it.
        labels: what tells its series apart; every series has all of them.
    """

    name: str
    kind: Kind
    unit: str
    meaning: str
    emitters: frozenset[str]
    labels: Mapping[str, Values] = field(default_factory=lambda: NO_LABELS, hash=False)


class Counters(Protocol):
    """Counts occurrences. Never raises, never waits."""

    def count(self, metric: Metric, amount: float = 1, /, **labels: str) -> None:
        """Adds to the counter; ``amount`` is not negative. The labels are those of the catalogue."""
        ...


class Gauges(Protocol):
    """Reports current values. Never raises, never waits."""

    def show(self, metric: Metric, value: float, /, **labels: str) -> None:
        """Sets the gauge. It holds until the process sets it again or ends."""
        ...


class Histograms(Protocol):
    """Reports distributions. Never raises, never waits."""

    def record(self, metric: Metric, value: float, /, **labels: str) -> None:
        """Adds a value, in the metric's unit."""
        ...


class Metrics(Counters, Gauges, Histograms, Protocol):
    """All that a process measures."""
