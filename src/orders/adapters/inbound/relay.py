"""The relay's loop: looks at the outbox again and again and publishes what is overdue."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from orders.application.relay_outbox import RelayOutbox
from orders.ports.errors import TransientPortError

_log = logging.getLogger(__name__)
_MAX_PAUSE = timedelta(seconds=30)


class RelayLoop:
    """Sweeps every shard, then pauses; a shard that had something is swept again at once.

    Any number of relays may run: publishing and settling are repeatable.
    """

    def __init__(
        self,
        relay: RelayOutbox,
        shards: int,
        *,
        interval: timedelta,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._relay = relay
        self._shards = range(shards)
        self._interval = interval
        self._pause = pause
        self.healthy = True

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Nothing: it is the bus or the table that it works on."""
        return ()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set; what was begun is finished."""
        failures = 0
        while not stop.is_set():
            try:
                published = sum([await self._relay.sweep(shard) for shard in self._shards])
            except TransientPortError as error:
                failures += 1
                if self.healthy:
                    _log.warning("the relay can't reach the outbox, and keeps trying: %s", error)
                self.healthy = False
                published = 0
            else:
                if not self.healthy:
                    _log.info("the relay reaches the outbox again")
                self.healthy, failures = True, 0
            if not published:
                await self._rest(stop, min(self._interval * 2 ** min(failures, 10), _MAX_PAUSE))

    async def _rest(self, stop: asyncio.Event, pause: timedelta) -> None:
        resting = asyncio.ensure_future(self._pause(pause.total_seconds()))
        stopped = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({resting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            resting.cancel()
            stopped.cancel()
