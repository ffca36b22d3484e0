"""The load test against an API whose speed and faults are known: what it finds, and what it holds against whom."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from orders.acceptance.load.callers import Callers
from orders.acceptance.load.figures import PhaseResult
from orders.acceptance.load.pace import NOT_SENT, Pacer
from orders.acceptance.load.profile import Kind, Mix, Phase, Profile, WrongMix
from orders.acceptance.load.report import passed
from orders.acceptance.load.run import DELIVERY, LoadTest
from orders.acceptance.smoke import Tokens
from orders.acceptance.steps import Failed
from tests.unit.acceptance.load.fake_shop import FakeShop, LoopClock
from tests.unit.virtual_time import in_virtual_time

SHORT = Profile(
    rate=20, minutes=0.25, ramp_step=20, ramp_step_seconds=5, max_rate=60, users=(3,), users_seconds=2, at_once=10,
    first_orders=5, within_seconds=5,
)  # fmt: skip


@pytest.fixture
def shop() -> FakeShop:
    return FakeShop(LoopClock())


async def run(shop: FakeShop, profile: Profile = SHORT, *phases: Phase) -> dict[str, PhaseResult]:
    chance = Random(7)  # noqa: S311 - the same in every run
    callers = Callers(shop, Tokens("customer", "admin"), chance, run="a")
    test = LoadTest(callers, replace(profile, phases=phases or tuple(Phase)), shop.clock, chance, lambda _: None)
    return {result.name: result async for result in test.run()}


@in_virtual_time
async def test_a_service_that_holds_its_levels_passes_every_phase(shop: FakeShop) -> None:
    results = await run(shop)
    assert list(results) == ["steady", "ramp, 20/s", "ramp, 40/s", "ramp, 60/s", "3 users", "one key", DELIVERY]
    steady = results["steady"]
    assert (steady.requests, steady.error_rate, steady.holds) == (300, 0.0, True)
    assert steady.rate == pytest.approx(20, rel=0.01)
    assert sum(row.requests for row in steady.rows) == 300
    assert all((row.p50, row.p99) == pytest.approx((0.01, 0.01)) for row in steady.rows)
    assert results["one key"].note == "one order, and all answers alike"
    assert "of " in results[DELIVERY].note
    assert passed(list(results.values()))


@in_virtual_time
async def test_operations_come_in_their_shares_and_only_on_orders_of_the_test(shop: FakeShop) -> None:
    results = await run(shop, replace(SHORT, rate=100, minutes=0.3), Phase.STEADY)
    shares = Counter({row.kind: row.requests / 1800 for row in results["steady"].rows})
    for kind, share in {Kind.GET: 0.6, Kind.LIST: 0.25, Kind.STATUS: 0.12, Kind.CREATE: 0.03}.items():
        assert shares[kind] == pytest.approx(share, abs=0.03)
    changes = [path for method, path, token in shop.calls if method == "PUT" and token == "admin"]
    assert len(changes) > 100
    assert {token for method, path, token in shop.calls if method == "POST" and path.endswith("/orders")} == {
        "customer"
    }


@in_virtual_time
async def test_latency_counts_from_when_a_request_was_due_however_slow_those_before_are(shop: FakeShop) -> None:
    def stalled(_method: str, _path: str) -> float:
        # All that comes within this second is answered at its end.
        return max(0.01, 6.0 - shop.clock.now()) if 5.0 <= shop.clock.now() < 6.0 else 0.01

    shop.seconds = stalled
    steady = (await run(shop, SHORT, Phase.STEADY))["steady"]
    assert steady.requests == 300
    assert max(row.longest for row in steady.rows) == pytest.approx(1.0, abs=0.05)
    slow = [point for point in steady.points if point.p50 > 0.1]
    assert len(slow) == 1, "only those due in that second waited"
    assert shop.most_under_way >= 15


@in_virtual_time
async def test_creates_that_take_too_long_are_missed_by_their_own_level_alone(shop: FakeShop) -> None:
    shop.seconds = lambda method, path: 1.5 if (method, path) == ("POST", "/v1.0/orders") else 0.4
    steady = (await run(shop, SHORT, Phase.STEADY))["steady"]
    assert steady.holds is True
    shop.seconds = lambda _method, _path: 0.6
    steady = (await run(shop, SHORT, Phase.STEADY))["steady"]
    assert {row.kind: row.holds for row in steady.rows} == {
        Kind.GET: False, Kind.LIST: False, Kind.STATUS: True, Kind.CREATE: True,
    }  # fmt: skip
    assert steady.holds is False


@in_virtual_time
async def test_errors_are_counted_by_what_was_wrong_and_not_held_against_latency(shop: FakeShop) -> None:
    shop.refuse = lambda _method, path: 429 if "limit=25" in path else 0
    shop.unreachable = lambda method, _path: method == "PUT"
    steady = (await run(shop, SHORT, Phase.STEADY))["steady"]
    assert steady.holds is False
    assert all(row.holds for row in steady.rows)
    assert {what for what, _ in steady.faults} == {
        "list: 429 Too many requests",
        "status: no answer: connection refused",
    }
    assert sum(number for _, number in steady.faults) == round(steady.error_rate * steady.requests)


@in_virtual_time
async def test_a_ramp_ends_where_the_service_breaks_and_says_what_held(shop: FakeShop) -> None:
    shop.refuse = lambda _method, _path: 503 if shop.under_way > 4 else 0
    shop.seconds = lambda _method, _path: 0.1
    results = await run(shop, replace(SHORT, max_rate=500), Phase.RAMP)
    *held, broke, followed = results.values()
    assert [result.note for result in held] == ["held"] * len(held)
    assert held
    assert broke.note == f"failed; {20 * len(held)} a second held"
    assert broke.error_rate > 0.05
    assert broke.holds is None, "where a service breaks is measured, not judged"
    assert followed.name == DELIVERY


@in_virtual_time
async def test_a_ramp_ends_when_creates_take_three_seconds(shop: FakeShop) -> None:
    results = await run(shop, replace(SHORT, mix=Mix.parse("create=1")), Phase.RAMP)
    assert [result.note for result in results.values()][:-1] == ["held"] * 3
    shop.seconds = lambda method, path: 3.1 if (method, path) == ("POST", "/v1.0/orders") else 0.01
    broke, _ = (await run(shop, replace(SHORT, mix=Mix.parse("create=1")), Phase.RAMP)).values()
    assert broke.note == "failed; no rate held"


@in_virtual_time
async def test_more_than_can_wait_is_not_sent_and_said_so() -> None:
    clock = LoopClock()

    async def hanging(_kind: Kind) -> None:
        await clock.until(100)

    chance = Random(7)  # noqa: S311 - the same in every run
    pacer = Pacer(hanging, Mix.parse("get=1"), clock, chance, max_under_way=30)
    observed = await pacer.at_rate(10, 5)
    assert (observed.requests, dict(observed.faults)) == (50, {f"get: {NOT_SENT}": 20})


@in_virtual_time
async def test_each_user_sends_one_request_after_the_other(shop: FakeShop) -> None:
    shop.seconds = lambda _method, _path: 0.1
    results = await run(shop, replace(SHORT, users=(3, 7)), Phase.USERS)
    assert results["3 users"].requests == pytest.approx(60, abs=3)
    assert results["7 users"].requests == pytest.approx(140, abs=7)
    assert results["7 users"].holds is None
    assert shop.most_under_way <= 16


@in_virtual_time
async def test_two_orders_of_one_key_are_missed(shop: FakeShop) -> None:
    shop.forgets_keys = True
    result = (await run(shop, SHORT, Phase.ONE_KEY))["one key"]
    assert (result.holds, result.note) == (False, "10 orders, or answers that differ")


@in_virtual_time
async def test_creates_of_one_key_without_an_answer_are_missed(shop: FakeShop) -> None:
    seen = 0

    def some(method: str, _path: str) -> bool:
        nonlocal seen
        seen += method == "POST"
        return seen == SHORT.first_orders + 2

    shop.unreachable = some
    result = (await run(shop, SHORT, Phase.ONE_KEY))["one key"]
    assert (result.holds, result.note) == (False, "9 of 10 answered, with 201")


@in_virtual_time
async def test_orders_without_their_mails_are_named(shop: FakeShop) -> None:
    shop.lost = {2}
    result = (await run(shop, SHORT, Phase.ONE_KEY))[DELIVERY]
    assert result.holds is False
    assert result.note == "4 of 5 orders have their document and their mails; missing: ord_2"
    assert result.seconds >= SHORT.within_seconds


@in_virtual_time
async def test_mails_sent_twice_are_named(shop: FakeShop) -> None:
    shop.twice = {3}
    result = (await run(shop, SHORT, Phase.ONE_KEY))[DELIVERY]
    assert (result.holds, result.note.rpartition("; ")[2]) == (False, "mailed twice: ord_3")


@in_virtual_time
async def test_a_service_that_takes_no_order_is_one_message(shop: FakeShop) -> None:
    shop.refuse = lambda _method, _path: 503
    with pytest.raises(Failed, match="the first orders can't be placed: 503 Too many requests"):
        await run(shop)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("get=60,read=1", "'read=1' is no share such as get=60; operations are create, status, get, list"),
        ("get", "'get' is no share"),
        ("get=much", "'get=much' is no share"),
        ("get=0", "'get=0': shares are numbers from 0, and one of them is above it"),
        ("get=-1,list=2", "shares are numbers from 0"),
        ("get=nan", "shares are numbers from 0"),
    ],
)
def test_a_wrong_mix_says_what_would_be_right(text: str, said: str) -> None:
    with pytest.raises(WrongMix, match=said):
        Mix.parse(text)
