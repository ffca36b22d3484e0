"""`orders api` as a process of its own: a real issuer's tokens, API keys and cursor keys in Secrets Manager."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from orders.adapters.wire.api_keys import hash_of, new_key
from tests.contract.endpoints import Endpoint
from tests.contract.moto_server import moto_server
from tests.support.eventually import eventually
from tests.support.http_api import ORDERS, SMOKE, expect
from tests.support.issuer import CLIENT, Issuer, ec_key, issuer_in_thread
from tests.support.ports import free_port

COMMAND = str(Path(sys.executable).with_name("orders"))
KEY = new_key()
API_KEYS, CURSOR_KEYS = "bbws-orders/api-keys", "bbws-orders/cursor-keys"
TENANT, CUSTOMER, GROUPS = "custom:tenant_id", "custom:customer_id", "cognito:groups"
PATIENCE_SECONDS = 90


def put(aws: Endpoint, name: str, value: str) -> None:
    """Give a secret a new value."""

    async def call() -> None:
        async with aws.client("secretsmanager") as client:
            try:
                await client.put_secret_value(SecretId=name, SecretString=value)
            except client.exceptions.ResourceNotFoundException:
                await client.create_secret(Name=name, SecretString=value)

    asyncio.run(call())


@pytest.fixture(scope="module")
def aws() -> Iterator[Endpoint]:
    """moto's server with all that `orders bootstrap` creates, and the two secrets."""
    with moto_server() as url:
        subprocess.run(
            [COMMAND, "bootstrap"], env=os.environ | {"AWS_ENDPOINT_URL": url}, check=True, capture_output=True
        )
        endpoint = Endpoint("moto", url)
        put(endpoint, API_KEYS, f'{{"portal-web": "{hash_of(KEY)}"}}')
        put(endpoint, CURSOR_KEYS, "c" * 43)
        yield endpoint


@dataclass
class Running:
    """A process, its issuer, and who calls it."""

    issuer: Issuer
    client: httpx.Client

    def call(
        self, method: str = "GET", path: str = ORDERS, token: str | None = None, key: str = KEY, **more: Any
    ) -> httpx.Response:
        headers = {"X-Api-Key": key, "Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.client.request(method, path, headers=headers, **more)

    def until(self, look: Callable[[], bool], what: str) -> None:
        eventually(look, within_seconds=PATIENCE_SECONDS, what=what)


@contextmanager
def orders_api(aws: Endpoint, issuer: Issuer, log: Path) -> Iterator[Running]:
    """The process, from its first answer until it has ended well."""
    port = free_port()
    environment = os.environ | {
        "AWS_ENDPOINT_URL": aws.url, "API_PORT": str(port), "AUTH_ISSUER": issuer.url, "AUTH_AUDIENCES": CLIENT,
        "SERVICE_CLIENTS": "payments-client=demo", "API_KEY_REQUIRED": "true", "API_KEYS_SECRET": API_KEYS,
        "CURSOR_KEYS_SECRET": CURSOR_KEYS, "SECRETS_FRESH_SECONDS": "1", "ORDERS_DATA_DIR": str(log.parent / "none"),
    }  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen([COMMAND, "api"], env=environment, stdout=output, stderr=output)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS) as client:

            def answers() -> bool:
                assert process.poll() is None, log.read_text()
                try:
                    return client.get("/health/live").status_code == 200
                except httpx.ConnectError:
                    return False

            eventually(answers, within_seconds=PATIENCE_SECONDS, what="the API answers")
            yield Running(issuer, client)
    finally:
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0, log.read_text()
    # No development key was made, and no secret was logged.
    assert not (log.parent / "none").exists()
    for secret in (KEY, hash_of(KEY), "c" * 43, "eyJ"):
        assert secret not in log.read_text()


