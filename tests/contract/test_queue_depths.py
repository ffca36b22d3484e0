"""The contract of ``QueueDepths``."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest

from orders.adapters.outbound.aws.sqs.queue_depths import SqsQueueDepths
from orders.adapters.outbound.memory.queue_depths import MemoryQueueDepths
from orders.ports.errors import PermanentPortError, TransientPortError
from orders.ports.queue_depths import QueueDepth, QueueDepths
from tests.contract.aws_backends import ALL_BACKENDS, MEMORY, endpoint_of
from tests.contract.endpoints import Endpoint

NAME = "pdf-creator"


@dataclass
class World:
    """Depths, and a way to fill a queue: one message waits, one is in flight, one is delayed."""

    depths: QueueDepths
    fill: Callable[[], Awaitable[None]]


@pytest.fixture(params=ALL_BACKENDS)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == MEMORY:
        memory = MemoryQueueDepths([NAME])

        async def set_depth() -> None:
            memory.depths[NAME] = QueueDepth(waiting=1, in_flight=1, delayed=1)

        yield World(memory, set_depth)
        return
    async with endpoint_of(request).client("sqs") as sqs:
        url = (await sqs.create_queue(QueueName=f"depth-{uuid4().hex[:12]}"))["QueueUrl"]

        async def fill() -> None:
            await sqs.send_message(QueueUrl=url, MessageBody="received")
            await sqs.receive_message(QueueUrl=url, VisibilityTimeout=60, WaitTimeSeconds=1)
            await sqs.send_message(QueueUrl=url, MessageBody="waits")
            await sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=60)

        yield World(SqsQueueDepths(sqs, {NAME: url}), fill)


async def test_messages_that_wait_are_told_from_those_in_flight_and_delayed(world: World) -> None:
    assert world.depths.names == (NAME,)
    assert await world.depths.depth(NAME) == QueueDepth(waiting=0, in_flight=0)
    await world.fill()
    assert await world.depths.depth(NAME) == QueueDepth(waiting=1, in_flight=1, delayed=1)


async def test_an_unknown_worker_is_a_mistake(world: World) -> None:
    with pytest.raises(KeyError):
        await world.depths.depth("nobody")


@pytest.mark.parametrize("backend", [MEMORY, "nobody"])
async def test_a_queue_out_of_reach_is_a_passing_failure(backend: str) -> None:
    if backend == MEMORY:
        memory = MemoryQueueDepths([NAME])
        memory.reachable = False
        with pytest.raises(TransientPortError, match="pdf-creator queue"):
            await memory.depth(NAME)
        return
    async with Endpoint(backend, "http://127.0.0.1:9").client("sqs") as sqs:
        with pytest.raises(TransientPortError, match="pdf-creator queue"):
            await SqsQueueDepths(sqs, {NAME: "http://127.0.0.1:9/1/q"}).depth(NAME)


async def test_a_queue_that_is_not_there_is_no_passing_failure(moto_endpoint: Endpoint) -> None:
    async with moto_endpoint.client("sqs") as sqs:
        depths = SqsQueueDepths(sqs, {NAME: f"{moto_endpoint.url}/000000000000/nothing-{uuid4().hex}"})
        with pytest.raises(PermanentPortError, match="pdf-creator queue"):
            await depths.depth(NAME)
