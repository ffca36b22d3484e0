"""Workers of a region that does not write ([DATA-3]): they idle, and no message loses anything by it."""

import asyncio
from datetime import timedelta

from structlog.testing import capture_logs

from orders.adapters.inbound.periodic import Periodic
from orders.adapters.inbound.sqs.poller import PollerState
from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.adapters.outbound.memory.writer_leases import SetLease
from orders.ports.metric_catalogue import MESSAGES_RETRIED
from tests.unit.sqs.bench import DEAD_LETTER_URL, Bench
from tests.unit.virtual_time import in_virtual_time

DAYS = 3 * 86_400


@in_virtual_time
async def test_without_the_lease_nothing_is_received_for_days_and_then_all_is_handled() -> None:
    lease = SetLease(None)
    bench = Bench(lease=lease)
    await bench.send("one", "two")
    with capture_logs() as logs:
        async with bench.running():
            await asyncio.sleep(DAYS)
            assert bench.sqs.made("receive_message") == []
            assert bench.poller.state is PollerState.PAUSED
            assert bench.poller.waits_for == ("writer's lease: another region writes",)
            lease.epoch = 2
            await bench.until_empty()
    assert sorted(bench.handled) == ["one", "two"]
    told = [line["event"] for line in logs if line["log_level"] != "debug"]
    assert told.count("this region does not write, receiving pauses") == 1
    assert told.count("this region writes, receiving goes on") == 1


@in_virtual_time
async def test_a_message_in_work_when_the_lease_is_lost_waits_and_counts_as_no_failure() -> None:
    async def handle(message: ReceivedMessage) -> None:
        if not bench.handled[1:]:
            lease.epoch = None
        lease.check()
        counts.append(message.receive_count)

    counts: list[int] = []
    lease = SetLease()
    bench = Bench(handle, lease=lease)
    await bench.send("order")
    async with bench.running():
        await bench.until(lambda: lease.epoch is None)
        await bench.send("later")
        await asyncio.sleep(7200)
        # The long poll that was under way brought another one; no further one was begun.
        assert bench.handled == ["order", "later"]
        assert len(bench.sqs.made("receive_message")) == 2
        lease.epoch = 2
        await bench.until_empty()
    assert counts == [1, 1]
    assert sorted(bench.handled) == ["later", "later", "order", "order"]
    assert bench.metrics.of(MESSAGES_RETRIED, worker="pdf-creator") == 0
    assert bench.ended("failed") == 0
    assert bench.ended("processed") == 2
    assert bench.sqs.stored(DEAD_LETTER_URL) == []


@in_virtual_time
async def test_a_worker_that_stops_while_it_waits_for_the_lease_gives_its_message_back() -> None:
    async def handle(_: ReceivedMessage) -> None:
        lease.epoch = None
        lease.check()

    lease = SetLease()
    bench = Bench(handle, lease=lease)
    await bench.send("order")
    async with bench.running():
        await bench.until(lambda: lease.epoch is None)
        await asyncio.sleep(60)
    assert bench.ended("released") == 1
    assert bench.receive_counts() == [1]


@in_virtual_time
async def test_what_is_done_now_and_then_is_left_undone_without_the_lease() -> None:
    done: list[float] = []
    lease, stop = SetLease(None), asyncio.Event()

    async def work() -> None:
        done.append(asyncio.get_running_loop().time())

    running = asyncio.create_task(
        Periodic("mails", work, timedelta(minutes=5), due=lambda: lease.remaining() > 0).run(stop)
    )
    await asyncio.sleep(3600)
    assert done == []
    lease.epoch = 1
    await asyncio.sleep(600)
    assert len(done) == 2
    stop.set()
    await running
