"""A network between a service and the emulator that loses an answer at the moment that a test chooses."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

from tests.faults.aws_calls import Answer, Call
from tests.faults.plan import Fault, Scripted
from tests.faults.proxy import FaultProxy

LONGER_THAN_ANY_CLIENT_WAITS_SECONDS = 120


class LosingNetwork:
    """Lets everything through but the one answer that it is told to lose, whose request has its effect."""

    def __init__(self, upstream: str) -> None:
        self.url = ""
        self._proxy = FaultProxy(upstream, patience_seconds=LONGER_THAN_ANY_CLIENT_WAITS_SECONDS)
        self._proxy.on_effect = self._note
        self._chosen: str | None = None
        self._written: Queue[Any] = Queue()

    def lose(self, operation: str) -> None:
        """Lose the answer to the next request of that operation, such as ``PutItem``."""
        self._chosen = operation
        self._proxy.plan = Scripted(lambda call: call.operation == operation, [Fault.TIMEOUT])

    def written(self, *, within_seconds: float) -> Any:
        """Waits for the write whose response is lost, and returns it. Raises: queue.Empty."""
        return self._written.get(timeout=within_seconds)

    def _note(self, call: Call, _: Answer) -> None:
        if call.operation == self._chosen:
            self._chosen = None
            self._written.put(call.content())

    async def serve(self, ready: threading.Event, stop: asyncio.Event) -> None:
        """Serve until told to stop."""
        async with self._proxy.serving() as self.url:
            ready.set()
            await stop.wait()


@contextmanager
def losing_network(upstream: str) -> Iterator[LosingNetwork]:
    """The network to that emulator, in a thread of its own."""
    network, ready, stop = LosingNetwork(upstream), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(network.serve(ready, stop)))
    thread.start()
    try:
        assert ready.wait(10)
        yield network
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
