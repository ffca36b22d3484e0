"""Creating the declared resources on moto's server: all of it, again without a change, and mended where it differs."""

import asyncio
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session

from orders.bootstrap.resources.creation import Changes, ResourceClients, ResourceError, create_resources
from orders.bootstrap.resources.topology import Table, Topology
from orders.bootstrap.resources.topology_file import packaged_topology
from tests.contract.intercepted_client import InterceptedClient, repeated
from tests.contract.moto_server import moto_server

# One for all clients: reading botocore's descriptions of the services takes longer than most of these tests.
SESSION = get_session()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of a moto server. All of a process share what they hold: each test has an environment of its own."""
    with moto_server() as url:
        yield url


@asynccontextmanager
async def open_clients(url: str, region: str) -> AsyncIterator[ResourceClients]:
    config = AioConfig(connect_timeout=20, retries={"total_max_attempts": 1}, max_pool_connections=20)
    async with AsyncExitStack() as stack:

        async def client(service: Any) -> Any:
            context = SESSION.create_client(
                service,
                region_name=region,
                endpoint_url=url,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                verify=False,
                config=config,
            )
            return await stack.enter_async_context(context)

        yield ResourceClients(
            dynamodb=await client("dynamodb"),
            sqs=await client("sqs"),
            sns=await client("sns"),
            events=await client("events"),
            s3=await client("s3"),
            ses=await client("ses"),
        )


@pytest.fixture
async def clients(server: str) -> AsyncIterator[ResourceClients]:
    async with open_clients(server, "af-south-1") as opened:
        yield opened


@pytest.fixture
def topology() -> Topology:
    return packaged_topology()


@pytest.fixture
def environment() -> str:
    return f"t{uuid4().hex[:8]}"


async def create(topology: Topology, clients: ResourceClients, environment: str) -> Changes:
    senders = [f"orders@{environment}.example", f"{environment}.example"]
    return await create_resources(topology, clients, environment=environment, sender_identities=senders)


async def test_a_second_run_changes_nothing(topology: Topology, clients: ResourceClients, environment: str) -> None:
    first = await create(topology, clients, environment)
    assert not first.nothing
    assert (first.updated, first.differences) == ([], [])
    kinds = Counter(line.split()[0] for line in first.created)
    assert kinds == {
        "table": 2,
        "bucket": 2,
        "bus": 1,
        "topic": 4,
        "queue": 19,
        "rule": 7,
        "subscription": 1,
        "mail": 2,
    }

    second = await create(topology, clients, environment)
    assert second == Changes()
    assert second.nothing


async def test_answers_that_get_lost_while_an_emulator_starts_do_no_harm(
    topology: Topology, clients: ResourceClients, environment: str
) -> None:
    class Losing(InterceptedClient):
        def __getattr__(self, operation: str) -> Any:
            made_twice = operation in {"create_table", "create_bucket", "create_event_bus", "create_queue"}
            return super().__getattr__(operation) if made_twice else getattr(self._client, operation)

    losing: Any = {name: Losing(getattr(clients, name), repeated) for name in ("dynamodb", "s3", "events", "sqs")}
    first = await create(topology, replace(clients, **losing), environment)
    assert not first.nothing
    assert (await create(topology, clients, environment)).nothing


async def test_the_table_is_as_declared(topology: Topology, clients: ResourceClients, environment: str) -> None:
    await create(topology, clients, environment)
    name = topology.table_name(environment)
    table = (await clients.dynamodb.describe_table(TableName=name))["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    indexes = {index["IndexName"]: index for index in table["GlobalSecondaryIndexes"]}
    assert indexes.keys() == {index.name for index in topology.table_of("orders").indexes}
    assert indexes["OutboxPending"]["KeySchema"] == [
        {"AttributeName": "outboxShard", "KeyType": "HASH"},
        {"AttributeName": "outboxSince", "KeyType": "RANGE"},
    ]
    assert "tenantId" not in indexes["OrdersByTenantAndDate"]["Projection"]["NonKeyAttributes"]
    ttl = (await clients.dynamodb.describe_time_to_live(TableName=name))["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "expiresAt")


async def test_the_erasure_ledger_is_a_plain_table(
    topology: Topology, clients: ResourceClients, environment: str
) -> None:
    await create(topology, clients, environment)
    ledger = (await clients.dynamodb.describe_table(TableName=topology.table_name(environment, "erasure_ledger")))[
        "Table"
    ]
    assert [key["AttributeName"] for key in ledger["KeySchema"]] == ["PK", "SK"]
    assert not ledger.get("GlobalSecondaryIndexes")
    assert not ledger.get("StreamSpecification", {}).get("StreamEnabled")


async def test_a_table_of_other_environments_is_made_where_it_is_asked_for(
    topology: Topology, clients: ResourceClients, environment: str
) -> None:
    await create(topology, clients, environment)
    control = f"table {topology.table_name(environment, 'control')}"
    changes = await create_resources(topology, clients, environment=environment, tables=["control"])
    assert changes.created == [control]
    changes = await create_resources(topology, clients, environment="prod")
    assert f"table {topology.table_name('prod', 'control')}" in changes.created


async def test_a_queue_is_as_declared(topology: Topology, clients: ResourceClients, environment: str) -> None:
    await create(topology, clients, environment)
    attributes = await queue_attributes(clients, topology.queue_name("pdf-creator", environment))
    assert attributes["VisibilityTimeout"] == "60"
    assert attributes["ReceiveMessageWaitTimeSeconds"] == "20"
    redrive = json.loads(attributes["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"].endswith(f":bbws-order-pdf-creation-dlq-{environment}")
    assert int(redrive["maxReceiveCount"]) == 3
    statement = json.loads(attributes["Policy"])["Statement"][0]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    sources = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert [source.rpartition("/")[2] for source in sources] == [f"bbws-order-pdf-creation-{environment}"]


async def test_a_rule_delivers_and_has_a_dead_letter_queue(
    topology: Topology, clients: ResourceClients, environment: str
) -> None:
    # moto refuses events on a bus with a rule for a topic.
    queues_only = replace(topology, rules=tuple(rule for rule in topology.rules if rule.topic is None))
    await create(queues_only, clients, environment)
    bus = topology.bus_name(environment)
    rule = f"bbws-order-pdf-creation-{environment}"
    targets = (await clients.events.list_targets_by_rule(Rule=rule, EventBusName=bus))["Targets"]
    assert [target["RetryPolicy"]["MaximumRetryAttempts"] for target in targets] == [185]
    assert targets[0]["DeadLetterConfig"]["Arn"].endswith(f":bbws-order-pdf-creation-rule-dlq-{environment}")

    for detail_type in ("io.bbws.orders.order.created.v1", "io.bbws.orders.order.deleted.v1"):
        entry = {"Source": "io.bbws.orders", "DetailType": detail_type, "Detail": "{}", "EventBusName": bus}
        await clients.events.put_events(Entries=[entry])  # type: ignore[list-item]
    bodies = await received(clients, topology.queue_name("pdf-creator", environment))
    assert [body["detail-type"] for body in bodies] == ["io.bbws.orders.order.created.v1"]


async def test_feedback_arrives_without_an_envelope(
    topology: Topology, clients: ResourceClients, environment: str
) -> None:
    await create(topology, clients, environment)
    arn = await topic_arn(clients, topology.topic_name("mail_feedback", environment))
    await clients.sns.publish(TopicArn=arn, Message='{"notificationType": "Bounce"}')
    bodies = await received(clients, topology.queue_name("mail-feedback", environment))
    assert bodies == [{"notificationType": "Bounce"}]


async def test_what_differs_is_mended(topology: Topology, clients: ResourceClients, environment: str) -> None:
    await create(topology, clients, environment)
    queue = topology.queue_name("record-creator", environment)
    url = (await clients.sqs.get_queue_url(QueueName=queue))["QueueUrl"]
    await clients.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "5"})
    bucket = topology.bucket_name("orders", environment)
    await clients.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    bus, rule = topology.bus_name(environment), f"bbws-order-events-{environment}"
    await clients.events.put_rule(Name=rule, EventBusName=bus, EventPattern='{"source": ["other"]}')
    await clients.events.remove_targets(Rule=rule, EventBusName=bus, Ids=["bbws-order-events"])
    topic = await topic_arn(clients, topology.topic_name("mail_feedback", environment))
    subscription = (await clients.sns.list_subscriptions_by_topic(TopicArn=topic))["Subscriptions"][0]
    await clients.sns.set_subscription_attributes(
        SubscriptionArn=subscription["SubscriptionArn"], AttributeName="RawMessageDelivery", AttributeValue="false"
    )
    await clients.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue="{}")
    table = topology.table_name(environment)
    await clients.dynamodb.update_table(
        TableName=table, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "OrderByNumber"}}]
    )
    await clients.dynamodb.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"Enabled": False, "AttributeName": "expiresAt"}
    )

    mended = await create(topology, clients, environment)
    assert (mended.created, mended.differences) == ([], [])
    assert set(mended.updated) == {
        f"queue {queue}: VisibilityTimeout",
        f"bucket {bucket}: versioning",
        f"rule {rule}",
        f"rule {rule}: target",
        f"subscription of bbws-order-mail-feedback-{environment}: RawMessageDelivery",
        f"topic bbws-order-mail-feedback-{environment}: Policy",
        f"table {table}: index OrderByNumber",
        f"table {table}: TTL",
    }
    assert (await create(topology, clients, environment)).nothing


async def test_a_bare_table_is_brought_up_to_date(
    topology: Topology, clients: ResourceClients, environment: str
) -> None:
    name = topology.table_name(environment)
    await clients.dynamodb.create_table(
        TableName=name,
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("PK", "SK")],
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
    )
    changes = await create(topology, clients, environment)
    assert [line for line in changes.updated if line.startswith(f"table {name}")] == [
        f"table {name}: billing on demand",
        f"table {name}: stream",
        *(f"table {name}: index {index.name}" for index in topology.table_of("orders").indexes),
        f"table {name}: TTL",
    ]
    assert (await create(topology, clients, environment)).nothing


async def test_what_can_not_be_mended_is_said(topology: Topology, clients: ResourceClients, environment: str) -> None:
    await create(topology, clients, environment)
    first, second, *rest = topology.table_of("orders").indexes
    changed = (
        replace(first, hash_key="otherKey"),
        replace(second, projection="KEYS_ONLY", included=()),
        *rest[:-1],
    )
    table = replace(topology.table_of("orders"), indexes=changed, ttl_attribute="endsAt", stream="KEYS_ONLY")
    name = topology.table_name(environment)
    found = await create(with_orders(topology, table), clients, environment)
    assert (found.created, found.updated) == ([], [])
    assert [line.partition(";")[0][:70] for line in sorted(found.differences)] == [
        line[:70]
        for line in sorted(
            [
                f"table {name}: index {first.name} has keys ",
                f"table {name}: index {second.name} projects ",
                f"table {name}: index {rest[-1].name} is not declared",
                f"table {name}: its stream shows NEW_AND_OLD_IMAGES, declared KEYS_ONLY",
                f"table {name}: TTL reads expiresAt, declared endsAt",
            ]
        )
    ]

    other_keys = replace(topology.table_of("orders"), partition_key="hash")
    found = await create(with_orders(topology, other_keys), clients, environment)
    assert len(found.differences) == 1
    assert found.differences[0].startswith(f"table {name}: its keys are ")


async def test_runs_at_once_do_not_meet(topology: Topology, clients: ResourceClients, environment: str) -> None:
    names = [f"{environment}{letter}" for letter in "abc"]
    together = await asyncio.gather(*(create(topology, clients, name) for name in names))
    assert [len(changes.created) for changes in together] == [38, 38, 38]


async def test_an_endpoint_out_of_reach_is_one_error(topology: Topology, environment: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        async with open_clients(f"http://127.0.0.1:{unused.getsockname()[1]}", "af-south-1") as clients:
            with pytest.raises(ResourceError, match=f"resources of environment {environment}: "):
                await create(topology, clients, environment)


def with_orders(topology: Topology, table: Table) -> Topology:
    return replace(topology, tables=tuple(table if each.key == table.key else each for each in topology.tables))


async def queue_attributes(clients: ResourceClients, name: str) -> Mapping[str, str]:
    url = (await clients.sqs.get_queue_url(QueueName=name))["QueueUrl"]
    return (await clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]))["Attributes"]  # type: ignore[return-value]


async def received(clients: ResourceClients, name: str) -> list[dict[str, Any]]:
    url = (await clients.sqs.get_queue_url(QueueName=name))["QueueUrl"]
    messages = await clients.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
    return [json.loads(message["Body"]) for message in messages.get("Messages", [])]


async def topic_arn(clients: ResourceClients, name: str) -> str:
    topics = (await clients.sns.list_topics())["Topics"]
    return next(topic["TopicArn"] for topic in topics if topic["TopicArn"].endswith(f":{name}"))
