"""Work that is done now and then beside a process's own: looked after, and never in its way."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from orders.ports.errors import PortError

_log = structlog.get_logger(__name__)


class Periodic:
    """Does a piece of work, waits, does it again, until it is stopped; one that fails is logged, and the next comes."""

    def __init__(
        self,
        name: str,
        work: Callable[[], Awaitable[object]],
        interval: timedelta,
        *,
        at_most: timedelta = timedelta(minutes=10),
        spread: Callable[[], float] = lambda: 1.0,
        due: Callable[[], bool] = lambda: True,
    ) -> None:
        """Sets up the work.

        Args:
            at_most: how long one piece of work may take.
            due: whether it is to be done; asked each time.
            spread: factor of each wait, so that many processes don't work at the same moments.
        """
        self.name = name
        self._work = work
        self._interval = interval
        self._at_most = at_most
        self._spread = spread
        self._due = due

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set, which also breaks off what is being done."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                working = asyncio.create_task(self._once())
                try:
                    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    # Whoever cancels this closes the clients next, which work left behind would open again.
                    working.cancel()
                    await asyncio.wait({working})
                with contextlib.suppress(TimeoutError):
                    pause = self._interval.total_seconds() * self._spread()
                    await asyncio.wait_for(asyncio.shield(stopping), pause)
        finally:
            stopping.cancel()

    async def _once(self) -> None:
        if not self._due():
            return
        try:
            async with asyncio.timeout(self._at_most.total_seconds()):
                await self._work()
        except (PortError, TimeoutError) as error:
            _log.warning("not done this time", work=self.name, error=str(error) or "it took too long")
        except Exception:  # noqa: BLE001 - it is logged with its traceback, and the process has other work
            _log.exception("not done this time", work=self.name)
