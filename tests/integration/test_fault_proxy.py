"""The fault-injecting proxy: what it injects is what AWS clients take for the real thing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.credentials import AioCredentials
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError

from orders.adapters.outbound.botocore_errors import as_transient
from orders.adapters.outbound.dynamodb.client.signed_client import signed_client
from tests.contract.moto_server import moto_server
from tests.faults.aws_calls import Answer, Call
from tests.faults.plan import Fault, NoFaults, RandomFaults, Scripted
from tests.faults.proxy import FaultProxy

TABLE = {
    "TableName": "t",
    "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
SERVICES = ("dynamodb", "sqs", "events", "ses", "s3")
SESSION: Any = get_session()
"""One for all, for it keeps what it has read of the services. Typed for each one's name alone, not for a variable."""


class World:
    """A proxy before moto, clients that try once, and what took effect."""

    def __init__(self, proxy: FaultProxy, url: str, clients: dict[str, Any]) -> None:
        self.proxy = proxy
        self.url = url
        self.clients = clients
        self.effects: list[tuple[str, str]] = []
        self.took_effect = asyncio.Event()

    def observe(self, call: Call, answer: Answer) -> None:
        self.effects.append((call.service, call.operation))
        self.took_effect.set()

    def next_fault(self, operation: str, fault: Fault) -> None:
        # aiohttp itself repeats what HTTP calls idempotent, once, when a connection that it has used before is closed.
        times = 2 if operation == "PUT" and fault in {Fault.RESET, Fault.LOST_ANSWER} else 1
        self.proxy.plan = Scripted(lambda call: call.operation == operation, [fault] * times)

    async def call(self, service: str) -> str:
        """Some write of that service; the operation's name."""
        match service:
            case "dynamodb":
                await self.clients[service].put_item(TableName="t", Item={"k": {"S": "1"}})
                return "PutItem"
            case "sqs":
                await self.clients[service].create_queue(QueueName="q")
                return "CreateQueue"
            case "events":
                entry = {"Source": "s", "DetailType": "d", "Detail": "{}"}
                await self.clients[service].put_events(Entries=[entry])
                return "PutEvents"
            case "ses":
                await self.clients[service].verify_email_identity(EmailAddress="a@example.com")
                return "VerifyEmailIdentity"
            case _:
                await self.clients[service].put_object(Bucket="bucket", Key="k", Body=b"x" * 1000)
                return "PUT"


OPERATIONS = {
    "dynamodb": "PutItem",
    "sqs": "CreateQueue",
    "events": "PutEvents",
    "ses": "VerifyEmailIdentity",
    "s3": "PUT",
}


@asynccontextmanager
async def clients_of(url: str, read_timeout: float) -> AsyncIterator[dict[str, Any]]:
    """Clients that try once."""
    config = AioConfig(retries={"total_max_attempts": 1}, read_timeout=read_timeout, s3={"addressing_style": "path"})
    arguments: dict[str, Any] = {
        "endpoint_url": url, "region_name": "af-south-1", "config": config, "verify": False,
        "aws_access_key_id": "test", "aws_secret_access_key": "test",
    }  # fmt: skip
    credentials: Any = AioCredentials("test", "test")
    async with AsyncExitStack() as opened:
        clients: dict[str, Any] = {
            name: await opened.enter_async_context(SESSION.create_client(name, **arguments)) for name in SERVICES
        }
        clients["dynamodb"] = await opened.enter_async_context(signed_client(clients["dynamodb"], credentials))
        yield clients


async def prepare(url: str) -> None:
    """Table and bucket; and each service has been asked once, for moto loads it then, which takes seconds."""
    async with clients_of(url, read_timeout=60) as clients:
        await clients["dynamodb"].create_table(**TABLE)
        await clients["s3"].create_bucket(
            Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "af-south-1"}
        )
        world = World(FaultProxy(url), url, clients)
        for service in SERVICES:
            await world.call(service)


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    with moto_server() as url:
        asyncio.run(prepare(url))
        yield url


@pytest.fixture
async def world(moto_url: str) -> AsyncIterator[World]:
    proxy = FaultProxy(moto_url, patience_seconds=120)
    async with proxy.serving() as url, clients_of(url, read_timeout=60) as clients:
        found = World(proxy, url, clients)
        proxy.on_effect = found.observe
        yield found


