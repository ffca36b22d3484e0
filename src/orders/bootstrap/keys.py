"""Which keys tokens and cursors are checked with."""

from typing import Any

from orders.adapters.inbound.http.auth import KeySource, TokenRules
from orders.adapters.inbound.http.cursor import CursorCodec
from orders.adapters.outbound.local.dev_issuer import AUDIENCE, ISSUER, DevIssuer
from orders.bootstrap.settings import Settings, SettingsError


class NoKeys:
    """A key source that knows no key: every token is refused."""

    async def key(self, key_id: str) -> Any:  # noqa: ARG002 - the protocol's
        """None."""
        return None


def dev_issuer(settings: Settings) -> DevIssuer:
    """The development issuer of the settings' data directory. Raises: SettingsError when it can't be used there."""
    try:
        return DevIssuer(settings.orders_data_dir)
    except (OSError, ValueError, TypeError) as error:
        raise SettingsError(f"the development issuer's key can't be used: {error}") from error


def token_keys(settings: Settings) -> KeySource:
    """The keys that tokens may be signed with."""
    return dev_issuer(settings) if settings.dev_issuer_enabled else NoKeys()


def token_rules(settings: Settings) -> TokenRules:
    """What tokens must say."""
    dev = settings.dev_issuer_enabled
    return TokenRules(
        issuer=ISSUER if dev else settings.auth_issuer,
        audiences=frozenset({AUDIENCE}) if dev else settings.auth_audiences,
        token_uses=settings.auth_token_uses,
        tenant_claim=settings.auth_tenant_claim,
        customer_claim=settings.auth_customer_claim,
        groups_claim=settings.auth_groups_claim,
    )


def cursor_codec(settings: Settings) -> CursorCodec:
    """Seals cursors with the configured keys; locally with one that the data directory brings along."""
    if settings.cursor_keys:
        return CursorCodec([key.get_secret_value().encode() for key in settings.cursor_keys])
    return CursorCodec([dev_issuer(settings).derived_secret("cursors")])
