"""Rate limits: buckets in themselves, and as callers find them."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import AsyncTestClient

from orders.adapters.inbound.http.app import create_app
from orders.adapters.inbound.http.middleware.edge import LOCAL, EdgeRules
from orders.adapters.inbound.http.middleware.rate_limit import Rate, TokenBuckets
from orders.adapters.inbound.http.security.api_keys import ApiKeyRing, GivenApiKeys
from orders.adapters.inbound.http.security.claims import TokenRules
from orders.adapters.inbound.http.security.client_address import client_address
from orders.adapters.outbound.local.dev_issuer import AUDIENCE, ISSUER, DevIssuer
from orders.adapters.wire.api_keys import hash_of
from tests.support.http_api import ORDERS, Api, an_api, expect
from tests.support.service import Service


@dataclass
class Clock:
    """Monotonic time that is told."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def some(rate: Rate, clock: Clock) -> EdgeRules:
    return replace(LOCAL, rate=rate, monotonic=clock)


def test_a_bucket_holds_a_burst_and_fills_at_its_rate() -> None:
    clock = Clock()
    buckets = TokenBuckets(Rate(per_second=10, burst=3), clock)
    assert [buckets.take("k").remaining for _ in range(3)] == [2, 1, 0]
    refused = buckets.take("k")
    assert refused.retry_in_seconds == pytest.approx(0.1, abs=1e-6)
    assert refused.full_in_seconds == pytest.approx(0.3)
    clock.now += 0.1
    assert buckets.take("k").retry_in_seconds == 0
    assert buckets.take("k").retry_in_seconds > 0
    assert buckets.take("other").remaining == 2
    clock.now += 100
    assert buckets.take("k").remaining == 2


@given(
    st.floats(0.01, 10_000),
    st.integers(1, 20_000),
    st.lists(st.tuples(st.floats(0, 5), st.integers(1, 50)), max_size=30),
)
def test_nobody_gets_more_than_the_burst_and_what_has_been_filled_since(
    per_second: float, burst: int, visits: list[tuple[float, int]]
) -> None:
    clock = Clock()
    buckets = TokenBuckets(Rate(per_second, burst), clock)
    let_through = 0
    for pause, requests in visits:
        clock.now += pause
        let_through += sum(buckets.take("k").retry_in_seconds == 0 for _ in range(requests))
    assert let_through <= burst + (clock.now - Clock().now) * per_second + 1
    asked = sum(requests for _, requests in visits)
    assert let_through >= min(asked, burst)


def test_buckets_that_are_full_again_are_forgotten() -> None:
    clock = Clock()
    buckets = TokenBuckets(Rate(per_second=10, burst=100), clock)
    for number in range(1000):
        clock.now += 0.05
        buckets.take(number)
    # Each is full again after 0.1 s, when two others have come.
    assert len(buckets) <= 4


def test_a_flood_of_keys_takes_bounded_memory_and_frees_nobody_who_is_at_it() -> None:
    clock = Clock()
    buckets = TokenBuckets(Rate(per_second=0.001, burst=2), clock, most=100)
    greedy = []
    for number in range(10_000):
        buckets.take(f"flood {number}")
        if number % 50 == 0:
            greedy.append(buckets.take("greedy").retry_in_seconds == 0)
        assert len(buckets) <= 100
    assert greedy == [True, True] + [False] * 198


def test_a_task_enforces_its_share() -> None:
    assert Rate(10_000, 20_000).share(4) == Rate(2500, 5000)
    assert Rate(1, 2).share(50) == Rate(0.02, 1)


