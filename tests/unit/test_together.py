"""Several calls at once: what becomes of the others when one fails."""

import asyncio

import pytest

from orders.adapters.together import together


async def test_results_come_in_the_order_of_the_calls() -> None:
    first_may_end = asyncio.Event()

    async def first() -> str:
        await first_may_end.wait()
        return "first"

    async def second() -> str:
        first_may_end.set()
        return "second"

    assert await together(first(), second()) == ["first", "second"]


async def test_nothing_is_left_running_when_one_fails() -> None:
    ended = []

    async def fails() -> None:
        raise LookupError("as itself")

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("cancelled")

    with pytest.raises(LookupError, match="as itself"):
        await together(waits(), fails(), waits())
    assert ended == ["cancelled"] * 2
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_caller_that_is_cancelled_takes_its_calls_along() -> None:
    ended = []

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    asking = asyncio.create_task(together(waits(), waits()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert ended == ["cancelled"] * 2
