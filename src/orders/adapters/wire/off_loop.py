"""Work on what is large, done beside the event loop: other requests and health are answered meanwhile.

One thread, for all of it is Python and only one thread runs that at a time: more would only make the loop wait for
more of them. Whoever sends large bodies waits for each other; small ones wait for nobody.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

SMALL_BYTES = 16 * 1024
"""The worst of this size takes a few milliseconds, which is less than another thread is worth."""
LINE_BYTES = 300
"""What a line of an order counts for where orders are read, shown or compared."""

_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="large-bodies")


async def off_loop(size_bytes: int, work: Callable[[], Result]) -> Result:
    """Do the work, which touches nothing but what it was given; in a thread where that is large. Raises: as it does."""
    if size_bytes <= SMALL_BYTES:
        return work()
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(_THREAD, lambda: context.run(work))
