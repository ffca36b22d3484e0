"""Selects the keys that verify tokens, API keys and cursors, and their sources."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Protocol, runtime_checkable

from orders.adapters.inbound.http.security.api_keys import ApiKeyRing, ApiKeys, GivenApiKeys, SecretApiKeys
from orders.adapters.inbound.http.security.auth import KeySource, NoKeys
from orders.adapters.inbound.http.security.claims import TokenRules
from orders.adapters.inbound.http.security.cursor import CursorKeys
from orders.adapters.inbound.http.security.cursor_keys import GivenCursorKeys, SecretCursorKeys
from orders.adapters.outbound.jwks.key_source import JwksKeySource
from orders.adapters.outbound.local.dev_issuer import AUDIENCE, ISSUER, DevIssuer
from orders.adapters.refreshing_cache import Freshness
from orders.bootstrap.config.security_settings import PROTECTED
from orders.bootstrap.config.settings import Settings, SettingsError
from orders.ports.clock import Clock
from orders.ports.errors import PermanentPortError, TransientPortError
from orders.ports.secrets import Secrets

WARM_UP_SECONDS = 1.5
"""Maximum wait for keys at start; after it the process starts without them and fetches them on first use."""
SECRET_PAUSE_SECONDS = 60.0
"""Minimum interval between reads of a secret, however many wrong API keys are presented."""
SECRET_FIRST_PAUSE_SECONDS = 5.0
SECRET_PATIENCE_SECONDS = 3.0


@runtime_checkable
class Remote(Protocol):
    """Keys from a remote source."""

    async def warm_up(self) -> None:
        """Fetches the keys in advance. Raises: PortError."""
        ...

    async def close(self) -> None:
        """Cancels a request in progress."""
        ...


def dev_issuer(settings: Settings) -> DevIssuer:
    """Returns the development issuer of the settings' data directory. Raises: SettingsError: it can't be used
    there.
    """
    if settings.environment in PROTECTED:
        # Settings refuse it there; this guards other callers.
        raise SettingsError(f"the development issuer is not available when ENVIRONMENT is {settings.environment}")
    try:
        return DevIssuer(settings.orders_data_dir)
    except (OSError, ValueError, TypeError) as error:
        raise SettingsError(
            f"the development issuer's key can't be used: {error}. It is stored in ORDERS_DATA_DIR, which must be "
            "writable; an API with CURSOR_KEYS and another issuer needs none"
        ) from error


def has_dev_issuer(settings: Settings) -> bool:
    """Returns whether the data directory has the development issuer's key, which the first service on it makes."""
    return DevIssuer.has_key(settings.orders_data_dir)


def dev_issuer_in_use(settings: Settings) -> DevIssuer:
    """Returns the development issuer of a service that runs or has run on the data directory.

    A key made here would be nobody's: no service would take its tokens.

    Raises: SettingsError: none has run there, or as ``dev_issuer``.
    """
    if settings.environment not in PROTECTED and not has_dev_issuer(settings):
        raise SettingsError(
            f"no service has run on {settings.orders_data_dir}, so none would take a token from there: start one with "
            "`make run`, or name the data directory of a running one with --data-dir or ORDERS_DATA_DIR"
        )
    return dev_issuer(settings)


def token_keys(settings: Settings) -> KeySource:
    """Returns the keys that may sign tokens. Raises: SettingsError."""
    if settings.dev_issuer_enabled:
        return dev_issuer(settings)
    if settings.jwks_url is None:
        return NoKeys()
    if settings.auth_issuer == ISSUER and settings.environment in PROTECTED:
        raise SettingsError(f"AUTH_ISSUER can't be the development issuer when ENVIRONMENT is {settings.environment}")
    return JwksKeySource(settings.jwks_url, fresh_for=settings.auth_keys_fresh)


def token_rules(settings: Settings) -> TokenRules:
    """Returns the required claims of tokens."""
    dev = settings.dev_issuer_enabled
    return TokenRules(
        issuer=ISSUER if dev else settings.auth_issuer,
        audiences=frozenset({AUDIENCE}) if dev else settings.auth_audiences,
        token_uses=settings.auth_token_uses,
        tenant_claim=settings.auth_tenant_claim,
        customer_claim=settings.auth_customer_claim,
        groups_claim=settings.auth_groups_claim,
        service_clients=settings.service_clients,
    )


def api_keys(settings: Settings, secrets: Secrets) -> ApiKeys | None:
    """Returns the API keys that callers must send; ``None`` if they need none."""
    if not settings.asks_for_api_keys:
        return None
    if settings.api_keys_secret is not None:
        return SecretApiKeys(secrets, settings.api_keys_secret, _freshness(settings))
    return GivenApiKeys(ApiKeyRing({client: [each] for client, each in settings.api_key_hashes.items()}))


def cursor_keys(settings: Settings, secrets: Secrets, clock: Clock) -> CursorKeys:
    """Returns the keys that seal cursors; locally one derived from the data directory. Raises: SettingsError."""
    if settings.cursor_keys_secret is not None:
        return SecretCursorKeys(
            secrets,
            settings.cursor_keys_secret,
            _freshness(settings),
            clock=clock,
            settled_after=cursor_keys_sign_after(settings),
        )
    if settings.cursor_keys:
        return GivenCursorKeys([key.get_secret_value().encode() for key in settings.cursor_keys])
    return GivenCursorKeys([dev_issuer(settings).derived_secret("cursors")])


def cursor_keys_sign_after(settings: Settings) -> timedelta:
    """Returns the age from which a new cursor key signs, because every task has read it."""
    freshness = _freshness(settings)
    # A task uses its cached value until that is stale, and refreshes it after a pause at the latest.
    return timedelta(seconds=(freshness.stale_seconds or 0) + freshness.pause_seconds)


@asynccontextmanager
async def with_keys(*keys: object, within_seconds: float = WARM_UP_SECONDS) -> AsyncIterator[None]:
    """Fetches remote keys before the first request, if that is possible within the time limit.

    An unreachable issuer or secrets store does not stop the service from starting: requests that need the keys are
    refused for a while, the rest works. On leaving, requests in progress are cancelled.

    Raises: SettingsError: a secret is missing, access is denied, or it holds no keys.
    """
    remote = [each for each in keys if isinstance(each, Remote)]
    try:
        await _warm_up(remote, within_seconds)
        yield
    finally:
        for each in remote:
            await each.close()


async def _warm_up(remote: Sequence[Remote], within_seconds: float) -> None:
    waiting = [asyncio.create_task(each.warm_up()) for each in remote]
    if not waiting:
        return
    done, late = await asyncio.wait(waiting, timeout=within_seconds)
    for each in late:
        each.cancel()
    faults = [fault for fault in (each.exception() for each in done) if fault is not None]
    wrong = [str(fault) for fault in faults if isinstance(fault, PermanentPortError)]
    if wrong:
        raise SettingsError("these keys can't be used:\n  " + "\n  ".join(sorted(wrong)))
    for fault in faults:
        if not isinstance(fault, TransientPortError):
            raise fault


def _freshness(settings: Settings) -> Freshness:
    fresh = settings.secrets_fresh_seconds
    return Freshness(
        fresh_seconds=fresh,
        stale_seconds=2 * fresh,
        pause_seconds=min(SECRET_PAUSE_SECONDS, fresh),
        first_pause_seconds=SECRET_FIRST_PAUSE_SECONDS,
        patience_seconds=SECRET_PATIENCE_SECONDS,
    )
