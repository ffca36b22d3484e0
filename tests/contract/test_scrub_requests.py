"""The contract of ``ScrubRequests``: what it asks for comes later, as a command that the event-processor knows."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from orders.adapters.inbound.sqs.messages import order_command, parse_json_object
from orders.adapters.outbound.aws.sqs.scrub_requests import SqsScrubRequests
from orders.application.orders.scrub_order import SECOND_PASS_AFTER
from orders.contracts.commands import SCRUB_ORDER
from orders.ports.errors import TransientPortError
from tests.contract.aws_backends import AWS_BACKENDS, endpoint_of
from tests.contract.endpoints import Endpoint
from tests.support.builders import an_order_id


@pytest.fixture(params=AWS_BACKENDS)
async def queue(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Any, str]]:
    """A client of SQS and a queue."""
    async with endpoint_of(request).client("sqs") as client:
        created = await client.create_queue(QueueName=f"scrub-{uuid4().hex[:12]}")
        yield client, created["QueueUrl"]


async def counted(client: Any, url: str, which: str) -> int:
    name = f"ApproximateNumberOfMessages{which}"
    found = await client.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(found["Attributes"][name])


async def test_it_waits_its_time_out_in_the_queue(queue: tuple[Any, str]) -> None:
    client, url = queue
    await SqsScrubRequests(client, url).request("tenant_a", an_order_id(), after=SECOND_PASS_AFTER)
    assert "Messages" not in await client.receive_message(QueueUrl=url, WaitTimeSeconds=0)
    assert (await counted(client, url, "Delayed"), await counted(client, url, "")) == (1, 0)


async def test_the_command_names_tenant_and_order(queue: tuple[Any, str]) -> None:
    client, url = queue
    await SqsScrubRequests(client, url).request("tenant_a", an_order_id(), after=timedelta(0))
    (message,) = (await client.receive_message(QueueUrl=url, WaitTimeSeconds=2))["Messages"]
    command = order_command(parse_json_object(message["Body"]), SCRUB_ORDER)
    assert (command.tenant_id, command.order_id) == ("tenant_a", an_order_id())


async def test_a_queue_out_of_reach_is_a_passing_failure() -> None:
    async with Endpoint("nobody", "http://127.0.0.1:9").client("sqs") as client:
        with pytest.raises(TransientPortError):
            await SqsScrubRequests(client, "http://127.0.0.1:9/1/queue").request(
                "tenant_a", an_order_id(), after=SECOND_PASS_AFTER
            )
