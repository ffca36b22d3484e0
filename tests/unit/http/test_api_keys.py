"""API keys: who is let in, what the others are told, and that keys change while the service runs."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from orders.adapters.inbound.http.app import create_app
from orders.adapters.inbound.http.middleware.edge import LOCAL, EdgeRules
from orders.adapters.inbound.http.middleware.rate_limit import Rate
from orders.adapters.inbound.http.security.api_keys import ApiKeyGuard, ApiKeyRing, GivenApiKeys, SecretApiKeys
from orders.adapters.inbound.http.security.auth import Unauthenticated
from orders.adapters.inbound.http.security.claims import TokenRules
from orders.adapters.outbound.local.dev_issuer import AUDIENCE, ISSUER, DevIssuer
from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.secrets import MemorySecrets
from orders.adapters.refreshing_cache import Freshness
from orders.adapters.wire.api_keys import hash_of, new_key
from orders.ports.errors import PermanentPortError, TransientPortError
from tests.support.builders import NOON
from tests.support.http_api import ORDERS, expect
from tests.support.service import Service

KEY, OTHER = "bbws_" + "k" * 43, "bbws_" + "o" * 43
RING = ApiKeyRing({"portal-web": [hash_of(KEY)], "mobile": [hash_of("1"), hash_of(OTHER)]})
FRESHNESS = Freshness(fresh_seconds=300, stale_seconds=600, pause_seconds=60, first_pause_seconds=5)
SECRET = "bbws-orders/api-keys"


def test_a_key_is_long_random_and_recognised_by_scanners() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(key.startswith("bbws_") and len(key) == len("bbws_") + 43 for key in keys)


def test_a_hash_is_what_other_tools_make_of_the_key() -> None:
    # printf %s bbws_example | sha256sum
    assert hash_of("bbws_example") == "2ae6565c6a9756bfe1cd42b564309d442d5d0eeb0d24961a31fc6e3c21a7e338"


def test_a_key_tells_whose_it_is() -> None:
    assert (RING.client(KEY), RING.client(OTHER), RING.client("1")) == ("portal-web", "mobile", "mobile")
    assert [RING.client(key) for key in ("", "2", KEY[:-1], KEY + "x", KEY.upper(), hash_of(KEY))] == [None] * 6


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a JSON object"),
        ("[]", "not a JSON object"),
        ("[" * 100_000, "not a JSON object"),
        (hash_of(KEY), "not a JSON object"),
        ("{}", "no key in it"),
        (json.dumps({"portal-web": KEY}), "entry of 'portal-web' is wrong"),
        (json.dumps({"portal-web": hash_of(KEY).upper()}), "entry of 'portal-web' is wrong"),
        (json.dumps({"portal-web": []}), "entry of 'portal-web' is wrong"),
        (json.dumps({"portal-web": None}), "entry of 'portal-web' is wrong"),
        (json.dumps({"portal-web": [hash_of(KEY), 7]}), "entry of 'portal-web' is wrong"),
        (json.dumps({"portal web": hash_of(KEY)}), "entry of 'portal web' is wrong"),
        (json.dumps({"portal-web": {"sha256": hash_of(KEY)}}), "entry of 'portal-web' is wrong"),
    ],
)
def test_what_holds_no_keys_is_refused_without_repeating_it(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        ApiKeyRing.parse(text)
    for hidden in (KEY, hash_of(KEY), hash_of(KEY).upper()):
        assert hidden not in str(caught.value)


def test_a_client_may_have_several_keys_at_a_time() -> None:
    text = json.dumps({"portal-web": [hash_of(KEY), hash_of(OTHER)], "mobile": hash_of("1")})
    ring = ApiKeyRing.parse(text)
    assert [ring.client(key) for key in (KEY, OTHER, "1")] == ["portal-web", "portal-web", "mobile"]


async def test_where_no_keys_are_asked_for_anything_will_do() -> None:
    guard = ApiKeyGuard(None)
    assert [await guard.admit(given) for given in ([], ["x"], ["x", "y"])] == [None] * 3


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "the X-Api-Key header is missing; send the key of your client"),
        ([""], "the X-Api-Key header is missing; send the key of your client"),
        (["x"], "the X-Api-Key header holds no key that is accepted here"),
        ([KEY + " "], "the X-Api-Key header holds no key that is accepted here"),
        (["é" * 10], "the X-Api-Key header holds no key that is accepted here"),
        (["x" * 100_000], "the X-Api-Key header holds no key that is accepted here"),
        ([KEY, KEY], "the X-Api-Key header came 2 times; send it once"),
    ],
)
async def test_who_has_no_key_is_told_which_header_is_wrong(given: list[str], says: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        await ApiKeyGuard(GivenApiKeys(RING)).admit(given)
    assert str(caught.value) == says


class Shelf:
    """Keys in a secret, and the clock of what is kept of it."""

    def __init__(self) -> None:
        self.secrets = MemorySecrets(FixedClock(NOON))
        self.seconds = 0.0
        self.keys = SecretApiKeys(self.secrets, SECRET, FRESHNESS, monotonic=lambda: self.seconds)

    def put(self, **hashes: Any) -> None:
        self.secrets.put(SECRET, json.dumps(hashes))


async def test_a_new_key_counts_at_its_first_use_a_minute_later_at_most() -> None:
    shelf = Shelf()
    shelf.put(web=hash_of(KEY))
    assert await shelf.keys.client(KEY) == "web"
    shelf.put(web=hash_of(KEY), mobile=hash_of(OTHER))
    assert await shelf.keys.client(OTHER) is None
    shelf.seconds = 60
    assert await shelf.keys.client(OTHER) == "mobile"


async def test_a_key_taken_away_counts_no_more_once_what_is_kept_is_stale() -> None:
    shelf = Shelf()
    shelf.put(web=[hash_of(KEY), hash_of(OTHER)])
    assert await shelf.keys.client(KEY) == "web"
    shelf.put(web=hash_of(OTHER))
    shelf.seconds = 600
    assert await shelf.keys.client(KEY) is None
    assert await shelf.keys.client(OTHER) == "web"


async def test_however_many_wrong_keys_come_the_secret_is_read_once_a_minute() -> None:
    shelf = Shelf()
    shelf.put(web=hash_of(KEY))
    await shelf.keys.warm_up()
    shelf.seconds = 60
    assert set(await asyncio.gather(*(shelf.keys.client(f"wrong-{number}") for number in range(500)))) == {None}
    assert shelf.secrets.reads == 2


async def test_the_keys_stay_while_the_secret_cannot_be_read_or_makes_no_sense() -> None:
    shelf = Shelf()
    shelf.put(web=hash_of(KEY))
    assert await shelf.keys.client(KEY) == "web"
    shelf.secrets.reachable = False
    shelf.seconds = 3600
    assert await shelf.keys.client(KEY) == "web"
    shelf.secrets.reachable = True
    shelf.secrets.put(SECRET, "broken")
    shelf.seconds = 7200
    assert await shelf.keys.client(KEY) == "web"
    assert await shelf.keys.client("x") is None
    await shelf.keys.close()


async def test_keys_that_never_were_are_an_error_and_no_entrance() -> None:
    shelf = Shelf()
    with pytest.raises(PermanentPortError, match=f"secret {SECRET}: there is none of this name"):
        await shelf.keys.client(KEY)
    shelf.secrets.put(SECRET, "broken")
    shelf.seconds = 5
    with pytest.raises(PermanentPortError, match="not a JSON object"):
        await shelf.keys.warm_up()
    shelf.secrets.reachable = False
    shelf.seconds = 10
    with pytest.raises(TransientPortError, match="secrets store"):
        await shelf.keys.client(KEY)


@asynccontextmanager
async def a_client(key_directory: Path, edge: EdgeRules = LOCAL) -> AsyncIterator[httpx.AsyncClient]:
    """The application as in prod, with a good token in every call."""
    issuer = DevIssuer(key_directory)
    served = Service().served(issuer, TokenRules(ISSUER, frozenset({AUDIENCE})), GivenApiKeys(RING))
    app: Any = create_app(served, edge=edge)
    headers = {"Authorization": f"Bearer {a_token(issuer)}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://orders.test", headers=headers) as client:
        yield client


def a_token(issuer: DevIssuer, customer: str = "c") -> str:
    return issuer.token(tenant_id="demo", customer_id=customer, roles=["staff"], now=datetime.now(UTC))


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with a_client(tmp_path) as running:
        yield running


async def test_over_http_key_and_token_are_both_needed(client: httpx.AsyncClient) -> None:
    assert (await client.get(ORDERS, headers={"X-Api-Key": KEY})).status_code == 200
    assert (await client.get(ORDERS, headers={"x-api-key": OTHER})).status_code == 200
    found = expect(await client.get(ORDERS, headers={"X-Api-Key": KEY, "Authorization": ""}), 401, "unauthenticated")
    assert "the Authorization header is missing" in found["detail"]


async def test_over_http_a_missing_or_wrong_key_is_a_problem_that_names_the_header(client: httpx.AsyncClient) -> None:
    wrong = new_key()
    for headers in ({}, {"X-Api-Key": wrong}):
        answer = await client.get(ORDERS, headers=headers)
        found = expect(answer, 401, "unauthenticated")
        assert "X-Api-Key header" in found["detail"]
        # The token is not what is wrong: the challenge says nothing about it.
        assert answer.headers["www-authenticate"] == 'Bearer realm="orders"'
        assert wrong not in answer.text


async def test_over_http_the_key_is_looked_at_before_the_token(client: httpx.AsyncClient) -> None:
    found = expect(await client.get(ORDERS, headers={"Authorization": "Bearer x"}), 401, "unauthenticated")
    assert "X-Api-Key header is missing" in found["detail"]
    given = [("X-Api-Key", KEY), ("X-Api-Key", OTHER)]
    found = expect(await client.get(ORDERS, headers=given), 401, "unauthenticated")
    assert "came 2 times" in found["detail"]


async def test_health_needs_no_key(client: httpx.AsyncClient) -> None:
    for path in ("/health", "/health/live", "/health/ready", "/v1.0/orders/health"):
        assert (await client.get(path, headers={"Authorization": ""})).status_code == 200


async def test_who_shares_a_client_s_key_shares_what_it_may_ask_for(tmp_path: Path) -> None:
    slow = EdgeRules(Rate(per_second=1, burst=2), monotonic=lambda: 0.0)
    async with a_client(tmp_path, slow) as client:
        other = {"Authorization": f"Bearer {a_token(DevIssuer(tmp_path), 'd')}", "X-Api-Key": KEY}
        assert (await client.get(ORDERS, headers={"X-Api-Key": KEY})).status_code == 200
        assert (await client.get(ORDERS, headers=other)).status_code == 200
        assert (await client.get(ORDERS, headers={"X-Api-Key": KEY})).status_code == 429
        # Another client of the same shop has its own share.
        assert (await client.get(ORDERS, headers={"X-Api-Key": OTHER})).status_code == 200
