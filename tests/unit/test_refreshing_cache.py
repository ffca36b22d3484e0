"""Refreshing cache: the source is asked rarely, once for all callers, and an outage loses no value."""

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from orders.adapters.refreshing_cache import Freshness, RefreshingCache
from orders.ports.errors import PermanentPortError, TransientPortError

USUAL = Freshness(fresh_seconds=300, pause_seconds=60, first_pause_seconds=5)


class Source:
    """Gives one number after the other, or fails; its clock goes when the test says so."""

    def __init__(self, freshness: Freshness = USUAL) -> None:
        self.seconds = 1000.0
        self.asked = 0
        self.failure: Exception | None = None
        self.gate, self.begun = asyncio.Event(), asyncio.Event()
        self.gate.set()
        self.kept = RefreshingCache(self._load, freshness, name="source", monotonic=lambda: self.seconds)

    async def _load(self) -> int:
        self.asked += 1
        answer, failure = self.asked, self.failure
        self.begun.set()
        await self.gate.wait()
        if failure is not None:
            raise failure
        return answer

    async def settled(self) -> None:
        """Until no question is under way."""
        while self.kept._asking is not None:
            await asyncio.wait({self.kept._asking})


async def test_it_is_asked_once_by_all_who_come_first() -> None:
    source = Source()
    assert await asyncio.gather(*(source.kept.get() for _ in range(100))) == [1] * 100
    assert source.asked == 1


async def test_an_old_value_is_given_while_it_is_renewed() -> None:
    source = Source()
    assert await source.kept.get() == 1
    source.seconds += 299
    assert (await source.kept.get(), source.asked) == (1, 1)
    source.seconds += 1
    source.gate.clear()
    # Nobody waits, although the answer does not come.
    assert [await source.kept.get() for _ in range(3)] == [1, 1, 1]
    source.gate.set()
    await source.settled()
    assert (await source.kept.get(), source.asked) == (2, 2)


async def test_a_stale_value_is_waited_for_where_that_is_wanted() -> None:
    source = Source(replace(USUAL, stale_seconds=600))
    assert await source.kept.get() == 1
    source.seconds += 600
    assert await source.kept.get() == 2


async def test_nobody_waits_longer_than_their_patience() -> None:
    source = Source(replace(USUAL, stale_seconds=600, patience_seconds=0.01))
    assert await source.kept.get() == 1
    source.seconds += 600
    source.gate.clear()
    assert await source.kept.get() == 1
    assert await source.kept.newer() == 1
    assert source.asked == 2
    source.gate.set()
    await source.settled()
    assert await source.kept.get() == 2


async def test_a_newer_one_is_asked_for_once_in_a_pause() -> None:
    source = Source()
    assert await source.kept.newer() == 1
    source.seconds += 59
    assert await source.kept.newer() == 1
    source.seconds += 1
    assert await asyncio.gather(*(source.kept.newer() for _ in range(100))) == [2] * 100
    assert source.asked == 2


@pytest.mark.parametrize(
    ("failure", "level"),
    [
        (TransientPortError("source", "down"), "warning"),
        (PermanentPortError("source", "gone"), "error"),
        (ZeroDivisionError("a bug"), "error"),
    ],
)
async def test_the_last_good_value_stays_whatever_goes_wrong(failure: Exception, level: str) -> None:
    source = Source()
    await source.kept.get()
    source.failure = failure
    with capture_logs() as logs:
        for _ in range(5):
            source.seconds += 300
            assert await source.kept.get() == 1
            await source.settled()
            assert await source.kept.newer() == 1
    assert [log["log_level"] for log in logs] == [level] * 5
    source.failure = None
    source.seconds += 60
    assert await source.kept.newer() == 7


async def test_a_value_that_never_was_is_an_error_at_once_and_soon_asked_for_again() -> None:
    source = Source()
    source.failure = TransientPortError("source", "down", throttled=True)
    for _ in range(3):
        with pytest.raises(TransientPortError, match="source: down") as caught:
            await source.kept.get()
        assert caught.value.throttled
    assert source.asked == 1
    source.failure = None
    source.seconds += 5
    assert await source.kept.newer() == 2


async def test_what_waiting_does_not_mend_is_said_to_be_so() -> None:
    source = Source()
    source.failure = PermanentPortError("source", "there is none")
    with pytest.raises(PermanentPortError, match="there is none"):
        await source.kept.get()
    source.failure = ZeroDivisionError("a bug")
    source.seconds += 5
    with capture_logs() as logs, pytest.raises(TransientPortError):
        await source.kept.newer()
    assert "exc_info" in logs[0]


async def test_an_error_raised_often_gathers_no_tracebacks() -> None:
    source = Source()
    source.failure = TransientPortError("source", "down")

    async def depth() -> int:
        with pytest.raises(TransientPortError) as caught:
            await source.kept.get()
        cause, count = caught.value.__cause__, 0
        traceback = cause.__traceback__ if cause is not None else None
        while traceback is not None:
            traceback, count = traceback.tb_next, count + 1
        return count

    assert len({await depth() for _ in range(10)}) == 1


async def test_who_goes_away_does_not_take_the_question_along() -> None:
    source = Source()
    source.gate.clear()
    impatient, patient = (asyncio.create_task(source.kept.get()) for _ in range(2))
    await source.begun.wait()
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    source.gate.set()
    assert await patient == 1


async def test_closing_ends_the_question_under_way() -> None:
    source = Source()
    await source.kept.close()
    source.gate.clear()
    waiting = asyncio.create_task(source.kept.get())
    await source.begun.wait()
    await source.kept.close()
    with pytest.raises(TransientPortError, match="has not answered yet"):
        await waiting
