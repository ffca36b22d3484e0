"""The contract of ``DeadLetterQueues`` ([PIPE-12])."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from orders.adapters.inbound.sqs.queue import ReceivedMessage, SqsQueue
from orders.adapters.outbound.aws.sqs.dead_letters import Mailbox, SqsDeadLetterQueues
from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.dead_letters import MemoryDeadLetterQueues
from orders.adapters.outbound.rendering.mail_composer import JinjaMailComposer
from orders.adapters.outbound.system import SystemClock
from orders.application.mail.notify_dead_letters import HELD_FOR, NotifyDeadLetters
from orders.application.operations.dead_letters import DeadLetterService
from orders.domain.identity import order_number
from orders.ports.dead_letters import DeadLetter, DeadLetterQueues, UnknownQueue
from orders.ports.errors import PermanentPortError
from tests.contract.aws_backends import ALL_BACKENDS, AWS_BACKENDS, MEMORY, endpoint_of
from tests.support.builders import NOON, a_tenant, an_order_id
from tests.support.service import Service
from tests.unit.application.test_notify_dead_letters import an_event

HOLD = timedelta(seconds=30)
NAME = "pdf-creator"


@dataclass
class World:
    """Dead-letter queues, a way to fill one, and what has come back to the worker's queue."""

    queues: DeadLetterQueues
    dead_letter: Callable[[str], Awaitable[None]]
    sent_back: Callable[[], Awaitable[list[str]]]


@pytest.fixture(params=ALL_BACKENDS)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == MEMORY:
        yield memory_world()
        return
    async with endpoint_of(request).client("sqs") as sqs:
        yield await sqs_world(sqs)


def memory_world() -> World:
    queues = MemoryDeadLetterQueues(FixedClock(NOON), (NAME, "rule:somewhere"))

    async def dead_letter(body: str) -> None:
        queues.dead_letter(DeadLetter(NAME, uuid4().hex, body, NOON, "MessageRefused", "not an event", "m"))

    async def sent_back() -> list[str]:
        return [letter.body for letter in queues.redriven]

    return World(queues, dead_letter, sent_back)


async def two_queues(sqs: Any) -> tuple[str, str]:
    name = f"dead-{uuid4().hex[:12]}"
    return [(await sqs.create_queue(QueueName=f"{name}{kind}"))["QueueUrl"] for kind in ("", "-dlq")]  # type: ignore[return-value]


async def sqs_world(sqs: Any) -> World:
    url, dead = await two_queues(sqs)
    mailboxes = {NAME: Mailbox(dead, url), "rule:somewhere": Mailbox(dead, None)}
    worker = SqsQueue(sqs, url, dead)

    async def dead_letter(body: str) -> None:
        message = ReceivedMessage("m", body, "r", 3)
        await worker.dead_letter(message, reason="MessageRefused", error="not an event")

    async def sent_back() -> list[str]:
        found = await worker.receive(10, wait=timedelta(seconds=1), visibility=timedelta(0))
        return [message.body for message in found]

    return World(SqsDeadLetterQueues(sqs, mailboxes, may_forward=lambda _: True), dead_letter, sent_back)


async def test_a_letter_says_what_it_is_and_why_it_is_there(world: World) -> None:
    assert world.queues.names == (NAME, "rule:somewhere")
    assert await world.queues.depth(NAME) == 0
    assert await world.queues.take(NAME, hold=HOLD) == []
    await world.dead_letter("body")
    (letter,) = await world.queues.take(NAME, hold=HOLD)
    assert (letter.queue, letter.body, letter.reason, letter.error) == (
        NAME, "body", "MessageRefused", "not an event",
    )  # fmt: skip
    assert letter.logged_as == "m"
    assert letter.message_id not in {"", "m"}
    assert letter.sent_at.tzinfo is not None


async def test_what_is_taken_is_out_of_reach_until_it_is_given_back(world: World) -> None:
    await world.dead_letter("body")
    (letter,) = await world.queues.take(NAME, hold=HOLD)
    assert await world.queues.take(NAME, hold=HOLD) == []
    assert await world.queues.depth(NAME) == 1
    await world.queues.give_back(letter)
    (again,) = await world.queues.take(NAME, hold=HOLD)
    assert again.message_id == letter.message_id


async def test_a_redriven_letter_is_back_where_it_came_from_and_gone_here(world: World) -> None:
    await world.dead_letter("body")
    (letter,) = await world.queues.take(NAME, hold=HOLD)
    await world.queues.redrive(letter)
    assert await world.sent_back() == ["body"]
    assert await world.queues.depth(NAME) == 0


async def test_a_removed_letter_is_gone(world: World) -> None:
    await world.dead_letter("body")
    (letter,) = await world.queues.take(NAME, hold=HOLD)
    await world.queues.remove(letter)
    await world.queues.give_back(letter)  # nothing to give: no fault
    assert await world.queues.depth(NAME) == 0
    assert await world.sent_back() == []


async def test_an_unknown_queue_is_named_with_those_there_are(world: World) -> None:
    with pytest.raises(UnknownQueue, match="pdf-creator, rule:somewhere"):
        await world.queues.take("pdf-creater", hold=HOLD)
    with pytest.raises(UnknownQueue):
        await world.queues.depth("pdf-creater")