@pytest.fixture(scope="module")
def api(aws: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    log = tmp_path_factory.mktemp("api") / "api.log"
    with issuer_in_thread() as issuer, orders_api(aws, issuer, log) as running:
        yield running


def test_from_a_token_of_the_issuer_to_an_order(api: Running) -> None:
    for key_id in ("ec-1", "rsa-1"):
        placed = api.call("POST", token=api.issuer.token(key_id), content=SMOKE)
        assert placed.status_code == 201, placed.text
        assert placed.json()["customer_id"] == "cust_test_001"
    there = placed.headers["location"]
    others: dict[str, Any] = {CUSTOMER: "somebody-else"}
    expect(api.call(path=there, token=api.issuer.token(**others)), 404, "not-found")
    foreign: dict[str, Any] = {TENANT: "atlantic-books", GROUPS: ["admin"]}
    expect(api.call(path=there, token=api.issuer.token(**foreign)), 404, "not-found")
    nobody: dict[str, Any] = {GROUPS: ["visitors"]}
    expect(api.call(path=there, token=api.issuer.token(**nobody)), 403, "forbidden")
    machine: dict[str, Any] = {
        "sub": "payments-client", "client_id": "payments-client", TENANT: None, CUSTOMER: None, GROUPS: None,
    }  # fmt: skip
    moved = api.call("PUT", f"{there}/status", token=api.issuer.token(**machine), json={"status": "processing"})
    assert (moved.status_code, moved.json()["status"]) == (200, "processing")


def test_a_cursor_survives_the_rotation_of_its_key(api: Running, aws: Endpoint) -> None:
    token = api.issuer.token()
    for _ in range(2):
        api.call("POST", token=token, content=SMOKE)
    page = api.call(params={"limit": 1}, token=token).json()
    put(aws, CURSOR_KEYS, "d" * 43)
    again = api.call(params={"limit": 1, "cursor": page["next_cursor"]}, token=token)
    assert again.status_code == 200, again.text
    assert again.json()["items"][0]["order_id"] != page["items"][0]["order_id"]


def test_forged_tokens_and_wrong_keys_are_refused_over_the_wire(api: Running) -> None:
    good, key = api.issuer.token(), ec_key()
    asked = api.issuer.requests
    forged = [api.issuer.token(f"unknown-{number}", key=key) for number in range(100)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda token: api.call(token=token), forged))
    for answer in (*answers, api.call(token=good + "x"), api.call(params={"access_token": good})):
        expect(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith('Bearer realm="orders"')
    twice = [("Authorization", f"Bearer {good}"), ("Authorization", f"Bearer {good}"), ("X-Api-Key", KEY)]
    found = expect(api.client.get(ORDERS, headers=twice), 401, "unauthenticated")
    assert "came 2 times" in found["detail"]
    for wrong in ("", new_key()):
        found = expect(api.call(token=good, key=wrong), 401, "unauthenticated")
        assert "X-Api-Key" in found["detail"]
    # At most once a minute, and this takes a moment; the first request was made when the process began.
    assert api.issuer.requests <= asked + 1


def test_api_keys_are_rotated_without_a_restart(api: Running, aws: Endpoint) -> None:
    renewed, token = new_key(), api.issuer.token()
    assert api.call(token=token, key=renewed).status_code == 401
    put(aws, API_KEYS, f'{{"portal-web": ["{hash_of(renewed)}", "{hash_of(KEY)}"]}}')
    api.until(lambda: api.call(token=token, key=renewed).status_code == 200, "the new key counts")
    assert api.call(token=token).status_code == 200
    put(aws, API_KEYS, f'{{"portal-web": "{hash_of(renewed)}"}}')
    api.until(lambda: api.call(token=token).status_code == 401, "the old key counts no more")
    assert api.call(token=token, key=renewed).status_code == 200
    put(aws, API_KEYS, f'{{"portal-web": "{hash_of(KEY)}"}}')
    api.until(lambda: api.call(token=token).status_code == 200, "all is as it was")


def test_it_starts_without_its_issuer_and_serves_once_that_is_there(aws: Endpoint, tmp_path: Path) -> None:
    with issuer_in_thread() as issuer:
        issuer.answer = lambda _: b"not yet"
        with orders_api(aws, issuer, tmp_path / "api.log") as api:
            answer = api.call(token=issuer.token())
            expect(answer, 503, "unavailable")
            assert "retry-after" in answer.headers
            for path in ("/health", "/health/live", "/health/ready"):
                assert api.client.get(path).status_code == 200
            issuer.answer = None
            api.until(lambda: api.call(token=issuer.token()).status_code == 200, "tokens are believed")


def test_a_secret_that_is_not_there_stops_the_start(aws: Endpoint) -> None:
    environment = os.environ | {
        "AWS_ENDPOINT_URL": aws.url, "API_PORT": str(free_port()), "CURSOR_KEYS_SECRET": "bbws-orders/nothing",
    }  # fmt: skip
    ended = subprocess.run(
        [COMMAND, "api"], env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    assert ended.returncode == 2
    assert "secret bbws-orders/nothing: there is none of this name" in ended.stderr
    assert "Traceback" not in ended.stderr
