"""A circuit breaker: stops calls to a failing service for a while, then probes it with a single call.

The states are those of Nygard's "Release It!". Why it is not a library's: docs/adr/0009-dependencies.md.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum

FAILURES_IN_A_ROW = 5
OPEN_FOR = timedelta(seconds=10)


class BreakerState(StrEnum):
    """The states: all calls pass; none passes; one passes, and its outcome decides."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitOpen(Exception):
    """The call was not made, because the service has failed too often recently."""


def _nobody_listens(state: BreakerState) -> None:
    pass


class CircuitBreaker:
    """Lets calls through or refuses them. For one event loop: nothing in it awaits, so it needs no lock.

    A call that ends after the state has changed is ignored: neither does one begun before an outage close the circuit,
    nor one that hung through the outage open it again.

    Attributes:
        on_change: called with each state that it enters.
    """

    def __init__(
        self,
        *,
        failures: tuple[type[Exception], ...],
        threshold: int = FAILURES_IN_A_ROW,
        open_for: timedelta = OPEN_FOR,
        monotonic: Callable[[], float] = time.monotonic,
        on_change: Callable[[BreakerState], None] = _nobody_listens,
    ) -> None:
        """``failures`` are the errors that count; ``threshold`` consecutive ones open the circuit."""
        self._counted = failures
        self._threshold = threshold
        self._open_for_seconds = open_for.total_seconds()
        self._monotonic = monotonic
        self.on_change = on_change
        self._state = BreakerState.CLOSED
        self._failures = 0
        self._open_until = 0.0
        self._turn = 0

    @property
    def state(self) -> BreakerState:
        """The state as of the last call; an open circuit stays open until a call finds that ``open_for`` is over."""
        return self._state

    def check(self) -> None:
        """Returns if a call would be let through now. Raises: CircuitOpen."""
        if self._state is BreakerState.HALF_OPEN:
            raise CircuitOpen("it kept failing, and one call is finding out whether it is back")
        left = self._open_until - self._monotonic()
        if self._state is BreakerState.OPEN and left > 0:
            raise CircuitOpen(f"it keeps failing; not asked again for {left:.1f} s")

    @contextmanager
    def call(self) -> Iterator[None]:
        """Wraps one call. Raises: CircuitOpen before anything is done; else whatever the call raises."""
        self.check()
        if self._state is BreakerState.OPEN:
            self._become(BreakerState.HALF_OPEN)
        turn = self._turn
        try:
            yield
        except self._counted:
            if turn == self._turn:
                self._failed()
            raise
        except BaseException:
            # Cancelled, or a bug of this service: says nothing of the other one, so the next call probes it.
            if turn == self._turn and self._state is BreakerState.HALF_OPEN:
                self._become(BreakerState.OPEN)
            raise
        if turn == self._turn:
            self._succeeded()

    def _succeeded(self) -> None:
        self._failures = 0
        if self._state is BreakerState.HALF_OPEN:
            self._become(BreakerState.CLOSED)

    def _failed(self) -> None:
        self._failures += 1
        if self._state is BreakerState.HALF_OPEN or self._failures >= self._threshold:
            self._failures = 0
            self._open_until = self._monotonic() + self._open_for_seconds
            self._become(BreakerState.OPEN)

    def _become(self, state: BreakerState) -> None:
        self._state = state
        self._turn += 1
        self.on_change(state)
