"""Runs work on large bodies outside the event loop, which answers other requests and health checks meanwhile.

There is one thread: the work is Python, of which only one thread runs at a time, so more threads would only make the
loop wait for more of them. Large bodies wait for each other; small ones don't wait.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

SMALL_BYTES = 16 * 1024
"""The largest body that is worked on in the loop: the worst takes a few milliseconds, too little for a thread."""
LINE_BYTES = 300
"""The size that a line of an order counts as when orders are read, shown or compared."""

_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="large-bodies")


async def off_loop(size_bytes: int, work: Callable[[], Result]) -> Result:
    """Does the work; in the thread if its input is large, so it must not touch shared state. Raises: as ``work``."""
    if size_bytes <= SMALL_BYTES:
        return work()
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(_THREAD, lambda: context.run(work))
