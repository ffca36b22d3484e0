"""Several look-ups at once."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

_Found = TypeVar("_Found")


async def at_once(work: Iterable[Coroutine[Any, Any, _Found]]) -> list[_Found]:
    """Runs coroutines concurrently and returns their results in order; of failures the first is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in work]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
