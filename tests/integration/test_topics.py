"""Delivery through SNS over the declared resources: events to subscribers, and the mail service's feedback."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from orders.adapters.inbound.sqs.workers.mail_feedback import MailFeedbackHandler
from orders.adapters.outbound.aws.event_bridge import EventBridgePublisher
from orders.bootstrap.dev import emulator
from orders.bootstrap.dev.emulator import EmulatorError
from orders.bootstrap.resources.creation import ResourceClients, create_resources
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.domain.events import EventType
from orders.domain.order import Order
from orders.ports.mail import FeedbackKind, MailState, recipient_hash
from orders.ports.suppressions import SuppressionReason
from tests.contract.endpoints import Endpoint, given_endpoint
from tests.contract.order_stores import store_over
from tests.support.builders import a_draft
from tests.support.event_contract import check_event
from tests.support.mail_service import ses_event
from tests.support.ports import free_port
from tests.support.service import Service, a_caller
from tests.support.workers import handled, message

TOPOLOGY = packaged_topology()
STAFF = "staff@example.com"


@pytest.fixture(scope="module", params=["embedded", pytest.param("localstack", marks=pytest.mark.emulator)])
def endpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """The emulator that `orders dev` runs, and those that are given. moto has no rules for topics."""
    if request.param != "embedded":
        yield given_endpoint(request.param)
        return
    try:
        python = emulator.emulator_python()
    except EmulatorError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    directory: Path = tmp_path_factory.mktemp("emulator")
    running = asyncio.run(emulator.start(directory, python, preferred_port=free_port()))
    try:
        yield Endpoint("ministack", running.url)
    finally:
        emulator.stop(running)


@dataclass
class Cloud:
    """The declared resources in an environment of their own."""

    clients: ResourceClients
    environment: str

    async def arn(self, topic: str) -> str:
        name = TOPOLOGY.topic_name(topic, self.environment)
        found = await self.clients.sns.create_topic(Name=name)  # there already: it is only asked for its ARN
        return found["TopicArn"]

    async def received(self, queue: str) -> list[str]:
        """The bodies that wait in a queue, at least one of them."""
        url = (await self.clients.sqs.get_queue_url(QueueName=queue))["QueueUrl"]
        for _ in range(10):
            found = await self.clients.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2)
            if "Messages" in found:
                return [each["Body"] for each in found["Messages"]]
        raise AssertionError(f"nothing has come to {queue}")


@pytest.fixture
async def cloud(endpoint: Endpoint) -> AsyncIterator[Cloud]:
    environment = f"t{uuid4().hex[:8]}"
    async with _opened(endpoint) as clients:
        await create_resources(TOPOLOGY, clients, environment=environment, sender_identities=["orders@shop.example"])
        yield Cloud(clients, environment)


@asynccontextmanager
async def _opened(endpoint: Endpoint) -> AsyncIterator[ResourceClients]:
    async with AsyncExitStack() as stack:

        async def client(service: str) -> Any:
            return await stack.enter_async_context(endpoint.client(service))

        services = ("dynamodb", "sqs", "sns", "events", "s3", "ses")
        yield ResourceClients(**{service: await client(service) for service in services})


async def test_whoever_subscribes_gets_every_event_as_the_bus_has_it(cloud: Cloud) -> None:
    queue = f"outside-{cloud.environment}"
    url = (await cloud.clients.sqs.create_queue(QueueName=queue))["QueueUrl"]
    found = await cloud.clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    await cloud.clients.sns.subscribe(
        TopicArn=await cloud.arn("order_notifications"),
        Protocol="sqs",
        Endpoint=found["Attributes"]["QueueArn"],
        Attributes={"RawMessageDelivery": "true"},
    )
    service = Service()
    await service.place_order.execute(a_caller(), a_draft())
    await service.fast_path.drain()
    (created,) = service.publisher.published
    publisher = EventBridgePublisher(cloud.clients.events, TOPOLOGY.bus_name(cloud.environment))
    assert await publisher.publish([created]) == [None]
    (body,) = await cloud.received(queue)
    envelope = json.loads(body)
    assert (envelope["source"], envelope["detail-type"]) == ("io.bbws.orders", "io.bbws.orders.order.created.v1")
    check_event(envelope["detail"])
    assert envelope["detail"]["subject"] == created.order_id


async def test_a_bounce_told_to_the_topic_ends_with_a_skipped_mail(cloud: Cloud) -> None:
    store = store_over(cloud.clients.dynamodb, TOPOLOGY.table_name(cloud.environment))
    service = Service(over=store)
    tenant = "tenant.with.dots"

    async def placed() -> Order:
        order = await service.place_order.execute(a_caller(tenant_id=tenant), a_draft())
        await service.notify_staff.execute(tenant, order.order_id, EventType.CREATED, 1)
        return order

    first = await placed()
    (mail,) = service.sender.sent
    for kind in ("Bounce", "Complaint", "Bounce"):
        event = json.dumps(ses_event(mail, kind))
        await cloud.clients.sns.publish(TopicArn=await cloud.arn("mail_feedback"), Message=event)
    handler = handled(MailFeedbackHandler(service.record_mail_feedback, service.counters))
    taken = 0
    while taken < 3:
        for body in await cloud.received(TOPOLOGY.queue_name("mail-feedback", cloud.environment)):
            await handler(message(body))
            taken += 1
    second = await placed()
    page = await service.read_history.execute(a_caller(tenant_id=tenant), first)
    assert len(page.entries) == 1, "a customer is not told of the staff's mails"
    (sent,) = await store.mails.of_order(tenant, first.order_id)
    (skipped,) = await store.mails.of_order(tenant, second.order_id)
    assert (sent.state, sent.feedback and sent.feedback.kind) == (MailState.SENT, FeedbackKind.COMPLAINED)
    assert skipped.state is MailState.SKIPPED
    suppression = await service.suppressions.find(tenant, recipient_hash(STAFF))
    assert suppression is not None
    assert (suppression.reason, suppression.order_id) == (SuppressionReason.COMPLAINED, first.order_id)
