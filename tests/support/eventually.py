"""Waiting for what another process does: looked at again and again, up to a deadline, never slept for luck."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
_PAUSE_SECONDS = 0.05


def eventually(look: Callable[[], Result], *, within_seconds: float, what: str) -> Result:
    """Polls ``look`` until its result is true, and returns it. Raises: AssertionError after the deadline, with the
    last one.
    """
    deadline = time.monotonic() + within_seconds
    pause = threading.Event()
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {within_seconds:g} s; last seen: {seen!r}")
        pause.wait(_PAUSE_SECONDS)
