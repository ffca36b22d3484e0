"""Waiting for what nobody tells."""

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], bool], within_seconds: float = 120) -> None:
    """Return when it holds. Raises: TimeoutError."""
    async with asyncio.timeout(within_seconds):
        while not holds():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.02)
