"""The poller: what it receives, how many at a time, how it stops, what it does without its queue."""

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.adapters.inbound.sqs.rate import TokenBucket
from orders.ports.errors import TransientPortError
from tests.unit.sqs.bench import URL, Bench, with_settings
from tests.unit.virtual_time import in_virtual_time


@in_virtual_time
async def test_messages_are_handled_and_deleted() -> None:
    bench = Bench()
    await bench.send("a", "b", "c")
    async with bench.running():
        await bench.until_empty()
    assert sorted(bench.handled) == ["a", "b", "c"]
    assert bench.ended("processed") == 3


@in_virtual_time
async def test_no_more_handlers_run_at_once_than_allowed() -> None:
    running, most = 0, 0

    async def handle(_: ReceivedMessage) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(1)
        running -= 1

    bench = Bench(handle, settings=with_settings(concurrency=4))
    await bench.send(*(str(number) for number in range(25)))
    async with bench.running():
        await bench.until_empty()
    assert most == 4
    # Seven rounds of a second each: the slots were never left idle either.
    assert bench.now < 8


@in_virtual_time
async def test_it_asks_for_as_many_messages_as_it_has_room_for() -> None:
    async def handle(message: ReceivedMessage) -> None:
        await asyncio.sleep(float(message.body))

    bench = Bench(handle, settings=with_settings(concurrency=3))
    await bench.send("5", "10", "20", "1")
    async with bench.running():
        await bench.until_empty()
    calls = bench.sqs.made("receive_message")
    assert [call["MaxNumberOfMessages"] for call in calls[:2]] == [3, 1]
    assert {call["VisibilityTimeout"] for call in calls} == {60}
    # The first call is to learn soon that the queue is there.
    assert [call["WaitTimeSeconds"] for call in calls[:2]] == [0, 20]


@in_virtual_time
async def test_a_crash_before_the_delete_brings_the_message_again() -> None:
    async def handle(_: ReceivedMessage) -> None:
        # From here on nothing that this process does gets through, and then it is no more.
        died.sqs.reachable = False

    died = Bench(handle)
    await died.send("order")
    run = asyncio.create_task(died.poller.run(died.stop))
    await died.until(lambda: died.handled)
    run.cancel()
    await asyncio.wait({run})
    died.sqs.reachable = True

    heir = Bench(sqs=died.sqs)
    async with heir.running():
        await heir.until_empty()
    assert heir.handled == ["order"]
    assert heir.now >= 60


@in_virtual_time
async def test_a_message_delivered_twice_at_once_is_handled_twice_and_ends_once() -> None:
    async def handle(_: ReceivedMessage) -> None:
        await asyncio.sleep(100)

    slow = Bench(handle)
    await slow.send("order")
    async with slow.running():
        await slow.until(lambda: slow.handled)
        # Its visibility runs out behind its back.
        slow.sqs.stored(URL)[0].visible_at = 0
        quick = Bench(sqs=slow.sqs)
        async with quick.running():
            await quick.until(lambda: quick.ended("processed"))
        await slow.until(lambda: slow.ended("processed"))
    assert slow.handled == quick.handled == ["order"]
    assert slow.sqs.stored(URL) == []


@in_virtual_time
async def test_a_rate_limit_is_kept_and_unused_permits_are_given_back() -> None:
    bench = Bench(admission=TokenBucket(per_second=2, burst=1))
    async with bench.running():
        # Polls of 20 s that bring nothing cost nothing.
        await bench.until(lambda: bench.now > 100)
        began = bench.now
        await bench.send(*(str(number) for number in range(20)))
        await bench.until_empty()
    assert 9 <= bench.now - began <= 11


@in_virtual_time
async def test_a_queue_out_of_reach_is_told_once_and_tried_until_it_is_back() -> None:
    bench = Bench()
    bench.sqs.reachable = False
    with capture_logs() as logs:
        async with bench.running():
            await bench.until(lambda: bench.now > 60)
            assert bench.shows() == (False, "unreachable")
            tries = len(bench.sqs.calls)
            assert 5 <= tries <= 10
            bench.sqs.reachable = True
            await bench.send("order")
            await bench.until_empty()
            assert bench.shows() == (True, "polling")
    told = [log["event"] for log in logs]
    assert told.count("queue is out of reach, trying on") == 1
    assert told.count("queue is back") == 1
    assert bench.handled == ["order"]


