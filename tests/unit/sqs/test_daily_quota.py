"""The mail service's quota for a day: sending pauses, costs no message a receive, and goes on by itself ([PIPE-9])."""

import asyncio
from datetime import timedelta
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from orders.adapters.inbound.periodic import Periodic
from orders.adapters.inbound.sqs.poller import PollerState
from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.adapters.outbound.aws.probes import MailProbe
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.application.mail.watch_mail_quota import WatchMailQuota
from orders.ports.errors import QuotaReached, TransientPortError
from orders.ports.metric_catalogue import MAIL_DAILY_QUOTA_USED
from tests.unit.sqs.bench import DEAD_LETTER_URL, Bench, with_settings
from tests.unit.virtual_time import in_virtual_time

DAY = timedelta(days=1).total_seconds()


class Ses:
    """A mail service that takes so many mails in any 24 hours; the figure it gives lags behind by a minute."""

    def __init__(self, per_day: int) -> None:
        self.per_day = per_day
        self.sent: list[float] = []
        self.refused = 0
        self.asked = 0

    async def get_send_quota(self) -> dict[str, float]:
        self.asked += 1
        return {"Max24HourSend": self.per_day, "SentLast24Hours": self._counted(self._now - 60)}

    def send(self) -> None:
        if self._counted(self._now) >= self.per_day:
            self.refused += 1
            raise QuotaReached("mail service", "Daily message quota exceeded.")
        self.sent.append(self._now)

    def _counted(self, until: float) -> int:
        return sum(self._now - DAY < at <= until for at in self.sent)

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def mailing(ses: Ses) -> tuple[Bench, MailProbe, list[int]]:
    counts: list[int] = []

    async def handle(message: ReceivedMessage) -> None:
        ses.send()
        counts.append(message.receive_count)

    probe = MailProbe(cast("Any", ses))
    settings = with_settings(concurrency=5)
    return Bench(handle, probes=[probe], settings=settings, ask_first=("mail service",)), probe, counts


@in_virtual_time
async def test_at_the_quota_sending_pauses_and_goes_on_by_itself_without_a_receive_lost() -> None:
    ses = Ses(per_day=200)
    bench, _, counts = mailing(ses)
    await bench.send(*(str(number) for number in range(250)))
    with capture_logs() as logs:
        async with bench.running():
            await bench.until(lambda: len(counts) == 200 and bench.poller.state is PollerState.PAUSED)
            await asyncio.sleep(3600)
            assert bench.poller.healthy
            assert bench.poller.waits_for[0].startswith("mail service: ")
            received = len(bench.sqs.made("receive_message"))
            refused = ses.refused
            await asyncio.sleep(6 * 3600)
            assert (len(bench.sqs.made("receive_message")), ses.refused) == (received, refused)
            await bench.until_empty()
            assert bench.poller.waits_for == ()
    assert bench.now < DAY + 3600
    assert len(counts) == 250
    # Those that were in hand are held for 11 hours, then handed back once: three receives are what a message has.
    assert max(counts) <= 2
    assert bench.sqs.stored(DEAD_LETTER_URL) == []
    # The figure lags behind: it goes on once or twice too early, at no cost but a refusal of each in hand.
    assert ses.refused <= 5 * 5
    told = [log for log in logs if log["event"] == "dependency is down, receiving pauses"]
    assert {log["log_level"] for log in told} == {"error"}
    assert len(told) <= 5
    assert ses.asked < 24 * 60


@in_virtual_time
async def test_a_process_that_starts_while_it_is_used_up_receives_nothing() -> None:
    ses = Ses(per_day=10)
    ses.sent = [-3600.0] * 10
    bench, _, counts = mailing(ses)
    await bench.send("order")
    async with bench.running():
        await asyncio.sleep(3600)
        assert bench.sqs.made("receive_message") == []
        assert bench.receive_counts() == [0]
        # Its readiness names the quota: its queue, which it has not asked, is no fault of it.
        assert bench.shows() == (True, "paused")
        assert bench.poller.waits_for == ("mail service: 10 of 10 mails of 24 hours are sent",)
        await bench.until_empty()
    assert (counts, ses.refused) == ([1], 0)


@in_virtual_time
async def test_what_is_held_is_handed_back_when_the_process_ends() -> None:
    ses = Ses(per_day=0)
    ses.per_day = 1
    bench, _, counts = mailing(ses)
    await bench.send("one", "two", "three")
    async with bench.running():
        await bench.until(lambda: ses.refused)
    assert len(counts) == 1
    assert bench.ended("released") == 2
    assert set(bench.receive_counts()) == {1}


@in_virtual_time
async def test_it_goes_on_when_there_is_room_for_some_and_not_for_one_alone() -> None:
    ses = Ses(per_day=200)
    probe = MailProbe(cast("Any", ses))
    ses.sent = [-100.0] * 200
    assert await passes(probe) is False
    ses.sent = [-100.0] * 199
    assert await passes(probe) is False
    ses.sent = [-100.0] * 197
    assert await passes(probe) is True
    ses.sent = [-100.0] * 199
    assert await passes(probe) is True
    ses.per_day = -1
    assert await passes(probe) is True


@in_virtual_time
async def test_a_quota_of_our_own_goes_before_what_the_service_tells() -> None:
    ses = Ses(per_day=200)
    ses.sent = [-100.0] * 300
    assert await passes(MailProbe(cast("Any", ses))) is False
    assert await passes(MailProbe(cast("Any", ses), allowed=1000)) is True
    assert await passes(MailProbe(cast("Any", ses), allowed=300)) is False


async def passes(probe: MailProbe) -> bool:
    try:
        await probe.check()
    except QuotaReached:
        return False
    return True


@in_virtual_time
async def test_how_much_is_used_is_shown_and_a_failure_to_ask_is_no_end_of_it() -> None:
    ses = Ses(per_day=200)
    ses.sent = [-100.0] * 190
    gauges = MemoryMetrics()
    watch = WatchMailQuota(MailProbe(cast("Any", ses)), gauges)
    failures: list[Exception] = [TransientPortError("mail service", "out of reach"), RuntimeError("a bug")]

    async def work() -> None:
        if failures:
            raise failures.pop(0)
        await watch.execute()

    stop = asyncio.Event()
    with capture_logs() as logs:
        running = asyncio.create_task(Periodic("mail quota", work, timedelta(minutes=5)).run(stop))
        await asyncio.sleep(900)
        stop.set()
        await running
    assert gauges.now(MAIL_DAILY_QUOTA_USED) == 0.95
    assert [log["log_level"] for log in logs] == ["warning", "error"]


@pytest.mark.parametrize("cancelled", [False, True], ids=["stopped", "cancelled"])
@in_virtual_time
async def test_its_end_breaks_off_what_is_being_done_beside(cancelled: bool) -> None:
    ended: list[str] = []

    async def never() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("broken off")

    stop = asyncio.Event()
    running = asyncio.create_task(Periodic("endless", never, timedelta(minutes=5)).run(stop))
    await asyncio.sleep(1)
    assert ended == []
    if cancelled:
        running.cancel()
    else:
        stop.set()
    await asyncio.wait([running])
    assert running.cancelled() is cancelled
    assert ended == ["broken off"]
