"""Steps of an acceptance run: named, in order, each building on those before it."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from orders.acceptance.client import ApiResponse, NotReached

_Found = TypeVar("_Found")
_LOOK_EVERY_SECONDS = 0.2


class Failed(Exception):
    """The service did something else than it must; the message says both."""


class State(StrEnum):
    """The result of a step."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class StepResult:
    """A step and how it ended; ``detail`` says what was found, or what is wrong."""

    name: str
    state: State
    seconds: float = 0.0
    detail: str = ""


class Patience:
    """Patience with what the service does in the background.

    Args:
        within_seconds: how long it may take.
        clock, pause: seconds that pass, and a wait; given by tests.
    """

    def __init__(
        self,
        within_seconds: float = 60.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self.within_seconds = within_seconds
        self.clock = clock
        self._pause = pause

    def eventually(self, look: Callable[[], _Found | None], what: str) -> _Found:
        """Calls ``look`` until it returns a result. Raises: Failed: not in time."""
        deadline = self.clock() + self.within_seconds
        while (found := look()) is None:
            if self.clock() > deadline:
                raise Failed(f"{what}: not within {self.within_seconds:g} s")
            self._pause(_LOOK_EVERY_SECONDS)
        return found


def run_steps(
    steps: Mapping[str, Callable[[], str]], *, clock: Callable[[], float] = time.monotonic
) -> Iterator[StepResult]:
    """Runs the steps and yields each result; after a failure the others are skipped."""
    failed = None
    for name, step in steps.items():
        if failed is not None:
            yield StepResult(name, State.NOT_RUN, detail=f"{failed} failed")
            continue
        began = clock()
        try:
            state, detail = State.PASSED, step()
        except (Failed, NotReached) as error:
            state, detail = State.FAILED, str(error)
        except (ValueError, LookupError, TypeError) as error:
            state, detail = State.FAILED, f"an answer is not of the shape it must be: {type(error).__name__}: {error}"
        if state is State.FAILED:
            failed = name
        yield StepResult(name, state, clock() - began, detail)


def expect(answer: ApiResponse, status: int, call: str) -> ApiResponse:
    """Returns the response if it has this status. Raises: Failed."""
    if answer.status != status:
        raise Failed(f"{call} answered {answer.status}, not {status}: {answer.fault}")
    return answer


def must(holds: bool, what: str) -> None:
    """Returns if the condition holds. Raises: Failed."""
    if not holds:
        raise Failed(f"expected {what}")