@pytest.fixture(params=AWS_BACKENDS)
async def sqs(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    async with endpoint_of(request).client("sqs") as client:
        yield client


YESTERDAY = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_redriven_message_is_as_it_was_and_from_whom_it_was(sqs: Any, trusted: bool) -> None:
    url, dead = await two_queues(sqs)
    letters = SqsDeadLetterQueues(sqs, {NAME: Mailbox(dead, url)}, may_forward=lambda _: trusted)
    queue = SqsQueue(sqs, url, dead, may_forward=lambda _: trusted)
    colour: Any = {"DataType": "String", "StringValue": "teal"}
    shop = "AROASHOP:task"
    message = ReceivedMessage("m", "body", "r", 3, {"Colour": colour}, shop, shop, first_sent_at=YESTERDAY, waited=9)
    await queue.dead_letter(
        message,
        reason="Bug",
        error="x",
    )
    (letter,) = await letters.take(NAME, hold=HOLD)
    await letters.redrive(letter)
    (message,) = await queue.receive(1, wait=timedelta(seconds=1), visibility=HOLD)
    assert message.attributes["Colour"]["StringValue"] == "teal"
    noted = {"DeadLetterReason", "DeadLetterError", "OriginalMessageId", "FirstSentAt", "TimesWaited"}
    assert not noted & message.attributes.keys()
    # How long it has waited before it was put aside no longer counts.
    assert (letter.logged_as, letter.first_sent_at, letter.waited) == ("m", YESTERDAY, 9)
    assert message.waited == 0
    assert message.first_sent_at is not None
    assert message.first_sent_at > YESTERDAY
    # Not believed, a note about the first sender is replaced by what SQS knows.
    assert message.author == ("AROASHOP:task" if trusted else message.sender)
    assert letter.sent_at <= datetime.now(UTC) + timedelta(seconds=2)


async def test_where_senders_decide_a_letter_that_names_one_stays_while_nobody_knows_whom_to_trust(sqs: Any) -> None:
    url, dead = await two_queues(sqs)
    letters = SqsDeadLetterQueues(sqs, {NAME: Mailbox(dead, url, sender_decides=True)}, may_forward=None)
    queue = SqsQueue(sqs, url, dead, may_forward=lambda _: True)
    for shop in ("AROASHOP:task", ""):
        await queue.dead_letter(ReceivedMessage("m", f"of {shop}", "r", 3, {}, shop, shop), reason="Bug", error="x")
    found = {letter.body: letter for letter in await letters.take(NAME, hold=HOLD)}
    with pytest.raises(PermanentPortError, match="give ORDER_SENDERS, as the record-creator has it"):
        await letters.redrive(found["of AROASHOP:task"])
    await letters.redrive(found["of "])
    assert [each.body for each in await queue.receive(10, wait=timedelta(seconds=1), visibility=HOLD)] == ["of "]
    await letters.give_back(found["of AROASHOP:task"])
    elsewhere = SqsDeadLetterQueues(sqs, {NAME: Mailbox(dead, url)}, may_forward=None)
    (letter,) = await elsewhere.take(NAME, hold=HOLD)
    await elsewhere.redrive(letter)
    assert [each.body for each in await queue.receive(1, wait=timedelta(seconds=1), visibility=HOLD)] == [letter.body]


async def test_staff_hear_once_of_what_workers_and_sqs_itself_put_aside_and_it_stays_there(sqs: Any) -> None:
    url, dead = await two_queues(sqs)
    arn = (await sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"]))["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    await sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
    service = Service()
    service.tenants.profiles["tenant_a"] = a_tenant(staff_addresses=("staff@example.com",))

    async def nobody_waits() -> None:
        pass

    def watch() -> NotifyDeadLetters:
        queues = SqsDeadLetterQueues(sqs, {NAME: Mailbox(dead, url)}, may_forward=lambda _: True)
        office = DeadLetterService(queues, SystemClock(), hold=HELD_FOR)
        composer, audit = JinjaMailComposer(), service.audit
        return NotifyDeadLetters(
            office, service.tenants, composer, service.send_mail, nobody_waits, audit, service.counters, service.clock
        )

    await sqs.send_message(QueueUrl=url, MessageBody=an_event(an_order_id(1)))
    worker = SqsQueue(sqs, url, dead)
    # Received and left alone once too often: SQS puts it aside.
    for _ in range(2):
        await worker.receive(10, wait=timedelta(seconds=1), visibility=timedelta(0))
    await worker.dead_letter(
        ReceivedMessage("m", an_event(an_order_id(2)), "r", 1), reason="OrderNotFound", error="no order"
    )
    for task in (watch(), watch()):
        await task.execute()
    subjects = sorted(mail.content.subject for mail in service.sender.sent)
    numbers = sorted(order_number(an_order_id(each)) for each in (1, 2))
    assert subjects == [f"Needs attention: order {number}" for number in numbers]
    kept = await sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, WaitTimeSeconds=1)
    assert len(kept["Messages"]) == 2
