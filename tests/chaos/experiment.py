"""Shared parts of all experiments: outcomes, and waiting until nothing is in flight."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.stack import Stack

STUCK_AFTER_SECONDS = 180
"""Without any progress for so long, it is stuck: longer than any back-off, lease, visibility timeout or hold here."""


@dataclass
class Outcome:
    """The faults found, and the figures."""

    faults: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def expect(self, holds: bool, fault: str) -> None:
        """Note the fault unless it holds."""
        if not holds:
            self.faults.append(fault)


async def settle(stack: Stack, *, redrive: bool = True) -> int:
    """Wait until nothing is on its way.

    Args:
        redrive: what died three times with its worker is a dead letter, and nobody's fault: send it again, as an
            operator does.

    Returns:
        How many dead letters were sent again.

    Raises: TimeoutError when nothing moves any more.
    """
    last: object = None
    moved = time.monotonic()
    redriven = 0
    while True:
        now = await stack.waiting()
        if not stack.moving(now):
            dead = sum(stack.dead_letters(now).values())
            if not dead or not redrive:
                return redriven
            told = await stack.command("dlq", "redrive", "all", "--rate", "500", "--json")
            redriven += told["acted_on"]
        state = (sorted(now.items()), stack.observer.mails.total(), stack.observer.events.total())
        if state != last:
            last, moved = state, time.monotonic()
        elif time.monotonic() - moved > STUCK_AFTER_SECONDS:
            raise TimeoutError(f"stuck: {dict(now)}; processes that ended: {stack.ended() or 'none'}")
        await asyncio.sleep(0.5)
