"""Runs a process until it is told to stop: turns signals into one event, and drains at the end."""

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import Awaitable, Callable

import uvloop

from orders.application.events.publish_events import EventFastPath

DRAIN_SECONDS = 3

BUILT_AFTER_SECONDS = 5.0
"""When a process has surely loaded and built what it keeps; a start takes two seconds."""


def run_until_stopped(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Runs ``main`` with an event that SIGTERM and SIGINT set; a second signal ends the process at once."""

    async def supervised() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def on_signal(number: signal.Signals) -> None:
            stop.set()
            # Who presses Ctrl-C twice means it.
            loop.remove_signal_handler(number)
            # The first process of a container is not ended by default.
            signal.signal(number, signal.SIG_DFL if os.getpid() != 1 else lambda again, _: os._exit(128 + again))

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, on_signal, number)
        # What is loaded stays: otherwise each full collection looks at 200,000 objects and holds the loop meanwhile.
        loop.call_later(BUILT_AFTER_SECONDS, gc.freeze)
        await main(stop)

    uvloop.run(supervised())


async def drain(fast_path: EventFastPath) -> None:
    """Waits for events being published; the relay publishes the rest."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            await fast_path.drain()
