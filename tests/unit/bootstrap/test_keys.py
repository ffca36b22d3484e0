"""Sources of keys by settings; a start fetches them or reports why not."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from orders.adapters.inbound.http.security.api_keys import GivenApiKeys, SecretApiKeys
from orders.adapters.inbound.http.security.auth import NoKeys
from orders.adapters.inbound.http.security.cursor_keys import GivenCursorKeys, SecretCursorKeys
from orders.adapters.outbound.jwks.key_source import JwksKeySource
from orders.adapters.outbound.local.dev_issuer import ISSUER, DevIssuer
from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.secrets import MemorySecrets
from orders.adapters.wire.api_keys import hash_of
from orders.bootstrap.aws import secret_services
from orders.bootstrap.config import keys
from orders.bootstrap.config.settings import Settings, SettingsError, load_settings
from orders.ports.errors import TransientPortError
from tests.support.builders import NOON

PROTECTED: dict[str, Any] = {
    "auth_issuer": "https://issuer.example", "auth_audiences": "web", "cursor_keys_secret": "cursors",
    "api_keys_secret": "api-keys",
}  # fmt: skip


def local(tmp_path: Path, **more: Any) -> Settings:
    return load_settings(environment="local", orders_data_dir=tmp_path, **more)


@pytest.fixture
def secrets() -> MemorySecrets:
    return MemorySecrets(FixedClock(NOON))


def test_tokens_are_checked_with_the_keys_of_one_issuer(tmp_path: Path) -> None:
    assert isinstance(keys.token_keys(local(tmp_path)), NoKeys)
    assert isinstance(keys.token_keys(local(tmp_path, auth_issuer="https://issuer.example")), JwksKeySource)
    dev = local(tmp_path, auth_issuer="https://issuer.example", dev_issuer_enabled=True)
    assert isinstance(keys.token_keys(dev), DevIssuer)
    assert keys.token_rules(dev).issuer == ISSUER
    rules = keys.token_rules(
        local(tmp_path, auth_issuer="https://issuer.example", auth_audiences="web", service_clients="payments=demo")
    )
    assert (rules.issuer, set(rules.audiences)) == ("https://issuer.example", {"web"})
    assert rules.service_clients == {"payments": "demo"}


@pytest.mark.parametrize("environment", ["sit", "prod"])
def test_the_development_issuer_has_no_way_in_where_customers_are(tmp_path: Path, environment: str) -> None:
    settings = load_settings(environment=environment, orders_data_dir=tmp_path, **PROTECTED)
    with pytest.raises(SettingsError, match="not available when ENVIRONMENT"):
        keys.dev_issuer(settings)
    # Settings that were made in another way than by being read, and checked.
    bent = settings.model_copy(update={"dev_issuer_enabled": True})
    with pytest.raises(SettingsError, match="not available when ENVIRONMENT"):
        keys.token_keys(bent)
    unsealed = settings.model_copy(update={"cursor_keys_secret": None})
    with pytest.raises(SettingsError, match="not available when ENVIRONMENT"):
        keys.cursor_keys(unsealed, MemorySecrets(FixedClock(NOON)), FixedClock(NOON))
    named = load_settings(environment=environment, **(PROTECTED | {"auth_issuer": ISSUER}))
    with pytest.raises(SettingsError, match="AUTH_ISSUER can't be the development issuer"):
        keys.token_keys(named)
    assert list(tmp_path.iterdir()) == []


async def test_api_keys_are_asked_for_where_the_settings_say_so(tmp_path: Path, secrets: MemorySecrets) -> None:
    assert keys.api_keys(local(tmp_path), secrets) is None
    given = keys.api_keys(local(tmp_path, api_key_required=True, api_key_hashes=f"web={hash_of('k')}"), secrets)
    assert isinstance(given, GivenApiKeys)
    assert (await given.client("k"), await given.client("x")) == ("web", None)
    prod = load_settings(environment="prod", **PROTECTED)
    assert isinstance(keys.api_keys(prod, secrets), SecretApiKeys)
    assert secret_services(prod) == ("secretsmanager",)
    assert secret_services(local(tmp_path)) == ()


async def test_cursors_are_sealed_with_a_secret_with_what_is_given_or_with_the_data_directory_s(
    tmp_path: Path, secrets: MemorySecrets
) -> None:
    clock = FixedClock(NOON)
    prod = load_settings(environment="prod", **PROTECTED)
    assert isinstance(keys.cursor_keys(prod, secrets, clock), SecretCursorKeys)
    given = keys.cursor_keys(local(tmp_path, cursor_keys=f"{'n' * 32},{'o' * 32}"), secrets, clock)
    assert isinstance(given, GivenCursorKeys)
    assert await given.keys() == (b"n" * 32, b"o" * 32)
    own = [await keys.cursor_keys(local(tmp_path), secrets, clock).keys() for _ in range(2)]
    assert own[0] == own[1]
    assert len(own[0][0]) == 32


def in_secrets(secrets: MemorySecrets) -> list[object]:
    prod = load_settings(environment="prod", **PROTECTED)
    return [keys.api_keys(prod, secrets), keys.cursor_keys(prod, secrets, FixedClock(NOON)), NoKeys()]


async def test_a_start_has_all_keys_before_the_first_request(secrets: MemorySecrets) -> None:
    secrets.put("api-keys", f'{{"web": "{hash_of("k")}"}}')
    secrets.put("cursors", "c" * 32)
    api_keys, cursor_keys, _ = remote = in_secrets(secrets)
    assert isinstance(api_keys, SecretApiKeys)
    assert isinstance(cursor_keys, SecretCursorKeys)
    async with keys.with_keys(*remote):
        secrets.reachable = False
        assert await api_keys.client("k") == "web"
        assert await cursor_keys.keys() == (b"c" * 32,)


async def test_a_start_with_secrets_that_are_none_fails_and_names_all_of_them(secrets: MemorySecrets) -> None:
    secrets.put("cursors", "short")
    with pytest.raises(SettingsError) as caught:
        async with keys.with_keys(*in_secrets(secrets)):
            pytest.fail("it went on")
    assert "secret api-keys: there is none of this name" in str(caught.value)
    assert "secret cursors: a key that signs cursors has at least 32 bytes" in str(caught.value)


async def test_a_start_goes_on_without_what_is_out_of_reach(secrets: MemorySecrets) -> None:
    secrets.reachable = False
    api_keys, *_ = remote = in_secrets(secrets)
    assert isinstance(api_keys, SecretApiKeys)
    async with keys.with_keys(*remote):
        with pytest.raises(TransientPortError):
            await api_keys.client("k")


class Slow:
    """Keys whose source does not answer."""

    def __init__(self) -> None:
        self.closed = False

    async def warm_up(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        self.closed = True


class Broken(Slow):
    """Keys with a bug."""

    async def warm_up(self) -> None:
        raise ZeroDivisionError


async def test_a_start_does_not_wait_for_ever() -> None:
    slow = Slow()
    async with keys.with_keys(slow, within_seconds=0.01):
        assert not slow.closed
    assert slow.closed


async def test_a_bug_ends_the_start_unlike_an_outage() -> None:
    broken = Broken()
    with pytest.raises(ZeroDivisionError):
        async with keys.with_keys(broken):
            pytest.fail("it went on")
    assert broken.closed
