"""Several calls at once: what becomes of the others when one fails."""

import asyncio

import pytest

from orders.adapters.together import first_found, together


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


async def test_the_first_found_ends_the_search_of_the_others() -> None:
    ended = []

    async def finds_nothing() -> str | None:
        return None

    async def searches_on() -> str | None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("cancelled")
        return None

    async def finds() -> str | None:
        await asyncio.sleep(0)
        return "found"

    assert await first_found(searches_on(), finds_nothing(), finds(), searches_on()) == "found"
    assert ended == ["cancelled"] * 2
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_where_nothing_is_found_all_have_searched() -> None:
    searched = []

    async def finds_nothing(name: str) -> str | None:
        await asyncio.sleep(0)
        searched.append(name)
        return None

    assert await first_found(*map(finds_nothing, "abc")) is None
    assert searched == ["a", "b", "c"]
    assert await first_found(*map(finds_nothing, "")) is None


async def test_a_search_that_fails_ends_the_others_and_is_raised_as_itself() -> None:
    async def fails() -> None:
        raise LookupError("as itself")

    with pytest.raises(LookupError, match="as itself"):
        await first_found(asyncio.Event().wait(), fails(), fails())
    assert asyncio.all_tasks() == {asyncio.current_task()}
