"""For how long a piece of work keeps an event loop from everything else.

A task that does nothing goes round the loop and reads how much processor time the process has used since it was last
there. Processor time, not time on the wall: what other processes do on the machine is not counted. Of the whole
process, not of the loop's thread: a thread that keeps the interpreter to itself holds up the loop as well.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import process_time
from typing import TypeVar

Result = TypeVar("Result")


async def held(work: Callable[[], Awaitable[Result]]) -> tuple[float, Result]:
    """The longest that the loop was held while the work was done, in seconds of processor time, and its result."""
    longest = 0.0

    async def go_round() -> None:
        nonlocal longest
        before = process_time()
        while True:
            await asyncio.sleep(0)
            now = process_time()
            longest = max(longest, now - before)
            before = now

    going = asyncio.create_task(go_round())
    await asyncio.sleep(0)
    try:
        result = await work()
        # Once more round, for what it did last.
        await asyncio.sleep(0)
    finally:
        going.cancel()
    return longest, result


async def held_at_least(work: Callable[[], Awaitable[object]], *, enough: float, attempts: int = 3) -> float:
    """Returns the best of a few attempts, which stop at the first that is good enough."""
    best = (await held(work))[0]
    for _ in range(attempts - 1):
        if best <= enough:
            break
        best = min(best, (await held(work))[0])
    return best
