"""Waits between attempts, and the rate of messages."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.adapters.inbound.backoff import Backoff
from orders.adapters.inbound.sqs.rate import TokenBucket
from tests.unit.virtual_time import in_virtual_time


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_a_wait_is_between_half_and_all_of_what_it_doubled_to(attempt: int, chance: float) -> None:
    backoff = Backoff(timedelta(seconds=2), timedelta(minutes=10), chance=lambda: chance)
    whole = min(600.0, 2.0 * 2 ** min(attempt - 1, 40))
    assert whole / 2 <= backoff.seconds(attempt) <= whole


@in_virtual_time
async def test_a_bucket_gives_what_it_has_saved_and_then_its_rate() -> None:
    loop = asyncio.get_running_loop()
    bucket = TokenBucket(per_second=10, burst=5)
    assert await bucket.take(10) == 5
    assert loop.time() == 0
    assert await bucket.take(10) == 1
    assert 0.1 <= loop.time() < 0.11
    await asyncio.sleep(100)
    assert await bucket.take(3) == 3
    bucket.give_back(2)
    assert await bucket.take(10) == 4


@pytest.mark.parametrize(("per_second", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_bucket_that_never_gives_is_refused(per_second: float, burst: int) -> None:
    with pytest.raises(ValueError, match="rate"):
        TokenBucket(per_second=per_second, burst=burst)
