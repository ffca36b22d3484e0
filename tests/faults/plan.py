"""Selects the calls that fail, and how: at random from a seed, or as named by a test."""

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from tests.faults.aws_calls import BATCHES, Call


class Fault(StrEnum):
    """The faults of a call between a process and AWS."""

    LATENCY = "latency"
    """The request arrives late, and gets its response."""
    ERROR = "error"
    """The response is 500; the request has no effect."""
    THROTTLED = "throttled"
    """The response is a throttling error; the request has no effect."""
    RESET = "reset"
    """The connection is closed before it arrives."""
    LOST_ANSWER = "lost answer"
    """The request has its effect; the connection is closed before the response."""
    TIMEOUT = "timeout"
    """The request has its effect; no response arrives."""
    PARTIAL = "partial"
    """Some entries of a batch fail, the others have their effect."""


class Plan(Protocol):
    """Decides what happens to each call."""

    def fault(self, call: Call) -> Fault | None:
        """Returns the call's fault, ``None`` for none."""
        ...


class NoFaults:
    """Everything gets through."""

    def fault(self, call: Call) -> Fault | None:
        """None."""
        return None


WEIGHTS: Mapping[Fault, float] = {
    Fault.LATENCY: 3,
    Fault.ERROR: 4,
    Fault.THROTTLED: 4,
    Fault.RESET: 3,
    Fault.LOST_ANSWER: 3,
    # Each of these takes as long as a client's patience.
    Fault.TIMEOUT: 0.2,
    Fault.PARTIAL: 3,
}


@dataclass(slots=True)
class RandomFaults:
    """A share of all calls fails, in every way that a call of its kind can.

    Attributes:
        share: of calls that fail, 0 to 1.
        spared: operations that get through, by service and name.
    """

    share: float
    seed: int = 1
    weights: Mapping[Fault, float] = field(default_factory=lambda: WEIGHTS)
    spared: Collection[tuple[str, str]] = ()
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - repeatable on purpose

    def fault(self, call: Call) -> Fault | None:
        """Whatever chance has in store."""
        if (call.service, call.operation) in self.spared or self._chance.random() >= self.share:
            return None
        batch = (call.service, call.operation) in BATCHES
        possible = [fault for fault in self.weights if batch or fault is not Fault.PARTIAL]
        return self._chance.choices(possible, [self.weights[fault] for fault in possible])[0]


@dataclass(slots=True)
class Scripted:
    """The next calls that fit fail as told, in turn; all others get through."""

    fits: Callable[[Call], bool]
    faults: list[Fault]

    def fault(self, call: Call) -> Fault | None:
        """The next fault, if the call fits."""
        return self.faults.pop(0) if self.faults and self.fits(call) else None
