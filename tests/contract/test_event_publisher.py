"""The contract of ``EventPublisher``: what the bus accepted arrives, and what it did not is told."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest

from orders.adapters.inbound.sqs.messages import bus_message, order_event, parse_json_object
from orders.adapters.outbound.aws.event_bridge import EventBridgePublisher
from orders.adapters.outbound.memory.event_publisher import MemoryEventPublisher
from orders.contracts.cloud_event import to_cloud_event
from orders.domain.events import EventType, OrderEvent
from orders.domain.lifecycle import Role
from orders.ports.event_publisher import EventPublisher
from tests.contract.aws_backends import ALL_BACKENDS, AWS_BACKENDS, MEMORY, endpoint_of
from tests.contract.endpoints import Endpoint
from tests.support.builders import a_stamp, an_order, an_order_id


def an_event(number: int = 1, **changes: Any) -> OrderEvent:
    change = an_order(order_id=an_order_id(number)).process(a_stamp(role=Role.STAFF), [Role.STAFF])
    assert change.event is not None
    return replace(change.event, **changes)


@dataclass
class Bus:
    """A bus with a rule that sends everything of ours to a queue."""

    events: Any
    sqs: Any
    name: str
    queue_url: str

    async def delivered(self, count: int) -> list[str]:
        """The bodies of so many messages, in the order in which the queue hands them out."""
        bodies: list[str] = []
        for _ in range(count + 20):
            if len(bodies) >= count:
                break
            received = await self.sqs.receive_message(
                QueueUrl=self.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=600
            )
            bodies.extend(message["Body"] for message in received.get("Messages", []))
        return bodies


@pytest.fixture(params=AWS_BACKENDS)
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    endpoint = endpoint_of(request)
    name = f"bus-{uuid4().hex[:12]}"
    async with endpoint.client("events") as events, endpoint.client("sqs") as sqs:
        await events.create_event_bus(Name=name)
        url = (await sqs.create_queue(QueueName=name))["QueueUrl"]
        attributes = await sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        pattern = json.dumps({"source": ["io.bbws.orders"], "detail-type": ["io.bbws.orders.order.processing.v1"]})
        await events.put_rule(Name="to-queue", EventBusName=name, EventPattern=pattern, State="ENABLED")
        target = {"Id": "queue", "Arn": attributes["Attributes"]["QueueArn"]}
        await events.put_targets(Rule="to-queue", EventBusName=name, Targets=[target])
        yield Bus(events, sqs, name, url)


@pytest.fixture(params=ALL_BACKENDS)
async def publisher(request: pytest.FixtureRequest) -> AsyncIterator[EventPublisher]:
    if request.param == MEMORY:
        yield MemoryEventPublisher()
        return
    async with endpoint_of(request).client("events") as events:
        name = f"bus-{uuid4().hex[:12]}"
        await events.create_event_bus(Name=name)
        yield EventBridgePublisher(events, name)


@pytest.mark.parametrize("count", [0, 1, 10, 23])
async def test_each_event_is_answered_for(publisher: EventPublisher, count: int) -> None:
    events = [an_event(number) for number in range(count)]
    assert list(await publisher.publish(events)) == [None] * count


async def test_what_was_published_arrives_by_a_rule(bus: Bus) -> None:
    events = [an_event(number) for number in range(1, 13)]
    other = an_event(99, type=EventType.COMPLETED)
    assert set(await EventBridgePublisher(bus.events, bus.name).publish([*events, other])) == {None}
    messages = [order_event(bus_message(parse_json_object(body))) for body in await bus.delivered(12)]
    assert {message.order_id for message in messages} == {event.order_id for event in events}
    assert {message.type for message in messages} == {EventType.PROCESSING}


async def test_an_event_arrives_unchanged(bus: Bus) -> None:
    event = an_event(data={"note": "Zoë ✓ \u2028", "total": "59.98", "lines": [{"line_id": "line_1"}]})
    assert list(await EventBridgePublisher(bus.events, bus.name).publish([event])) == [None]
    (body,) = await bus.delivered(1)
    envelope = json.loads(body)
    assert envelope["detail"] == to_cloud_event(event)
    assert envelope["source"] == "io.bbws.orders"
    assert envelope["detail-type"] == "io.bbws.orders.order.processing.v1"


async def test_replayed_events_are_marked(bus: Bus) -> None:
    await EventBridgePublisher(bus.events, bus.name, replayed=True).publish([an_event()])
    (body,) = await bus.delivered(1)
    assert order_event(bus_message(parse_json_object(body))).replayed


async def test_an_event_too_large_for_the_bus_fails_alone(bus: Bus) -> None:
    large = an_event(2, data={"note": "x" * 300_000})
    answers = await EventBridgePublisher(bus.events, bus.name).publish([an_event(1), large, an_event(3)])
    assert [answer is None for answer in answers] == [True, False, True]
    assert "the bus takes 262144" in str(answers[1])
    assert len(await bus.delivered(2)) == 2


async def test_a_bus_out_of_reach_is_each_event_s_failure() -> None:
    async with Endpoint("nobody", "http://127.0.0.1:9").client("events") as events:
        answers: Sequence[str | None] = await EventBridgePublisher(events, "bus").publish([an_event(1), an_event(2)])
    assert len(answers) == 2
    assert all("EndpointConnectionError" in str(answer) for answer in answers)


async def test_the_one_in_memory_refuses_what_it_is_told_to() -> None:
    publisher = MemoryEventPublisher(lambda event: "no" if event.order_id == an_order_id(2) else None)
    assert list(await publisher.publish([an_event(1), an_event(2), an_event(3)])) == [None, "no", None]
    assert [event.order_id for event in publisher.published] == [an_order_id(1), an_order_id(3)]
    assert [event["subject"] for event in publisher.cloud_events] == [an_order_id(1), an_order_id(3)]
