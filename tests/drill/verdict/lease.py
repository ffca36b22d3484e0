"""When a region might write, by what the control table said."""

import math
from collections.abc import Sequence

from tests.drill.verdict.facts import ControlSeen

LEASE_SECONDS = 30.0
"""So long a region writes after its last good read of the control table."""
HANDOVER_SECONDS = 35.0
"""So long a new writer waits before it writes."""


def lawful(control: Sequence[ControlSeen], region: str) -> list[tuple[float, float]]:
    """Returns the spans of time in which the region might write, each from its start to before its end.

    A span starts 35 s after the table named the region, the first of all at once; it ends 30 s after the table named
    it no longer.
    """
    spans: list[tuple[float, float]] = []
    began: float | None = None
    for place, state in enumerate(control):
        if state.may_write == region and began is None:
            began = state.at + (HANDOVER_SECONDS if place else -math.inf)
        elif state.may_write != region and began is not None:
            spans.append((began, state.at + LEASE_SECONDS))
            began = None
    if began is not None:
        spans.append((began, math.inf))
    return [(start, end) for start, end in spans if start < end]


def may_write(control: Sequence[ControlSeen], region: str, at: float) -> bool:
    """Tells whether the region might write at that time."""
    return any(start <= at < end for start, end in lawful(control, region))
