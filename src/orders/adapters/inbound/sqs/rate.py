"""How fast a worker may take messages."""

import asyncio
import contextlib
from typing import Protocol


class Admission(Protocol):
    """Says how many messages may be received now: a rate limit, or a switch that is off."""

    async def take(self, up_to: int) -> int:
        """Wait until at least one message may be received; take as many permits as there are, ``up_to`` at most."""
        ...

    def give_back(self, count: int) -> None:
        """Return permits for which no message came."""
        ...


class TokenBucket:
    """``Admission`` at a steady rate, with as much at once as has been saved up."""

    def __init__(self, *, per_second: float, burst: int = 1) -> None:
        """Starts full: ``burst`` tokens."""
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
            # A touch longer than reckoned: rounding must not have it wait for nothing again and again.
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
