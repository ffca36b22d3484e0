"""Splits long work: an order of 500 lines takes tens of milliseconds to decide, show or store.

In between, the event loop runs other tasks, such as health checks.
"""

import asyncio


async def others_turn() -> None:
    """Yields to all other tasks that are ready."""
    await asyncio.sleep(0)
