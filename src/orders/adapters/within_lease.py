"""Makes a write that the writer's lease allows, and that ends before the lease does ([DATA-3])."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

from orders.ports.errors import OutcomeUnknown
from orders.ports.lease import WriterLease

_T = TypeVar("_T")


async def within_lease(lease: WriterLease, dependency: str, write: Callable[[], Awaitable[_T]]) -> _T:
    """Asks the lease, begins the write at once, and gives it up when the lease ends.

    Raises:
        NotTheWriter: the lease is not held; nothing was begun.
        OutcomeUnknown: it ended before the dependency answered: nobody knows whether the write was made.
    """
    lease.check()
    remaining = lease.remaining()
    if remaining == math.inf:
        return await write()
    try:
        async with asyncio.timeout(remaining) as limit:
            return await write()
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise OutcomeUnknown(
            dependency, "the writer's lease ended before it answered; nobody knows whether it was done"
        ) from error
