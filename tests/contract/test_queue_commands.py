"""The contracts of ``DocumentRequests`` and ``OrderCommands``: a command arrives on the worker's queue."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from orders.adapters.outbound.aws.sqs.document_requests import SqsDocumentRequests
from orders.adapters.outbound.aws.sqs.order_commands import SqsOrderCommands
from orders.contracts.commands import PLACE_ACCEPTED, RENDER_DOCUMENT
from orders.ports.errors import TransientPortError
from tests.contract.aws_backends import AWS_BACKENDS, endpoint_of
from tests.contract.endpoints import Endpoint
from tests.support.builders import an_order_id

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(params=AWS_BACKENDS)
async def queue(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Any, str]]:
    """A client of SQS and a queue."""
    async with endpoint_of(request).client("sqs") as client:
        created = await client.create_queue(QueueName=f"commands-{uuid4().hex[:12]}")
        yield client, created["QueueUrl"]


async def the_command(client: Any, url: str) -> dict[str, str]:
    (message,) = (await client.receive_message(QueueUrl=url, WaitTimeSeconds=2))["Messages"]
    command: dict[str, str] = json.loads(message["Body"])
    return command


async def test_a_document_is_asked_for(queue: tuple[Any, str]) -> None:
    await SqsDocumentRequests(*queue).request("tenant_a", an_order_id())
    asked = {"command": RENDER_DOCUMENT, "tenant_id": "tenant_a", "order_id": an_order_id()}
    assert await the_command(*queue) == asked


@pytest.mark.parametrize("trace", [None, TRACE])
async def test_the_placing_of_an_accepted_order_is_asked_for(queue: tuple[Any, str], trace: str | None) -> None:
    await SqsOrderCommands(*queue).place_accepted("tenant_a", an_order_id(), trace)
    asked = {"command": PLACE_ACCEPTED, "tenant_id": "tenant_a", "order_id": an_order_id()}
    assert await the_command(*queue) == asked | ({} if trace is None else {"traceparent": trace})


async def test_out_of_reach_is_told() -> None:
    async with Endpoint("nobody", "http://127.0.0.1:9").client("sqs") as client:
        url = "http://127.0.0.1:9/1/queue"
        with pytest.raises(TransientPortError):
            await SqsDocumentRequests(client, url).request("tenant_a", an_order_id())
        with pytest.raises(TransientPortError):
            await SqsOrderCommands(client, url).place_accepted("tenant_a", an_order_id())
