"""Processes that die at a call of a port: right before it takes effect, or right after."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any


class Died(BaseException):
    """The process ended; no handler of errors sees it."""


@dataclass
class Life:
    """The number of port calls a process has left; ``after`` tells whether the last one still takes effect."""

    calls: int
    after: bool

    def of(self, port: Any) -> Any:
        """The port, as that process calls it."""
        return Mortal(port, self)


class Mortal:
    """A port called by a process that dies at one of its calls, right before it or right after."""

    def __init__(self, port: Any, life: Life) -> None:
        self._port, self._life = port, life

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        call = getattr(self._port, name)

        async def lived(*arguments: Any, **named: Any) -> Any:
            self._life.calls -= 1
            if self._life.calls < 0 and not self._life.after:
                raise Died
            result = await call(*arguments, **named)
            if self._life.calls < 0:
                raise Died
            return result

        return lived
