"""[Q-6]: a worker's poller with an empty handler, against a raw loop that receives and deletes as many at once.

Both use the client of queues that the service opens, and receive ten messages a call with what the poller asks of each.
The queue is the stand-in, which hands out messages for ever and at once.
"""

import asyncio
from contextlib import ExitStack
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.api_process import run_quietly
from benchmarks.compare import Opened, WorkingSide
from benchmarks.ground import Ground
from benchmarks.processes import answering, measured_process, nothing_else
from orders.adapters.inbound.sqs.measuring import DeliveryMeter
from orders.adapters.inbound.sqs.poller import Poller, PollerSettings
from orders.adapters.inbound.sqs.queue import ReceivedMessage, SqsQueue
from orders.adapters.outbound.memory.metrics import NoMetrics
from orders.bootstrap.aws import open_clients, queue_wait
from orders.bootstrap.config.settings import Settings

QUEUE = "benchmark"
MESSAGE = '{"order_id": "ord_00000000000000000000000001"}'
CONCURRENCY = 10


class PollerFigure:
    """Messages of one queue."""

    id, name = "Q-6", "poller, empty handler"
    target: float | None = 0.8
    leaves_out = (
        "a task, a slot and a timer for each message, extending its visibility, retries, dead letters, "
        "deletion that is tried again, the way to stop, metrics"
    )

    async def sides(self, ground: Ground) -> tuple[Opened, Opened]:
        """See ``Comparison``."""
        settings = ground.settings()

        def ours(stack: ExitStack) -> WorkingSide:
            return WorkingSide(stack.enter_context(measured_process(_run_poller, settings)))

        def raw(stack: ExitStack) -> WorkingSide:
            return WorkingSide(stack.enter_context(measured_process(_run_raw, settings)))

        return ours, raw


def _queue_url(settings: Settings) -> str:
    return f"{settings.aws_endpoint_url}/000000000000/{QUEUE}"


def _run_poller(pipe: Connection, settings: Settings) -> None:
    run_quietly(settings, _poller(pipe, settings))


async def _poller(pipe: Connection, settings: Settings) -> None:
    stop = asyncio.Event()
    async with open_clients(settings, ("sqs",), longest_poll=queue_wait(settings)) as clients:

        async def work(amount: int) -> int:
            enough, handled = asyncio.Event(), 0

            async def handle(_message: ReceivedMessage) -> None:
                nonlocal handled
                handled += 1
                if handled >= amount:
                    enough.set()

            await Poller(
                SqsQueue(clients.sqs, _queue_url(settings), _queue_url(settings)),
                handle,
                PollerSettings(concurrency=CONCURRENCY, wait=queue_wait(settings)),
                meter=DeliveryMeter(QUEUE, NoMetrics()),
            ).run(enough)
            return handled

        answering(pipe, "", stop, nothing_else, work)
        await stop.wait()


def _run_raw(pipe: Connection, settings: Settings) -> None:
    run_quietly(settings, _raw(pipe, settings))


async def _raw(pipe: Connection, settings: Settings) -> None:
    stop, url = asyncio.Event(), _queue_url(settings)
    async with open_clients(settings, ("sqs",), longest_poll=queue_wait(settings)) as clients:
        sqs: Any = clients.sqs

        async def work(amount: int) -> int:
            done = 0
            while done < amount:
                received = await sqs.receive_message(
                    QueueUrl=url,
                    MaxNumberOfMessages=CONCURRENCY,
                    WaitTimeSeconds=settings.queue_wait_seconds,
                    VisibilityTimeout=60,
                    MessageSystemAttributeNames=["ApproximateReceiveCount", "SenderId", "SentTimestamp"],
                    MessageAttributeNames=["All"],
                )
                entries = [
                    {"Id": str(at), "ReceiptHandle": message["ReceiptHandle"]}
                    for at, message in enumerate(received["Messages"])
                ]
                await sqs.delete_message_batch(QueueUrl=url, Entries=entries)
                done += len(entries)
            return done

        answering(pipe, "", stop, nothing_else, work)
        await stop.wait()
