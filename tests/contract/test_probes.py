"""The contract of ``Probe``, for each dependency on AWS."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest

from orders.adapters.outbound.aws.probes import BucketProbe, BusProbe, MailProbe, QueueProbe
from orders.ports.errors import PermanentPortError, TransientPortError
from orders.ports.health import Probe
from tests.contract.aws_backends import AWS_BACKENDS, endpoint_of
from tests.contract.endpoints import REGION, Endpoint

Clients = dict[str, Any]
SERVICES = ("sqs", "s3", "events", "ses")


@pytest.fixture(params=AWS_BACKENDS)
async def clients(request: pytest.FixtureRequest) -> AsyncIterator[Clients]:
    async with AsyncExitStack() as stack:
        endpoint = endpoint_of(request)
        yield {name: await stack.enter_async_context(endpoint.client(name)) for name in SERVICES}


async def test_probes_of_existing_resources_pass(clients: Clients) -> None:
    name = f"probed-{uuid4().hex[:12]}"
    url = (await clients["sqs"].create_queue(QueueName=name))["QueueUrl"]
    await clients["s3"].create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    await clients["events"].create_event_bus(Name=name)
    probes: list[Probe] = [
        QueueProbe(clients["sqs"], url, "pdf-creation queue"),
        BucketProbe(clients["s3"], name, "documents bucket"),
        BusProbe(clients["events"], name),
        MailProbe(clients["ses"]),
    ]
    for probe in probes:
        await probe.check()
    assert [probe.name for probe in probes] == ["pdf-creation queue", "documents bucket", "event bus", "mail service"]


async def test_what_is_not_there_is_found(clients: Clients) -> None:
    name = f"nothing-{uuid4().hex[:12]}"
    probes: list[Probe] = [
        QueueProbe(clients["sqs"], f"{clients['sqs'].meta.endpoint_url}/000000000000/{name}", "queue"),
        BucketProbe(clients["s3"], name, "bucket"),
        BusProbe(clients["events"], name),
    ]
    for probe in probes:
        with pytest.raises(PermanentPortError) as fault:
            await probe.check()
        assert fault.value.dependency == probe.name


async def test_what_is_out_of_reach_is_found() -> None:
    nobody = Endpoint("nobody", "http://127.0.0.1:9")
    async with nobody.client("sqs") as sqs, nobody.client("ses") as ses:
        probes: list[Probe] = [QueueProbe(sqs, "http://127.0.0.1:9/1/q", "queue"), MailProbe(ses)]
        for probe in probes:
            with pytest.raises(TransientPortError) as fault:
                await probe.check()
            assert fault.value.dependency == probe.name
