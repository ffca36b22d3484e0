"""Looks whether a region has got what another one wrote last: markers, and the orders of late."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from orders.ports.clock import Clock
from orders.ports.errors import PortError
from orders.ports.replication import Replication

LATE = timedelta(hours=1)
"""Orders placed since then are compared one by one."""
LOOKS = 30
BETWEEN_LOOKS = timedelta(seconds=2)
"""A marker is waited for a minute: copies are normally made within a second or two."""
NAMED = 5


class CompareCopies:
    """Writes markers in one region and waits for them in the other, then compares orders placed of late.

    A heuristic: each shard is copied by itself, and an order placed earlier can be behind. ``orders dr verify``
    compares everything.
    """

    def __init__(self, replication: Replication, clock: Clock, pause: Callable[[float], Awaitable[None]]) -> None:
        """``pause`` waits for so many seconds."""
        self._replication = replication
        self._clock = clock
        self._pause = pause

    async def execute(self, source: str, target: str) -> tuple[bool, str]:
        """Returns whether the target has everything, as far as this tells, and what was seen."""
        try:
            return await self._compare(source, target)
        except PortError as error:
            return False, f"the copies can't be compared ({error})"

    async def _compare(self, source: str, target: str) -> tuple[bool, str]:
        now = self._clock.now()
        token = now.isoformat()
        await self._replication.mark(source, token)
        seen = "nothing was looked at"
        for look in range(LOOKS):
            if look:
                await self._pause(BETWEEN_LOOKS.total_seconds())
            marks = await self._replication.marks(target, of=source)
            missing = sum(mark != token for mark in marks)
            if missing:
                seen = f"the markers of {missing} of {len(marks)} shards have not arrived"
                continue
            behind, seen = await self._recent(source, target, len(marks))
            if not behind:
                return True, seen
        return False, seen

    async def _recent(self, source: str, target: str, shards: int) -> tuple[bool, str]:
        since = self._clock.now() - LATE
        wanted = await self._replication.recent(source, since)
        found = await self._replication.recent(target, since)
        behind = sorted(order for order, sequence in wanted.items() if found.get(order) != sequence)
        if behind:
            names = ", ".join(behind[:NAMED]) + (", ..." if len(behind) > NAMED else "")
            return True, f"{len(behind)} of {len(wanted)} orders of the last hour differ: {names}"
        return False, (
            f"the markers of all {shards} shards have arrived, and the {len(wanted)} orders of the last hour are the "
            "same. This is a heuristic: `orders dr verify` compares everything"
        )
