"""Messages that wait for somebody else's doing do so in their queue, and nobody waits for them ([PIPE-4])."""

from datetime import timedelta
from typing import TYPE_CHECKING, cast

import pytest

from orders.adapters.inbound.sqs.queue import ReceivedMessage, SqsQueue
from orders.adapters.inbound.sqs.rate import TokenBucket
from orders.ports.dead_letters import (
    ERROR_ATTRIBUTE,
    FIRST_SENT_ATTRIBUTE,
    ID_ATTRIBUTE,
    REASON_ATTRIBUTE,
    WAITED_ATTRIBUTE,
)
from orders.ports.errors import NotYet, PortError, QuotaReached, StaleOrder, TransientPortError
from tests.unit.sqs.bench import DEAD_LETTER_URL, URL, Bench, Switch, with_settings
from tests.unit.sqs.fake_sqs import EPOCH
from tests.unit.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient

HOUR = 3600


@pytest.mark.parametrize("error", [NotYet("being sent by somebody else"), StaleOrder("ord_x")], ids=["NotYet", "Stale"])
@in_virtual_time
async def test_what_is_not_ready_waits_in_the_queue_and_keeps_its_id_and_age(error: PortError) -> None:
    async def handle(message: ReceivedMessage) -> None:
        seen.append(message)
        if bench.now < 50:
            raise error

    seen: list[ReceivedMessage] = []
    bench = Bench(handle)
    await bench.send("order")
    async with bench.running():
        await bench.until_empty()
    assert {message.message_id for message in seen} == {seen[0].message_id}
    assert {message.first_sent_at for message in seen} == {EPOCH}
    assert [message.waited for message in seen] == list(range(6))
    assert {message.receive_count for message in seen} == {1}
    assert [call.get("DelaySeconds") for call in bench.sqs.made("send_message")[1:]] == [2, 4, 8, 16, 32]
    assert (bench.ended("processed"), bench.ended("waited"), bench.ended("failed")) == (1, 5, 0)


@in_virtual_time
async def test_three_hundred_that_wait_delay_nobody() -> None:
    async def handle(message: ReceivedMessage) -> None:
        if message.body.startswith("early"):
            raise NotYet("order ord_x is at event 1 here, and this is event 9")
        done[message.body] = bench.now

    done: dict[str, float] = {}
    bench = Bench(handle)
    await bench.send(*(f"early {number}" for number in range(300)))
    await bench.send("ready")
    async with bench.running():
        await bench.until(lambda: done)
        for number in range(5):
            sent = bench.now
            await bench.send(f"later {number}")
            await bench.until(lambda: f"later {number}" in done)  # noqa: B023 - awaited within the round
            assert done[f"later {number}"] - sent < 1
        assert done["ready"] < 5
        assert bench.poller.in_flight < 50


@in_virtual_time
async def test_an_hour_after_it_was_first_sent_it_is_a_dead_letter_that_says_so() -> None:
    async def handle(_: ReceivedMessage) -> None:
        raise NotYet("order ord_x is at event 1 here, and this is event 9")

    bench = Bench(handle)
    await bench.send("order")
    first_id = bench.sqs.stored(URL)[0].message_id
    async with bench.running():
        await bench.until_empty()
    assert HOUR <= bench.now <= HOUR + 900 + 60
    (dead,) = bench.sqs.stored(DEAD_LETTER_URL)
    said = {name: value["StringValue"] for name, value in dead.attributes.items()}
    assert said[REASON_ATTRIBUTE] == "WaitedTooLong"
    assert said[ERROR_ATTRIBUTE].endswith("minutes: NotYet: order ord_x is at event 1 here, and this is event 9")
    assert said[ID_ATTRIBUTE] == first_id
    assert said[FIRST_SENT_ATTRIBUTE] == EPOCH.isoformat(timespec="milliseconds")
    assert int(said[WAITED_ATTRIBUTE]) == bench.ended("waited") >= 8
    assert bench.ended("dead_lettered") == 1


@in_virtual_time
async def test_a_backlog_of_hours_is_no_reason_not_to_wait() -> None:
    async def handle(_: ReceivedMessage) -> None:
        if bench.now < 5 * HOUR + 60:
            raise NotYet("being sent by somebody else")

    bench = Bench(handle)
    await bench.send("order")
    await bench.until(lambda: bench.now > 5 * HOUR)
    async with bench.running():
        await bench.until_empty()
    assert bench.sqs.stored(DEAD_LETTER_URL) == []
    assert bench.ended("processed") == 1


@in_virtual_time
async def test_dying_between_sending_and_deleting_leaves_two_and_never_none() -> None:
    async def handle(message: ReceivedMessage) -> None:
        seen.append((message.message_id, message.waited))

    seen: list[tuple[str, int]] = []
    bench = Bench(handle)
    await bench.send("order")
    queue = SqsQueue(cast("SQSClient", bench.sqs), URL, DEAD_LETTER_URL)
    (message,) = await queue.receive(1, wait=timedelta(0), visibility=timedelta(seconds=30))
    await queue.send_again(message, delay=timedelta(seconds=2))  # and here the process ends
    async with bench.running():
        await bench.until_empty()
    assert seen == [(message.message_id, 1), (message.message_id, 0)]


@in_virtual_time
async def test_waiting_messages_use_no_rate_permit() -> None:
    async def handle(message: ReceivedMessage) -> None:
        if message.body == "early":
            raise NotYet("being rendered")

    bench = Bench(handle, admission=TokenBucket(per_second=0.1, burst=2))
    await bench.send("early", "early", "ready", "ready")
    async with bench.running():
        await bench.until(lambda: bench.ended("processed") == 2)
    assert bench.now < 1


@in_virtual_time
async def test_throttles_and_quotas_are_waited_out_in_process_for_longer_than_an_hour() -> None:
    async def handle(message: ReceivedMessage) -> None:
        if bench.now < 3 * HOUR:
            raise (QuotaReached if message.body == "mail" else throttled)("mail service", "no more today")
        done.append(message.waited)

    def throttled(dependency: str, detail: str) -> TransientPortError:
        return TransientPortError(dependency, detail, throttled=True)

    done: list[int] = []
    bench = Bench(handle, probes=[Switch("mail service")])
    await bench.send("mail", "order")
    async with bench.running():
        await bench.until_empty()
    assert done == [0, 0]
    assert bench.sqs.stored(DEAD_LETTER_URL) == []


@in_virtual_time
async def test_a_queue_that_can_not_be_sent_to_leaves_the_message_where_it_is() -> None:
    async def handle(message: ReceivedMessage) -> None:
        counts.append(message.receive_count)
        if len(counts) == 1:
            bench.sqs.reachable = False
            raise NotYet("being rendered")

    counts: list[int] = []
    bench = Bench(handle, settings=with_settings(concurrency=1))
    await bench.send("order")
    async with bench.running():
        await bench.until(lambda: bench.ended("failed") == 1)
        bench.sqs.reachable = True
        await bench.until_empty()
    assert counts == [1, 2]
    assert (bench.ended("waited"), bench.ended("processed")) == (0, 1)
