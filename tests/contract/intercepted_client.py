"""Clients that tests stand in front of: to count requests, to lose answers, to decide who goes first."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

Call: TypeAlias = Callable[..., Awaitable[Any]]
Around: TypeAlias = Callable[[str, Call, dict[str, Any]], Awaitable[Any]]


class InterceptedClient:
    """A client each of whose calls is made by ``around(operation, call, arguments)``."""

    def __init__(self, client: Any, around: Around) -> None:
        self._client = client
        self._around = around

    def __getattr__(self, operation: str) -> Call:
        call = getattr(self._client, operation)

        async def intercepted(**arguments: Any) -> Any:
            return await self._around(operation, call, arguments)

        return intercepted


async def repeated(operation: str, call: Call, arguments: dict[str, Any]) -> Any:
    """A call whose answer gets lost, and which is made again: as SDKs do after a time-out."""
    try:
        await call(**arguments)
    except Exception:  # noqa: BLE001 - whatever it was, it got lost
        return await call(**arguments)
    return await call(**arguments)


class Stage:
    """Lets several actors make one request at a time, in an order that ``choices`` decide.

    Attributes:
        options: after a performance, how many actors could have gone next at each of its steps.
    """

    def __init__(self, choices: Sequence[int]) -> None:
        self._choices = choices
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._paused: asyncio.Queue[None] = asyncio.Queue()
        self.options: list[int] = []

    def client(self, client: Any, actor: str) -> InterceptedClient:
        """The client for one actor."""

        async def in_turn(operation: str, call: Call, arguments: dict[str, Any]) -> Any:
            self._waiting[actor] = turn = asyncio.get_running_loop().create_future()
            self._paused.put_nowait(None)
            await turn
            return await call(**arguments)

        return InterceptedClient(client, in_turn)

    async def perform(self, *parts: Awaitable[object]) -> None:
        """Have all actors play their parts to the end; beyond the choices whoever is first by name goes next."""

        async def play(part: Awaitable[object]) -> None:
            try:
                await part
            finally:
                self._paused.put_nowait(None)

        tasks = [asyncio.create_task(play(part)) for part in parts]
        for _ in tasks:
            await self._paused.get()
        while self._waiting:
            step = len(self.options)
            ready = sorted(self._waiting)
            self.options.append(len(ready))
            turn = self._waiting.pop(ready[self._choices[step] if step < len(self._choices) else 0])
            turn.set_result(None)
            await self._paused.get()
        await asyncio.gather(*tasks)


def next_choices(choices: Sequence[int], options: Sequence[int]) -> list[int] | None:
    """The choices of the performance after this one, in a walk through all that there are; ``None`` after the last."""
    made = [choices[step] if step < len(choices) else 0 for step in range(len(options))]
    while made:
        if made[-1] + 1 < options[len(made) - 1]:
            made[-1] += 1
            return made
        made.pop()
    return None
