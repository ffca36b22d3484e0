"""Validates security settings by environment: no development aids and no secrets in variables near customers."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from orders.domain.identity import KEY_PATTERN

if TYPE_CHECKING:
    from orders.bootstrap.config.settings import Settings

PROTECTED = frozenset({"sit", "prod"})
"""Environments that only tokens of the real issuer open."""
MIN_CURSOR_KEY_CHARACTERS = 32


def is_key(text: str) -> bool:
    """Returns whether the text can be a tenant's or client's name."""
    return re.fullmatch(KEY_PATTERN, text) is not None


def is_sha256(text: str) -> bool:
    """Returns whether the text is a SHA-256 in hex."""
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None


def security_faults(settings: "Settings") -> list[str]:
    """Returns all errors, one sentence each."""
    return [
        *_development_aids(settings),
        *_issuer(settings),
        *_keys(settings, "CURSOR_KEYS_SECRET", "CURSOR_KEYS", needed=settings.environment != "local"),
        *_keys(settings, "API_KEYS_SECRET", "API_KEY_HASHES", needed=settings.asks_for_api_keys),
        *_api_keys(settings),
        *_cursor_keys(settings),
        *_tokens_of_other_services(settings),
    ]


def _development_aids(settings: "Settings") -> Iterator[str]:
    if settings.environment in PROTECTED:
        for name, value in {"DEV_ISSUER_ENABLED": settings.dev_issuer_enabled, "LOG_PII": settings.log_pii}.items():
            if value:
                yield f"{name} is not allowed when ENVIRONMENT is {settings.environment}"
    if settings.environment != "local" and settings.local_pages:
        yield f"LOCAL_PAGES is not allowed when ENVIRONMENT is {settings.environment}"


def _issuer(settings: "Settings") -> Iterator[str]:
    address = settings.jwks_url
    if settings.environment != "local":
        for name, value in {"AUTH_ISSUER": settings.auth_issuer, "AUTH_AUDIENCES": settings.auth_audiences}.items():
            if not value:
                yield f"{name} is required when ENVIRONMENT is {settings.environment}"
    if address is not None and not re.match(r"https?://[^\s/]+", address):
        yield "AUTH_ISSUER must be an address such as https://issuer.example, or AUTH_JWKS_URL be given"
    elif address is not None and settings.environment != "local" and not address.startswith("https://"):
        name = "AUTH_ISSUER" if settings.auth_jwks_url is None else "AUTH_JWKS_URL"
        yield f"{name} must begin with https:// when ENVIRONMENT is {settings.environment}"


def _keys(settings: "Settings", secret: str, variable: str, *, needed: bool) -> Iterator[str]:
    """Checks that keys come from Secrets Manager, or from variables only where there is no customer data."""
    kept, given = getattr(settings, secret.lower()), getattr(settings, variable.lower())
    protected = settings.environment in PROTECTED
    if protected and given:
        yield f"{variable} is not allowed when ENVIRONMENT is {settings.environment}; keep them in {secret}"
    elif kept and given:
        yield f"{secret} and {variable} can't both be given"
    elif needed and not kept and not given:
        why = "API_KEY_REQUIRED is true" if settings.api_key_required and variable == "API_KEY_HASHES" else None
        either = secret if protected else f"{secret} or {variable}"
        yield f"{either} is required when {why or f'ENVIRONMENT is {settings.environment}'}"


def _api_keys(settings: "Settings") -> Iterator[str]:
    if settings.environment == "prod" and settings.api_key_required is False:
        yield "API_KEY_REQUIRED can't be false when ENVIRONMENT is prod"


def _cursor_keys(settings: "Settings") -> Iterator[str]:
    if any(len(key.get_secret_value()) < MIN_CURSOR_KEY_CHARACTERS for key in settings.cursor_keys):
        yield f"CURSOR_KEYS: each key needs at least {MIN_CURSOR_KEY_CHARACTERS} characters"


def _tokens_of_other_services(settings: "Settings") -> Iterator[str]:
    for service in ("product_api", "campaigns_api"):
        url, token = getattr(settings, f"{service}_url"), getattr(settings, f"{service}_token")
        if settings.environment != "local" and token is not None and not (url or "https:").startswith("https:"):
            yield f"{service.upper()}_TOKEN is sent over https only; {service.upper()}_URL is not https"