async def test_every_answer_says_how_the_caller_stands_and_the_one_too_many_when_to_come_again(
    tmp_path: Path,
) -> None:
    clock = Clock()
    async with an_api(tmp_path, some(Rate(per_second=0.5, burst=2), clock)) as api:
        first = await api.call("GET", ORDERS)
        assert first.headers["ratelimit-policy"] == '"default";q=2;w=4'
        assert first.headers["ratelimit"] == '"default";r=1;t=2'
        second = await api.call("GET", f"{ORDERS}/nothing")
        assert (second.status_code, second.headers["ratelimit"]) == (404, '"default";r=0;t=4')
        answer = await api.call("POST", ORDERS, "{broken")
        assert "2 s" in expect(answer, 429, "rate-limited")["detail"]
        assert (answer.headers["retry-after"], answer.headers["ratelimit"]) == ("2", '"default";r=0;t=4')
        clock.now += 2
        assert (await api.call("GET", ORDERS)).status_code == 200


async def test_callers_are_counted_apart_and_health_not_at_all(tmp_path: Path) -> None:
    async with an_api(tmp_path, some(Rate(per_second=1, burst=1), Clock())) as api:
        callers: list[dict[str, Any]] = [
            {},
            {"customer": "other"},
            {"tenant": "other"},
            {"role": "staff", "customer": "s"},
        ]
        assert [(await api.call("GET", ORDERS, **who)).status_code for who in callers] == [200] * 4
        assert [(await api.call("GET", ORDERS, **who)).status_code for who in callers] == [429] * 4
        for _ in range(3):
            health = await api.client.get("/health")
            assert (health.status_code, "ratelimit" in health.headers) == (200, False)


async def test_where_api_keys_are_asked_for_a_client_s_callers_share(tmp_path: Path) -> None:
    service, issuer = Service(), DevIssuer(tmp_path)
    ring = ApiKeyRing({"portal": [hash_of("k1")], "app": [hash_of("k2")]})
    guarded = service.served(issuer, TokenRules(ISSUER, frozenset({AUDIENCE})), GivenApiKeys(ring))
    app = create_app(guarded, edge=some(Rate(per_second=1, burst=1), Clock()))
    async with AsyncTestClient(app) as client:
        api = Api(client, service, issuer)
        asked = [
            await api.call("GET", ORDERS, headers={"X-Api-Key": key}, customer=customer)
            for key, customer in (("k1", "c1"), ("k1", "c2"), ("k2", "c2"))
        ]
        assert [answer.status_code for answer in asked] == [200, 429, 200]


async def test_strangers_are_counted_by_address_and_stand_in_nobodys_way(tmp_path: Path) -> None:
    async with an_api(tmp_path, replace(some(Rate(per_second=1, burst=1), Clock()), forwarded_hops=1)) as api:
        here = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
        elsewhere = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}
        expect(await api.client.get(ORDERS, headers=here), 401, "unauthenticated")
        answer = await api.client.get(ORDERS, headers=here)
        expect(answer, 429, "rate-limited")
        assert answer.headers["ratelimit-policy"] == '"unauthenticated";q=1;w=1'
        expect(await api.client.get(ORDERS, headers=elsewhere), 401, "unauthenticated")
        assert (await api.call("GET", ORDERS, headers=here)).status_code == 200


@pytest.mark.parametrize(
    ("peer", "forwarded", "hops", "address"),
    [
        ("10.0.0.1", [], 0, "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9"], 0, "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9"], 1, "203.0.113.9"),
        ("10.0.0.1", ["6.6.6.6, 203.0.113.9", "198.51.100.7"], 1, "198.51.100.7"),
        ("10.0.0.1", ["6.6.6.6, 203.0.113.9", "198.51.100.7"], 2, "203.0.113.9"),
        ("10.0.0.1", [], 1, "10.0.0.1"),
        ("10.0.0.1", ["nonsense"], 1, "10.0.0.1"),
        ("10.0.0.1", [" "], 1, "10.0.0.1"),
        (None, [], 0, "unknown"),
        ("2001:db8:1:2:3:4:5:6", [], 0, "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", [], 0, "192.0.2.1"),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(
    peer: str | None, forwarded: list[str], hops: int, address: str
) -> None:
    scope = {
        "client": None if peer is None else (peer, 5000),
        "headers": [(b"x-forwarded-for", value.encode()) for value in forwarded],
    }
    assert client_address(scope, forwarded_hops=hops) == address
