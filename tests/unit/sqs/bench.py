"""A poller on a fake queue in virtual time, with its handler in the test's hand."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from orders.adapters.inbound.backoff import Backoff
from orders.adapters.inbound.sqs.gate import DependencyGate
from orders.adapters.inbound.sqs.measuring import OrderDeliveryMeter
from orders.adapters.inbound.sqs.poller import Poller, PollerSettings
from orders.adapters.inbound.sqs.queue import ReceivedMessage, SqsQueue
from orders.adapters.inbound.sqs.rate import Admission
from orders.adapters.inbound.sqs.retry_policy import RetryPolicy
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.ports.errors import TransientPortError
from orders.ports.health import Probe
from orders.ports.lease import WriterLease
from orders.ports.metric_catalogue import MESSAGES_HANDLED
from tests.unit.sqs.fake_sqs import EPOCH, FakeSqs

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient

URL = "https://sqs.example/orders"
DEAD_LETTER_URL = "https://sqs.example/orders-dlq"

POLICY = RetryPolicy(
    in_process=Backoff(timedelta(seconds=1), timedelta(seconds=16), chance=lambda: 1.0),
    in_queue=Backoff(timedelta(seconds=2), timedelta(minutes=15), chance=lambda: 1.0),
    redelivery=Backoff(timedelta(seconds=30), timedelta(minutes=15), chance=lambda: 1.0),
)
"""Waits of 1, 2, 4, 8, 16, 16, ... s in process, of 2, 4, ... s in the queue, of 30, 60, ... s between deliveries."""

SETTINGS = PollerSettings(
    reconnect=Backoff(timedelta(seconds=1), timedelta(seconds=16), chance=lambda: 1.0), retries=POLICY
)
RECHECK = Backoff(timedelta(seconds=1), timedelta(seconds=32), chance=lambda: 1.0)

Script = Callable[[ReceivedMessage], Awaitable[None]]


class Switch:
    """A dependency that a test turns off and on, and its probe."""

    def __init__(self, name: str = "orders table") -> None:
        self.name = name
        self.on = True
        self.checks = 0

    async def check(self) -> None:
        self.checks += 1
        self.call()

    def call(self) -> None:
        if not self.on:
            raise TransientPortError(self.name, "out of reach")


class Bench:
    """Everything a poller needs; ``handled`` are the bodies that the handler was given, in order."""

    def __init__(
        self,
        script: Script | None = None,
        *,
        settings: PollerSettings = SETTINGS,
        probes: Iterable[Probe] = (),
        admission: Admission | None = None,
        sqs: FakeSqs | None = None,
        ask_first: Collection[str] = (),
        metrics: MemoryMetrics | None = None,
        lease: WriterLease | None = None,
    ) -> None:
        self.sqs = sqs or new_sqs()
        self.handled: list[str] = []
        self.metrics = metrics or MemoryMetrics()
        self.stop = asyncio.Event()
        self._script = script
        self.poller = Poller(
            SqsQueue(cast("SQSClient", self.sqs), URL, DEAD_LETTER_URL),
            self._handle,
            settings,
            gate=DependencyGate(probes, recheck=RECHECK, ask_first=ask_first, lease=lease),
            admission=admission,
            meter=OrderDeliveryMeter("pdf-creator", self.metrics, max_receives=3),
            now=lambda: EPOCH + timedelta(seconds=self.now),
        )

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def send(self, *bodies: str) -> None:
        for body in bodies:
            await self.sqs.send_message(QueueUrl=URL, MessageBody=body)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The poller runs meanwhile, and is stopped at the end."""
        run = asyncio.create_task(self.poller.run(self.stop))
        try:
            yield
        finally:
            self.stop.set()
            await run

    async def until(self, condition: Callable[[], object], *, within: float = 86_400) -> None:
        """Let time pass until the condition holds; at most so many seconds of it."""
        began = self.now
        while not condition():
            waited = self.now - began
            assert waited < within, "it did not come to that"
            # In hours nobody looks twenty times a second: each look costs real time.
            await asyncio.sleep(max(0.05, waited / 1000))

    async def until_empty(self) -> None:
        """Let time pass until every message of the queue is gone."""
        await self.until(lambda: not self.sqs.stored(URL) and not self.poller.in_flight)

    def ended(self, outcome: str) -> float:
        """Returns how many deliveries ended so."""
        return self.metrics.of(MESSAGES_HANDLED, worker="pdf-creator", outcome=outcome)

    def shows(self) -> tuple[bool, str]:
        """Returns the poller's own status: healthy, state."""
        return self.poller.healthy, self.poller.state.value

    def receive_counts(self) -> list[int]:
        """Of the messages still there, how often each was received."""
        return [message.receive_count for message in self.sqs.stored(URL)]

    async def _handle(self, message: ReceivedMessage) -> None:
        self.handled.append(message.body)
        if self._script is not None:
            await self._script(message)


def new_sqs() -> FakeSqs:
    """A queue with three receives and its dead-letter queue."""
    sqs = FakeSqs()
    sqs.add_queue(DEAD_LETTER_URL)
    sqs.add_queue(URL, max_receive_count=3, dead_letter_url=DEAD_LETTER_URL)
    return sqs


def with_settings(**changes: object) -> PollerSettings:
    """The bench's settings but for these."""
    return replace(SETTINGS, **changes)  # type: ignore[arg-type]
