"""Runs a process until it is told to stop: turns signals into one event, and drains at the end."""

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import Awaitable, Callable
from functools import partial

import uvloop

from orders.application.events.publish_events import EventFastPath

DRAIN_SECONDS = 3
_STANDARD_OUTPUT = 1

BUILT_AFTER_SECONDS = 5.0
"""When a process has surely loaded and built what it keeps; a start takes two seconds."""


def run_until_stopped(main: Callable[[asyncio.Event], Awaitable[None]], *, last_words: str | None = None) -> None:
    """Runs ``main`` with an event that SIGTERM and SIGINT set; a second signal ends the process at once.

    ``last_words`` is what the second one prints, to who sent it: a line on standard output.
    """

    async def supervised() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def on_signal(number: signal.Signals) -> None:
            stop.set()
            # Who presses Ctrl-C twice means it.
            loop.remove_signal_handler(number)
            # The first process of a container is not ended by default.
            if os.getpid() == 1:
                signal.signal(number, lambda again, _: os._exit(128 + again))
            elif last_words is None:
                signal.signal(number, signal.SIG_DFL)
            else:
                signal.signal(number, partial(_end_with, last_words))

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, on_signal, number)
        # What is loaded stays: otherwise each full collection looks at 200,000 objects and holds the loop meanwhile.
        loop.call_later(BUILT_AFTER_SECONDS, gc.freeze)
        await main(stop)

    uvloop.run(supervised())


def _end_with(last_words: str, number: int, _: object) -> None:
    """Prints the words and ends as the signal ends a process that does not handle it."""
    with contextlib.suppress(OSError):
        # Not by a stream, which may be in the middle of a line.
        os.write(_STANDARD_OUTPUT, f"\n{last_words}\n".encode())
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


async def drain(fast_path: EventFastPath) -> None:
    """Waits for events being published; the relay publishes the rest."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            await fast_path.drain()
