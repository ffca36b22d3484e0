"""Processes whose CPU time can be asked for, and what they spend it on."""

import asyncio
import contextlib
import cProfile
import io
import pstats
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

_CPU, _STOP, _PROFILE, _PROFILED, _WORK = "cpu", "stop", "profile", "profiled", "work"
_LINES = 25
"""Of a profile."""


@dataclass(frozen=True)
class Measured:
    """A process that is measured.

    Attributes:
        url: its address; empty if it serves nothing.
        pid: its number.
    """

    url: str
    pid: int
    _pipe: Connection

    def cpu_seconds(self) -> float:
        """Returns the CPU time that the process has used so far, once what it began in the background is done."""
        spent: float = self._ask(_CPU)
        return spent

    def work(self, amount: int) -> int:
        """Has it do so much of what it is there for; returns how much it has done."""
        done: int = self._ask(_WORK, amount)
        return done

    def start_profile(self) -> None:
        """Begins to record what the event loop's thread calls."""
        self._ask(_PROFILE)

    def profile(self) -> str:
        """Ends the recording; returns the functions that took the most time themselves, as ``pstats`` prints them."""
        found: str = self._ask(_PROFILED)
        return found

    def _ask(self, what: str, *given: int) -> Any:
        self._pipe.send((what, *given))
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise RuntimeError("a measured process failed") from answer  # noqa: TRY004 - no type is wrong
        return answer


@contextmanager
def measured_process(target: Callable[..., None], *args: object) -> Iterator[Measured]:
    """Runs ``target(pipe, *args)``, which ends in ``answering``, in a process of its own."""
    here, there = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=target, args=(there, *args), daemon=True)
    process.start()
    there.close()  # else a process that dies at its start would be waited for without end
    try:
        yield Measured(here.recv(), process.pid or 0, here)
        here.send((_STOP,))
        process.join(20)
    finally:
        process.kill()


async def nothing_else() -> None:
    """Waits for nothing: the process begins nothing in the background."""


async def no_work(_amount: int) -> int:
    """Does nothing: the process serves, or has work of its own."""
    return 0


def answering(
    pipe: Connection,
    url: str,
    stop: asyncio.Event,
    drained: Callable[[], Awaitable[None]] = nothing_else,
    work: Callable[[int], Awaitable[int]] = no_work,
) -> None:
    """Says the address, and answers what ``Measured`` asks, in a thread beside the running event loop.

    ``drained`` waits for what the process has begun in the background; ``work`` does what it is asked to.
    """
    loop, profile = asyncio.get_running_loop(), cProfile.Profile()

    async def spent() -> float:
        await drained()
        return time.process_time()

    async def begun() -> None:
        profile.enable()

    async def ended() -> str:
        await drained()
        profile.disable()
        text = io.StringIO()
        pstats.Stats(profile, stream=text).strip_dirs().sort_stats("tottime").print_stats(_LINES)
        return text.getvalue()

    asked: dict[str, Callable[..., Any]] = {_CPU: spent, _PROFILE: begun, _PROFILED: ended, _WORK: work}

    def answer() -> None:
        pipe.send(url)
        # Nobody is left to ask when the measuring process has died.
        with contextlib.suppress(EOFError):
            while (question := pipe.recv())[0] != _STOP:
                what, *given = question
                try:
                    pipe.send(asyncio.run_coroutine_threadsafe(asked[what](*given), loop).result())
                except Exception as error:  # noqa: BLE001 - whatever it is, the measuring process has to end with it
                    pipe.send(RuntimeError(repr(error)))
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=answer, daemon=True).start()
