"""The circuit breaker, with a clock that tests set."""

import asyncio
from datetime import timedelta

import pytest

from orders.adapters.outbound.catalog_http.breaker import BreakerState, CircuitBreaker, CircuitOpen

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN


class Down(Exception):
    """A failure that counts."""


class Bench:
    """A breaker that opens for 10 s after 3 failures, its clock, and every state that it has entered."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.states: list[BreakerState] = []
        self.breaker = CircuitBreaker(
            failures=(Down,),
            threshold=3,
            open_for=timedelta(seconds=10),
            monotonic=lambda: self.now,
            on_change=self.states.append,
        )

    def succeed(self) -> None:
        with self.breaker.call():
            pass

    def fail(self, times: int = 1, error: type[BaseException] = Down) -> None:
        for _ in range(times):
            with pytest.raises(error), self.breaker.call():
                raise error

    def refused(self) -> bool:
        made = []
        try:
            with self.breaker.call():
                made.append("a call")
        except CircuitOpen:
            assert made == []
            return True
        return False


def test_consecutive_failures_open_the_breaker_and_no_call_is_made() -> None:
    bench = Bench()
    bench.fail(2)
    assert bench.breaker.state is CLOSED
    bench.fail()
    assert bench.breaker.state is OPEN
    bench.now += 9.9
    assert bench.refused()
    with pytest.raises(CircuitOpen, match=r"it keeps failing; not asked again for 0\.1 s"):
        bench.breaker.check()
    assert bench.states == [OPEN]


def test_a_success_between_begins_the_count_anew() -> None:
    bench = Bench()
    for _ in range(5):
        bench.fail(2)
        bench.succeed()
    assert (bench.breaker.state, bench.states) == (CLOSED, [])


def test_after_its_time_one_call_finds_out_and_closes_it() -> None:
    bench = Bench()
    bench.fail(3)
    bench.now += 10
    bench.breaker.check()
    with bench.breaker.call():
        assert bench.breaker.state is HALF_OPEN
        # However many come meanwhile, and however long it takes.
        bench.now += 60
        assert all(bench.refused() for _ in range(5))
        with pytest.raises(CircuitOpen, match="one call is finding out"):
            bench.breaker.check()
    assert bench.states == [OPEN, HALF_OPEN, CLOSED]
    bench.fail(2)
    assert bench.breaker.state is CLOSED, "failures before the outage count no more"


def test_a_probe_that_fails_opens_it_for_the_whole_time_again() -> None:
    bench = Bench()
    bench.fail(3)
    bench.now += 10
    bench.fail()
    assert bench.states == [OPEN, HALF_OPEN, OPEN]
    bench.now += 9.9
    assert bench.refused()
    bench.now += 0.1
    bench.succeed()
    assert bench.breaker.state is CLOSED


@pytest.mark.parametrize("error", [asyncio.CancelledError, KeyError, KeyboardInterrupt])
def test_a_probe_that_proves_nothing_leaves_the_question_to_the_next_call(error: type[BaseException]) -> None:
    bench = Bench()
    bench.fail(3)
    bench.now += 10
    bench.fail(error=error)
    assert bench.breaker.state is OPEN
    bench.succeed()
    assert bench.breaker.state is CLOSED


@pytest.mark.parametrize("error", [asyncio.CancelledError, KeyError])
def test_what_does_not_count_does_not_open_it(error: type[BaseException]) -> None:
    bench = Bench()
    bench.fail(10, error)
    assert bench.breaker.state is CLOSED


def test_a_call_from_before_an_outage_ends_it_as_little_as_it_prolongs_it() -> None:
    bench = Bench()
    early, late = bench.breaker.call(), bench.breaker.call()
    early.__enter__()
    late.__enter__()
    bench.fail(3)
    early.__exit__(None, None, None)
    assert bench.breaker.state is OPEN
    bench.now += 10
    bench.succeed()
    bench.fail(2)
    assert not late.__exit__(Down, Down(), None), "the error goes on"
    assert bench.breaker.state is CLOSED, "the third failure in a row is one of another time"
