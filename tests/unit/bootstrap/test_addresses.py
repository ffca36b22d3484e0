"""Resolution of queues' addresses, and processes' behaviour while SQS is unreachable."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from orders.adapters.inbound.backoff import Backoff
from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.resources.addresses import ResourcesMissing, addresses_in_reach
from orders.bootstrap.resources.topology_file import packaged_topology

AT_ONCE = Backoff(first=timedelta(0), longest=timedelta(0))
OUT_OF_REACH = EndpointConnectionError(endpoint_url="http://localstack:4566")
NO_QUEUE = ClientError(
    {"Error": {"Code": "AWS.SimpleQueueService.NonExistentQueue"}, "ResponseMetadata": {"HTTPStatusCode": 400}},  # type: ignore[typeddict-item]
    "GetQueueUrl",
)
UNAVAILABLE = ClientError(
    {"Error": {"Code": "ServiceUnavailable"}, "ResponseMetadata": {"HTTPStatusCode": 503}},  # type: ignore[typeddict-item]
    "GetQueueUrl",
)


class Queues:
    """SQS as far as asking for queues goes: these failures first, then every queue there is."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)

    async def get_queue_url(self, *, QueueName: str) -> dict[str, str]:  # noqa: N803 - SQS's own
        if self.failures:
            raise self.failures.pop(0)
        return {"QueueUrl": f"http://sqs/{QueueName}"}


async def found(queues: Any, stop: asyncio.Event, reconnect: Backoff = AT_ONCE) -> Any:
    return await addresses_in_reach(queues, packaged_topology(), load_settings(), stop, reconnect=reconnect)


async def test_a_queue_service_out_of_reach_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    addresses = await found(Queues(OUT_OF_REACH, UNAVAILABLE, OUT_OF_REACH), asyncio.Event())
    assert addresses.queues["pdf-creator"].url == "http://sqs/bbws-order-pdf-creation-local"
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1
    assert said[0].startswith("the queues are out of reach, trying on: queue bbws-order-creation-local")


async def test_a_queue_that_is_not_there_is_a_mistake_and_ends_the_start() -> None:
    with pytest.raises(ResourcesMissing, match=r"bbws-order-creation-dlq-local can't be reached.*`orders bootstrap`"):
        await found(Queues(OUT_OF_REACH, NO_QUEUE), asyncio.Event())


async def test_without_credentials_it_is_said_where_they_come_from() -> None:
    with pytest.raises(ResourcesMissing, match=r"Unable to locate credentials\. For an emulator set AWS_ENDPOINT_URL"):
        await found(Queues(NoCredentialsError()), asyncio.Event())


async def test_waiting_ends_with_the_stop_signal() -> None:
    stop = asyncio.Event()
    day = Backoff(first=timedelta(days=1), longest=timedelta(days=1))
    waiting = asyncio.create_task(found(Queues(*[OUT_OF_REACH] * 99), stop, day))
    await asyncio.sleep(0)
    stop.set()
    assert await waiting is None
