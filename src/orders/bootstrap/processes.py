"""Running a process until it is told to stop: signals become one event."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

import uvloop


def run_until_stopped(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run ``main`` with an event that SIGTERM and SIGINT set; a second one of them ends the process at once."""

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
        await main(stop)

    uvloop.run(supervised())
