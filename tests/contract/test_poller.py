"""The poller on real servers: what its tests on the fake show must hold over HTTP and in real time too."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from orders.adapters.inbound.sqs.delivery import Handler
from orders.adapters.inbound.sqs.measuring import DeliveryMeter
from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.adapters.inbound.sqs.poller import Poller, PollerSettings
from orders.adapters.inbound.sqs.queue import ReceivedMessage, SqsQueue
from orders.adapters.inbound.sqs.retry_policy import RetryPolicy
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.ports.dead_letters import REASON_ATTRIBUTE
from orders.ports.errors import TransientPortError
from orders.ports.metric_catalogue import MESSAGES_HANDLED
from tests.contract.aws_backends import AWS_BACKENDS, endpoint_of

NOW = timedelta(0)


@dataclass
class Line:
    """A queue with its dead-letter queue."""

    client: Any
    queue: SqsQueue
    dead_letters: SqsQueue
    url: str
    metrics: MemoryMetrics = field(default_factory=MemoryMetrics)

    def ended(self, outcome: str) -> float:
        """Returns how many deliveries ended so."""
        return self.metrics.of(MESSAGES_HANDLED, outcome=outcome)

    @asynccontextmanager
    async def worked_on(self, handler: Handler, *, visibility: float = 30, grace: float = 5) -> AsyncIterator[Poller]:
        settings = PollerSettings(
            grace=timedelta(seconds=grace), retries=RetryPolicy(visibility=timedelta(seconds=visibility))
        )
        poller = Poller(self.queue, handler, settings, meter=DeliveryMeter("pdf-creator", self.metrics))
        stop = asyncio.Event()
        run = asyncio.create_task(poller.run(stop))
        try:
            yield poller
        finally:
            stop.set()
            await run

    async def send(self, *bodies: str) -> None:
        for body in bodies:
            await self.client.send_message(QueueUrl=self.url, MessageBody=body)


@pytest.fixture(params=AWS_BACKENDS)
async def line(request: pytest.FixtureRequest) -> AsyncIterator[Line]:
    name = f"line-{uuid4().hex[:12]}"
    async with endpoint_of(request).client("sqs") as client:
        url = (await client.create_queue(QueueName=name))["QueueUrl"]
        dead = (await client.create_queue(QueueName=f"{name}-dlq"))["QueueUrl"]
        yield Line(client, SqsQueue(client, url, dead), SqsQueue(client, dead, dead), url)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - a poller counts, it does not ring a bell
            await asyncio.sleep(0.02)


async def test_every_message_is_seen_through_and_the_impossible_one_buried(line: Line) -> None:
    handled: list[str] = []

    async def handle(message: ReceivedMessage) -> None:
        handled.append(message.body)
        if message.body == "poison":
            raise MessageRefused("it is not what this queue is for")

    bodies = [str(number) for number in range(40)]
    await line.send(*bodies[:20], "poison", *bodies[20:])
    async with line.worked_on(handle):
        await until(lambda: line.ended("processed") + line.ended("dead_lettered") == 41)
    assert sorted(handled) == sorted([*bodies, "poison"])
    (dead,) = await line.dead_letters.receive(10, wait=timedelta(seconds=2), visibility=timedelta(seconds=30))
    assert (dead.body, dead.attributes[REASON_ATTRIBUTE]["StringValue"]) == ("poison", "MessageRefused")
    assert await line.queue.receive(10, wait=NOW, visibility=timedelta(seconds=30)) == []


async def test_a_slow_handler_keeps_its_message(line: Line) -> None:
    counts: list[int] = []

    async def handle(message: ReceivedMessage) -> None:
        counts.append(message.receive_count)
        await asyncio.sleep(8)

    await line.send("slow")
    # Extended every three seconds: a busy machine may be three seconds late with it.
    async with line.worked_on(handle, visibility=6):
        await until(lambda: line.ended("processed") == 1)
    assert counts == [1]


async def test_a_message_that_waits_is_handed_back_on_stopping(line: Line) -> None:
    waiting = asyncio.Event()

    async def handle(_: ReceivedMessage) -> None:
        waiting.set()
        raise TransientPortError("orders table", "out of reach")

    await line.send("order")
    async with line.worked_on(handle, visibility=2):
        await waiting.wait()
    assert line.ended("released") == 1
    # LocalStack doesn't notice that a long poll was broken off: it can hand the message to that one first, which
    # hides it for the visibility timeout once more.
    (again,) = await line.queue.receive(1, wait=timedelta(seconds=10), visibility=timedelta(seconds=30))
    assert again.body == "order"
    assert again.receive_count in {2, 3}


async def test_a_worker_that_died_leaves_its_message_to_the_next(line: Line) -> None:
    await line.send("order")
    # Received by somebody who was never heard of again.
    await line.queue.receive(1, wait=timedelta(seconds=2), visibility=timedelta(seconds=1))
    handled: list[int] = []

    async def handle(message: ReceivedMessage) -> None:
        handled.append(message.receive_count)

    async with line.worked_on(handle):
        await until(lambda: line.ended("processed") == 1)
    assert handled == [2]
