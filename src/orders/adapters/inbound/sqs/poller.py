"""The polling loop of every worker: receives messages, delivers each independently, stops cleanly."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import structlog

from orders.adapters.inbound.backoff import Backoff
from orders.adapters.inbound.sqs.deletion import Deletions
from orders.adapters.inbound.sqs.delivery import Delivery, DeliveryContext, Handler, Phase
from orders.adapters.inbound.sqs.gate import DependencyGate
from orders.adapters.inbound.sqs.measuring import DeliveryMeter
from orders.adapters.inbound.sqs.queue import MAX_BATCH, QueueUnreachable, SqsQueue
from orders.adapters.inbound.sqs.rate import Admission
from orders.adapters.inbound.sqs.retry_policy import RetryPolicy

RECONNECT = Backoff(first=timedelta(seconds=0.5), longest=timedelta(seconds=15))

_log = structlog.get_logger(__name__)


class PollerState(StrEnum):
    """State of a poller."""

    STARTING = "starting"
    POLLING = "polling"
    PAUSED = "paused"
    UNREACHABLE = "unreachable"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class PollerSettings:
    """Settings of a poller.

    Attributes:
        concurrency: maximum number of concurrent handlers.
        in_flight: maximum number of messages in flight, including those retried in process, excluding those that wait
            in their queue.
        batch: maximum number of messages per receive call.
        wait: long-poll duration of a receive call.
        grace: time that handlers may take after the stop signal; unfinished messages are then released.
        reconnect: back-off while the queue is unreachable.
    """

    concurrency: int = 10
    in_flight: int = 100
    batch: int = MAX_BATCH
    wait: timedelta = timedelta(seconds=20)
    grace: timedelta = timedelta(seconds=20)
    reconnect: Backoff = RECONNECT
    retries: RetryPolicy = field(default_factory=RetryPolicy)


def _wall_clock() -> datetime:
    return datetime.now(UTC)


class Poller:
    """Feeds one queue's messages to a handler.

    Attributes:
        state: the current state.
    """

    def __init__(
        self,
        queue: SqsQueue,
        handler: Handler,
        settings: PollerSettings | None = None,
        *,
        meter: DeliveryMeter,
        gate: DependencyGate | None = None,
        admission: Admission | None = None,
        now: Callable[[], datetime] = _wall_clock,
    ) -> None:
        """Sets up the poller.

        Args:
            gate: pauses receiving while a dependency is down; without one, no probe is asked.
            admission: rate limit of receiving; without one there is no limit.
            now: clock by which the age of messages is determined.
        """
        self.state = PollerState.STARTING
        self._queue = queue
        self._settings = settings or PollerSettings()
        self._gate = gate or DependencyGate()
        self._admission = admission
        self._meter = meter
        self._deliveries: dict[Delivery, asyncio.Task[None]] = {}
        self._room = asyncio.Event()
        self._reachable = False
        self._failures = 0
        self._context = DeliveryContext(
            queue=queue,
            deletions=Deletions(queue),
            handler=handler,
            gate=self._gate,
            slots=asyncio.Semaphore(self._settings.concurrency),
            policy=self._settings.retries,
            stopping=asyncio.Event(),
            slot_left=self._room.set,
            gives_way=self._readmit,
            now=now,
        )

    @property
    def name(self) -> str:
        """The queue's name."""
        return self._queue.name

    @property
    def healthy(self) -> bool:
        """True if the last call reached the queue; for readiness. A pause does not change it.

        One that pauses from its start has not called yet: what it waits for is the fault, not the queue.
        """
        return self._reachable or (self.state is PollerState.PAUSED and not self._failures)

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Errors of dependencies that are down; nothing is received meanwhile."""
        return self._gate.faults

    @property
    def in_flight(self) -> int:
        """Number of messages received and not finished."""
        return len(self._deliveries)

    async def run(self, stop: asyncio.Event) -> None:
        """Polls until ``stop`` is set, then finishes or releases messages in flight within the grace period."""
        receiving = asyncio.create_task(self._receive())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({receiving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.state = PollerState.STOPPING
            # Cancels the long poll. A message that the queue hands out at that moment is lost to this process and is
            # redelivered after its visibility timeout.
            receiving.cancel()
            stopping.cancel()
            await asyncio.wait({receiving, stopping})
            await self._wind_down(self._settings.grace if stop.is_set() else timedelta(0))
            self.state = PollerState.STOPPED
            self._reachable = False
        if not receiving.cancelled():
            receiving.result()

    async def _receive(self) -> None:
        while True:
            room = await self._find_room()
            if self._gate.down:
                self.state = PollerState.PAUSED
                await self._gate.passable()
                continue
            allowed = room if self._admission is None else await self._admission.take(room)
            received = 0
            try:
                received = await self._receive_batch(allowed)
            finally:
                if self._admission is not None:
                    self._admission.give_back(allowed - received)

    async def _receive_batch(self, limit: int) -> int:
        settings = self._settings
        # No long poll on the first call and after a failure: it shows quickly whether the queue is reachable.
        wait = settings.wait if self._reachable else timedelta(0)
        try:
            messages = await self._queue.receive(limit, wait=wait, visibility=settings.retries.visibility)
        except QueueUnreachable as error:
            await self._out_of_reach(error)
            return 0
        if self._failures:
            _log.info("queue is back", queue=self.name, after_failures=self._failures)
        self._failures = 0
        self._reachable = True
        self.state = PollerState.POLLING
        for message in messages:
            delivery = Delivery(message, self._context)
            self._deliveries[delivery] = asyncio.create_task(self._see_through(delivery))
        return len(messages)

    async def _out_of_reach(self, error: QueueUnreachable) -> None:
        self._failures += 1
        self._reachable = False
        self.state = PollerState.UNREACHABLE
        if self._failures == 1:
            _log.error("queue is out of reach, trying on", queue=self.name, error=str(error))
        await asyncio.sleep(self._settings.reconnect.seconds(self._failures))

    async def _find_room(self) -> int:
        """Waits for room for at least one more message; returns the number to receive in one call."""
        settings = self._settings
        while True:
            self._room.clear()
            working = sum(delivery.phase is Phase.WORKING for delivery in self._deliveries)
            room = min(settings.batch, settings.concurrency - working, settings.in_flight - len(self._deliveries))
            if room > 0:
                return room
            await self._room.wait()

    async def _see_through(self, delivery: Delivery) -> None:
        clock = asyncio.get_running_loop()
        began = clock.time()
        try:
            outcome = await delivery.run()
        finally:
            del self._deliveries[delivery]
            self._room.set()
        self._meter.ended(delivery.message, outcome, retries=delivery.retries, seconds=clock.time() - began)

    def _readmit(self) -> None:
        # The message was not handled: waiting messages must neither use up the rate of the others, nor delay them
        # until they are sent again.
        if self._admission is not None:
            self._admission.give_back(1)

    async def _wind_down(self, grace: timedelta) -> None:
        self._context.stopping.set()
        # Deliveries that wait for a retry release their message at once; running handlers may finish.
        for delivery, task in self._deliveries.items():
            if delivery.phase is Phase.WAITING:
                task.cancel()
        if self._deliveries:
            await asyncio.wait(self._deliveries.values(), timeout=grace.total_seconds())
        for task in self._deliveries.values():
            task.cancel()
        if self._deliveries:
            await asyncio.wait(self._deliveries.values())