@pytest.mark.parametrize("service", SERVICES)
async def test_without_faults_calls_get_through_and_are_seen(world: World, service: str) -> None:
    operation = await world.call(service)
    assert world.effects == [(service, operation)]
    assert world.proxy.counts[service, operation, ""] == 1


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.THROTTLED, Fault.RESET])
async def test_what_is_refused_has_no_effect_and_is_taken_for_passing(world: World, service: str, fault: Fault) -> None:
    world.next_fault(OPERATIONS[service], fault)
    with pytest.raises((ClientError, BotoCoreError)) as refused:
        await world.call(service)
    assert isinstance(refused.value, ClientError | BotoCoreError)
    transient = as_transient(refused.value, service)
    assert transient is not None
    assert transient.throttled is (fault is Fault.THROTTLED)
    assert world.effects == []
    world.proxy.plan = NoFaults()
    await world.call(service)
    assert world.effects == [(service, OPERATIONS[service])]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.TIMEOUT])
async def test_an_answer_can_get_lost_after_the_effect(world: World, service: str, fault: Fault) -> None:
    world.next_fault(OPERATIONS[service], fault)
    async with AsyncExitStack() as opened:
        if fault is Fault.TIMEOUT:
            # Less than moto may need on a busy machine: what a client gave up has its effect all the same.
            world.clients = await opened.enter_async_context(clients_of(world.url, read_timeout=0.2))
        with pytest.raises(BotoCoreError) as lost:
            await world.call(service)
    assert isinstance(lost.value, BotoCoreError)
    assert as_transient(lost.value, service) is not None
    await asyncio.wait_for(world.took_effect.wait(), timeout=60)
    assert set(world.effects) == {(service, OPERATIONS[service])}


async def test_a_batch_can_fail_in_part(world: World) -> None:
    world.next_fault("PutEvents", Fault.PARTIAL)
    entries = [{"Source": "s", "DetailType": str(number), "Detail": "{}"} for number in range(10)]
    answer = await world.clients["events"].put_events(Entries=entries)
    failed = [entry for entry in answer["Entries"] if "ErrorCode" in entry]
    assert answer["FailedEntryCount"] == len(failed) >= 1
    assert len(answer["Entries"]) == 10
    assert all("EventId" in entry for entry in answer["Entries"] if entry not in failed)

    queue = (await world.clients["sqs"].create_queue(QueueName="batch"))["QueueUrl"]
    world.next_fault("SendMessageBatch", Fault.PARTIAL)
    messages = [{"Id": str(number), "MessageBody": "x"} for number in range(10)]
    sent = await world.clients["sqs"].send_message_batch(QueueUrl=queue, Entries=messages)
    told = [*sent.get("Successful", []), *sent["Failed"]]
    assert {each["Id"] for each in told} == {str(number) for number in range(10)}
    names = ["ApproximateNumberOfMessages"]
    attributes = (await world.clients["sqs"].get_queue_attributes(QueueUrl=queue, AttributeNames=names))["Attributes"]
    assert int(attributes["ApproximateNumberOfMessages"]) == 10 - len(sent["Failed"])


async def test_out_of_reach_means_out_of_reach(world: World) -> None:
    world.proxy.reachable = False
    with pytest.raises(BotoCoreError):
        await world.call("dynamodb")
    world.proxy.reachable = True
    await world.call("dynamodb")
    assert world.effects == [("dynamodb", "PutItem")]


def test_chance_hits_the_share_asked_for_in_every_way_there_is_and_repeatably() -> None:
    call = Call("events", "PutEvents", "/", {}, b"{}")
    faults = RandomFaults(0.2, seed=7)
    drawn = [faults.fault(call) for _ in range(5000)]
    assert {fault for fault in drawn if fault} == set(Fault)
    assert 0.17 < sum(fault is not None for fault in drawn) / 5000 < 0.23
    again = RandomFaults(0.2, seed=7)
    assert [again.fault(call) for _ in range(5000)] == drawn
    single = Call("dynamodb", "PutItem", "/", {}, b"{}")
    assert all(faults.fault(single) is not Fault.PARTIAL for _ in range(2000))
    assert NoFaults().fault(call) is None
