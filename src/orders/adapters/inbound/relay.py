"""The relay's loop: sweeps the outbox periodically and publishes overdue events."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from orders.adapters.inbound.backoff import Backoff
from orders.application.events.relay_outbox import RelayOutbox
from orders.ports.errors import NotPermitted, NotTheWriter, TransientPortError
from orders.ports.lease import WriterLease

_log = logging.getLogger(__name__)
RECOVERY = Backoff(first=timedelta(seconds=2), longest=timedelta(seconds=30))


class RelayLoop:
    """Sweeps every shard, then pauses; a shard that had events is swept again at once.

    The loop ends only when stopped: an error of a sweep is logged and retried with an increasing back-off. Any number
    of relays may run: publishing and settling are idempotent.
    """

    def __init__(
        self,
        relay: RelayOutbox,
        shards: int,
        lease: WriterLease,
        *,
        interval: timedelta,
        recovery: Backoff = RECOVERY,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """``interval`` is the pause while idle, ``recovery`` the back-off after failures.

        Without the lease nothing is swept, and nobody is told of a failure.
        """
        self._lease = lease
        self._relay = relay
        self._shards = range(shards)
        self._interval = interval
        self._recovery = recovery
        self._pause = pause
        self.healthy = True

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The writer's lease while it is not held: the relay depends on nothing else but bus and table."""
        try:
            self._lease.check()
        except NotTheWriter as error:
            return (str(error),)
        return ()

    async def run(self, stop: asyncio.Event) -> None:
        """Runs until ``stop`` is set; a sweep in progress is finished."""
        failures = 0
        while not stop.is_set():
            if self._lease.remaining() <= 0:
                await self._rest(stop, self._interval.total_seconds())
                continue
            outcomes = [await self._swept(shard) for shard in self._shards]
            published = sum(count for count in outcomes if count is not None)
            if None in outcomes:
                failures += 1
            else:
                if not self.healthy:
                    _log.info("the relay reaches the outbox again")
                self.healthy, failures = True, 0
            if not published:
                pause = self._recovery.seconds(failures) if failures else self._interval.total_seconds()
                await self._rest(stop, pause)

    async def _swept(self, shard: int) -> int | None:
        """Sweeps the shard and returns the number published; ``None`` if that failed."""
        try:
            return await self._relay.sweep(shard)
        except NotTheWriter:
            return 0
        except TransientPortError as error:
            if self.healthy:
                tell = _log.error if isinstance(error, NotPermitted) else _log.warning
                tell("the relay can't reach the outbox, and keeps trying: %s", error)
        except Exception:  # noqa: BLE001 - it is logged, and the loop must not end with it
            # A bug may affect only some orders: the loop goes on, so that other shops don't wait for the fix.
            _log.exception("the relay failed unexpectedly, and keeps trying")
        self.healthy = False
        return None

    async def _rest(self, stop: asyncio.Event, seconds: float) -> None:
        resting = asyncio.ensure_future(self._pause(seconds))
        stopped = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({resting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            resting.cancel()
            stopped.cancel()
