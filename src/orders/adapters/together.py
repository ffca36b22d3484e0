"""Several calls at once, none of which outlives the one who asked."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


async def together(*work: Coroutine[Any, Any, Result]) -> list[Result]:
    """Runs coroutines concurrently and returns their results in order.

    The first failure cancels the others, waits for them and is raised as itself, without a group. With
    ``asyncio.gather`` they would go on, and call a client that has been closed since: it opens a connection that
    nobody closes.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in work]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


async def first_found(*work: Coroutine[Any, Any, Result | None]) -> Result | None:
    """Runs coroutines concurrently and returns the first result that is not ``None``; ``None`` if all return that.

    The first result or failure cancels the others and waits for them.
    """
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        for ended in asyncio.as_completed(tasks):
            if (found := await ended) is not None:
                return found
        return None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
