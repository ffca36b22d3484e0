"""The contract of the poller's queue, run on the fake of the poller's own tests and on real servers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import pytest

from orders.adapters.inbound.sqs.queue import (
    QueueUnreachable,
    ReceiptLapsed,
    ReceivedMessage,
    SqsQueue,
)
from orders.ports.dead_letters import (
    ERROR_ATTRIBUTE,
    FIRST_SENT_ATTRIBUTE,
    ID_ATTRIBUTE,
    REASON_ATTRIBUTE,
    WAITED_ATTRIBUTE,
    noted_time,
)
from tests.contract.aws_backends import ALL_BACKENDS, MEMORY, endpoint_of
from tests.unit.sqs.fake_sqs import FakeSqs

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient

AT_ONCE = timedelta(0)
SOON = timedelta(seconds=3)
HIDDEN = timedelta(seconds=30)


@dataclass
class Queues:
    """A queue and its dead-letter queue, as the poller sees them and from behind."""

    client: "SQSClient"
    url: str
    dead_letter_url: str

    @property
    def queue(self) -> SqsQueue:
        return SqsQueue(self.client, self.url, self.dead_letter_url)

    @property
    def dead_letters(self) -> SqsQueue:
        return SqsQueue(self.client, self.dead_letter_url, self.dead_letter_url)

    async def send(self, body: str, **attributes: Any) -> None:
        await self.client.send_message(QueueUrl=self.url, MessageBody=body, MessageAttributes=attributes)

    async def receive_one(self) -> ReceivedMessage:
        (message,) = await self.queue.receive(1, wait=SOON, visibility=HIDDEN)
        return message


@pytest.fixture(params=ALL_BACKENDS)
async def queues(request: pytest.FixtureRequest) -> AsyncIterator[Queues]:
    name = f"poller-{uuid4().hex[:12]}"
    if request.param == MEMORY:
        fake = FakeSqs()
        dead = fake.add_queue(f"https://sqs/{name}-dlq")
        url = fake.add_queue(f"https://sqs/{name}", max_receive_count=2, dead_letter_url=dead)
        yield Queues(cast("SQSClient", fake), url, dead)
        return
    async with endpoint_of(request).client("sqs") as client:
        dead = (await client.create_queue(QueueName=f"{name}-dlq"))["QueueUrl"]
        attributes = await client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
        arn = attributes["Attributes"]["QueueArn"]
        redrive = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": 2}}'
        created = await client.create_queue(QueueName=name, Attributes={"RedrivePolicy": redrive})
        yield Queues(client, created["QueueUrl"], dead)


async def test_a_received_message_brings_body_attributes_and_count(queues: Queues) -> None:
    await queues.send("hello", Colour={"DataType": "String", "StringValue": "teal"})
    message = await queues.receive_one()
    assert message.body == "hello"
    assert message.receive_count == 1
    assert message.attributes["Colour"]["StringValue"] == "teal"
    assert message.message_id
    assert queues.queue.name in queues.url


async def test_a_received_message_is_hidden_from_others(queues: Queues) -> None:
    await queues.send("hello")
    await queues.receive_one()
    assert await queues.queue.receive(10, wait=timedelta(seconds=1), visibility=HIDDEN) == []


async def test_a_message_handed_back_comes_again_at_once_and_is_counted(queues: Queues) -> None:
    await queues.send("hello")
    await queues.queue.change_visibility(await queues.receive_one(), 0)
    again = await queues.receive_one()
    assert (again.body, again.receive_count) == ("hello", 2)


async def test_a_message_comes_again_when_its_visibility_ends(queues: Queues) -> None:
    await queues.send("hello")
    await queues.queue.receive(1, wait=SOON, visibility=timedelta(seconds=1))
    assert (await queues.receive_one()).receive_count == 2


async def test_extended_visibility_keeps_a_message_hidden(queues: Queues) -> None:
    await queues.send("hello")
    (message,) = await queues.queue.receive(1, wait=SOON, visibility=timedelta(seconds=1))
    await queues.queue.change_visibility(message, 30)
    assert await queues.queue.receive(10, wait=timedelta(seconds=2), visibility=HIDDEN) == []


async def test_no_more_messages_are_handed_out_than_asked_for(queues: Queues) -> None:
    for number in range(5):
        await queues.send(str(number))
    received = await queues.queue.receive(3, wait=SOON, visibility=HIDDEN)
    assert 1 <= len(received) <= 3


async def test_deleted_messages_are_gone_and_deleting_again_does_no_harm(queues: Queues) -> None:
    await queues.send("one")
    await queues.send("two")
    first, second = await queues.receive_one(), await queues.receive_one()
    receipts = [first.receipt, second.receipt]
    assert await queues.queue.delete(receipts) == [True, True]
    assert await queues.queue.delete(receipts) == [True, True]
    assert await queues.queue.receive(10, wait=AT_ONCE, visibility=HIDDEN) == []


async def test_a_deleted_message_cannot_be_hidden_any_more(queues: Queues) -> None:
    await queues.send("hello")
    message = await queues.receive_one()
    await queues.queue.delete([message.receipt])
    with pytest.raises(ReceiptLapsed):
        await queues.queue.change_visibility(message, 30)


async def test_a_buried_message_is_what_it_was_and_says_why(queues: Queues) -> None:
    await queues.send("körper", Colour={"DataType": "String", "StringValue": "teal"})
    await queues.queue.dead_letter(
        await queues.receive_one(), reason="MessageRefused", error="not JSON: \x00 \ud800" + "x" * 900
    )
    (dead,) = await queues.dead_letters.receive(1, wait=SOON, visibility=HIDDEN)
    assert dead.body == "körper"
    assert dead.attributes["Colour"]["StringValue"] == "teal"
    assert dead.attributes[REASON_ATTRIBUTE]["StringValue"] == "MessageRefused"
    assert dead.attributes[ERROR_ATTRIBUTE]["StringValue"].startswith("not JSON: \ufffd \ufffdxxx")
    assert len(dead.attributes[ERROR_ATTRIBUTE]["StringValue"]) == 500


async def test_a_message_sent_again_is_what_it_was_hidden_for_a_while_and_known_by_its_first_id(queues: Queues) -> None:
    await queues.send("körper", Colour={"DataType": "String", "StringValue": "teal"})
    first = await queues.receive_one()
    await queues.queue.send_again(first, delay=timedelta(seconds=2))
    await queues.queue.delete([first.receipt])
    assert await queues.queue.receive(10, wait=AT_ONCE, visibility=HIDDEN) == []
    second = await queues.receive_one()
    await queues.queue.send_again(second, delay=timedelta(0))
    third = await queues.receive_one()
    for number, again in enumerate((second, third), start=1):
        assert (again.body, again.message_id, again.waited) == ("körper", first.message_id, number)
        assert (again.receive_count, again.author, again.first_sent_at) == (1, first.author, first.first_sent_at)
        assert again.attributes["Colour"]["StringValue"] == "teal"
        assert again.receipt != first.receipt
    assert first.first_sent_at is not None
    await queues.queue.dead_letter(third, reason="WaitedTooLong", error="x")
    (dead,) = await queues.dead_letters.receive(1, wait=SOON, visibility=HIDDEN)
    assert dead.attributes[ID_ATTRIBUTE]["StringValue"] == first.message_id
    assert noted_time(dead.attributes[FIRST_SENT_ATTRIBUTE].get("StringValue")) == first.first_sent_at


async def test_nobody_can_have_a_message_wait_for_longer_by_what_they_say(queues: Queues) -> None:
    said = {FIRST_SENT_ATTRIBUTE: "2099-01-01T00:00:00+00:00", WAITED_ATTRIBUTE: "1", ID_ATTRIBUTE: "no id\n"}
    await queues.send("a", **{name: {"DataType": "String", "StringValue": value} for name, value in said.items()})
    await queues.send("b", **{WAITED_ATTRIBUTE: {"DataType": "String", "StringValue": "x" * 50}})
    messages = sorted((await queues.receive_one(), await queues.receive_one()), key=lambda each: each.body)
    assert [each.waited for each in messages] == [1, 0]
    for each in messages:
        assert each.first_sent_at is not None
        assert each.first_sent_at.year < 2099
        assert "no id" not in each.message_id


async def test_a_message_with_ten_attributes_can_be_buried_and_again_after_a_redrive(queues: Queues) -> None:
    attributes = {f"A{number}": {"DataType": "Binary", "BinaryValue": b"\x00\x01"} for number in range(10)}
    await queues.send("hello", **attributes)
    await queues.queue.dead_letter(await queues.receive_one(), reason="First", error="")
    (dead,) = await queues.dead_letters.receive(1, wait=SOON, visibility=HIDDEN)
    await queues.dead_letters.dead_letter(dead, reason="Second", error="again")
    (again,) = await queues.dead_letters.receive(1, wait=SOON, visibility=HIDDEN)
    assert len(again.attributes) == 10
    assert again.attributes["A0"]["BinaryValue"] == b"\x00\x01"
    assert again.attributes[REASON_ATTRIBUTE]["StringValue"] == "Second"


async def test_a_message_received_too_often_is_dead_lettered_by_the_queue(queues: Queues) -> None:
    await queues.send("hello")
    for _ in range(2):
        await queues.queue.change_visibility(await queues.receive_one(), 0)
    assert await queues.queue.receive(1, wait=AT_ONCE, visibility=HIDDEN) == []
    (dead,) = await queues.dead_letters.receive(1, wait=SOON, visibility=HIDDEN)
    assert dead.body == "hello"
    assert REASON_ATTRIBUTE not in dead.attributes


async def test_a_queue_that_is_not_there_is_unreachable(queues: Queues) -> None:
    nowhere = SqsQueue(queues.client, queues.url + "-nowhere", queues.dead_letter_url + "-nowhere")
    await queues.send("hello")
    message = await queues.receive_one()
    with pytest.raises(QueueUnreachable):
        await nowhere.receive(1, wait=AT_ONCE, visibility=HIDDEN)
    with pytest.raises(QueueUnreachable):
        await nowhere.delete([message.receipt])
    with pytest.raises(QueueUnreachable):
        await nowhere.dead_letter(message, reason="Refused", error="no")
