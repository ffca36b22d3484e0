"""Limits the rate at which a worker receives messages."""

import asyncio
import contextlib
from typing import Protocol


class Admission(Protocol):
    """Grants permits for receiving messages: a rate limit, or a switch that is off."""

    async def take(self, up_to: int) -> int:
        """Waits for at least one permit, takes those available, at most ``up_to``, and returns their number."""
        ...

    def give_back(self, count: int) -> None:
        """Returns unused permits."""
        ...


class TokenBucket:
    """``Admission`` as a token bucket: a steady rate with bursts."""

    def __init__(self, *, per_second: float, burst: int = 1) -> None:
        """Starts with a full bucket of ``burst`` tokens."""
        if per_second <= 0 or burst < 1:
            raise ValueError("a rate is above 0 and a burst is 1 or more")
        self._per_second = per_second
        self._burst = burst
        self._tokens = float(burst)
        self._counted_at: float | None = None
        self._given_back = asyncio.Event()

    async def take(self, up_to: int) -> int:
        """See ``Admission.take``."""
        self._count()
        while self._tokens < 1:
            self._given_back.clear()
            # Slightly longer than calculated: rounding must not cause repeated waits of zero.
            wait = (1 - self._tokens) / self._per_second + 0.001
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._given_back.wait()
            self._count()
        taken = min(up_to, int(self._tokens))
        self._tokens -= taken
        return taken

    def give_back(self, count: int) -> None:
        """See ``Admission.give_back``."""
        self._tokens = min(self._burst, self._tokens + count)
        self._given_back.set()

    def _count(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._counted_at is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._counted_at) * self._per_second)
        self._counted_at = now