@in_virtual_time
async def test_it_is_not_healthy_before_it_has_reached_its_queue_nor_after_it_has_stopped() -> None:
    bench = Bench()
    assert bench.shows() == (False, "starting")
    async with bench.running():
        await bench.until(lambda: bench.poller.healthy, within=1)
    assert bench.shows() == (False, "stopped")


@in_virtual_time
async def test_stopping_does_not_wait_for_a_long_poll() -> None:
    bench = Bench()
    async with bench.running():
        await bench.until(lambda: bench.now > 30)
        asked = bench.now
    assert bench.now - asked < 1


@in_virtual_time
async def test_stopping_lets_handlers_finish() -> None:
    async def handle(_: ReceivedMessage) -> None:
        await asyncio.sleep(15)

    bench = Bench(handle)
    await bench.send("order")
    async with bench.running():
        await bench.until(lambda: bench.handled)
    assert bench.ended("processed") == 1
    assert bench.sqs.stored(URL) == []


@in_virtual_time
async def test_stopping_hands_back_at_once_what_is_not_done_within_the_grace() -> None:
    async def handle(_: ReceivedMessage) -> None:
        await asyncio.sleep(200)

    bench = Bench(handle)
    await bench.send("order")
    async with bench.running():
        await bench.until(lambda: bench.handled)
        asked = bench.now
    assert 20 <= bench.now - asked < 25
    assert bench.ended("released") == 1
    (message,) = bench.sqs.stored(URL)
    assert message.visible_at <= bench.now


@in_virtual_time
async def test_stopping_hands_back_at_once_what_waits_for_better_times() -> None:
    async def handle(message: ReceivedMessage) -> None:
        if message.body == "late":
            await asyncio.sleep(5)
        raise TransientPortError("orders table", "out of reach")

    bench = Bench(handle)
    await bench.send("early", "late")
    async with bench.running():
        await bench.until(lambda: len(bench.handled) == 2)
        asked = bench.now
    # "late" fails only after the signal: it is not tried again either.
    assert bench.now - asked < 6
    assert bench.handled == ["early", "late"]
    assert bench.ended("released") == 2
    assert all(message.visible_at <= bench.now for message in bench.sqs.stored(URL))


@in_virtual_time
async def test_stopping_ends_in_time_though_the_queue_is_out_of_reach() -> None:
    async def handle(_: ReceivedMessage) -> None:
        await asyncio.sleep(200)

    bench = Bench(handle)
    await bench.send("order")
    async with bench.running():
        await bench.until(lambda: bench.handled)
        bench.sqs.reachable = False
        asked = bench.now
    assert bench.now - asked < 25
    assert bench.ended("released") == 1


@in_virtual_time
async def test_a_bug_in_the_loop_itself_ends_it_loudly() -> None:
    class Broken:
        async def take(self, up_to: int) -> int:
            raise ZeroDivisionError

        def give_back(self, count: int) -> None:
            raise AssertionError("nothing was taken")

    bench = Bench(admission=Broken())
    with pytest.raises(ZeroDivisionError):
        await bench.poller.run(bench.stop)


@in_virtual_time
async def test_messages_that_wait_are_bounded() -> None:
    async def handle(_: ReceivedMessage) -> None:
        raise TransientPortError("mail service", "out of reach")

    bench = Bench(handle, settings=with_settings(concurrency=2, in_flight=5, grace=timedelta(seconds=1)))
    await bench.send(*(str(number) for number in range(20)))
    async with bench.running():
        await bench.until(lambda: bench.now > 600)
        assert bench.poller.in_flight <= 5
        assert sorted(bench.receive_counts(), reverse=True) == [1] * 5 + [0] * 15
