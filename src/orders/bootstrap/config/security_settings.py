"""Settings of tokens and keys, and what must hold of them by environment."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from orders.bootstrap.config.roles import API_ONLY, EVERY_ROLE, ReadBy, Role
from orders.domain.identity import KEY_PATTERN

Environment = Literal["local", "dev", "sit", "prod"]
PROTECTED = frozenset({"sit", "prod"})
"""Environments that only tokens of the real issuer open."""
MIN_CURSOR_KEY_CHARACTERS = 32
URL = r"^https?://[^\s/]+"
_PAIRS = {"service_clients": "CLIENT_ID=TENANT", "api_key_hashes": "CLIENT=HASH"}


def is_key(text: str) -> bool:
    """Returns whether the text can be a tenant's or client's name."""
    return re.fullmatch(KEY_PATTERN, text) is not None


def is_sha256(text: str) -> bool:
    """Returns whether the text is a SHA-256 in hex."""
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None


def comma_separated(value: Any) -> Any:
    """Splits a variable's text at commas; leaves anything else as it is."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def pairs(value: Any, form: str) -> Any:
    """Splits a variable's text into a mapping; leaves anything else as it is. Raises: ValueError, naming the form."""
    if not isinstance(value, str):
        return value
    found = [part.strip().partition("=") for part in value.split(",") if part.strip()]
    if not all(name.strip() and meant.strip() for name, _, meant in found):
        raise ValueError(f"each must be {form}")
    return {name.strip(): meant.strip() for name, _, meant in found}


class SecuritySettings(BaseSettings):
    """Settings of authentication, keys and secrets: those that differ most between environments."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    environment: Annotated[Environment, EVERY_ROLE] = Field(
        "local", description="which environment this is; part of every resource's name"
    )

    auth_issuer: Annotated[str, API_ONLY] = Field(
        "", description="issuer (iss) of accepted tokens; required outside local"
    )
    auth_jwks_url: Annotated[str | None, API_ONLY] = Field(
        None,
        pattern=URL,
        description="address of the issuer's keys; none means AUTH_ISSUER/.well-known/jwks.json; https outside local",
    )
    auth_keys_fresh_seconds: Annotated[float, API_ONLY] = Field(
        6 * 3600, ge=60, description="age at which the issuer's keys are fetched again, in the background"
    )
    auth_audiences: Annotated[frozenset[str], NoDecode, API_ONLY] = Field(
        frozenset(), description="accepted aud or client_id of tokens, comma-separated; required outside local"
    )
    auth_token_uses: Annotated[frozenset[str], NoDecode, API_ONLY] = Field(
        frozenset({"access"}), description="accepted token_use of tokens, comma-separated"
    )
    auth_tenant_claim: Annotated[str, API_ONLY] = Field("custom:tenant_id", description="claim that holds the tenant")
    auth_customer_claim: Annotated[str, API_ONLY] = Field(
        "custom:customer_id", description="claim that holds the customer"
    )
    auth_groups_claim: Annotated[str, API_ONLY] = Field("cognito:groups", description="claim that holds the roles")
    service_clients: Annotated[dict[str, str], NoDecode, ReadBy(Role.API, Role.OPERATOR)] = Field(
        default_factory=dict,
        description="tenants of clients that call with tokens of their own (client credentials): CLIENT_ID=TENANT, "
        "comma-separated; their tokens need no tenant, and without groups have the role service",
    )
    dev_issuer_enabled: Annotated[bool, API_ONLY] = Field(
        False,
        description="accept tokens of the development issuer, and of no other; start-up fails with it in sit and prod",
    )

    api_key_required: Annotated[bool | None, API_ONLY] = Field(
        None,
        description="ask every caller for X-Api-Key besides the token; none means in prod, where it can't be false",
    )
    api_keys_secret: Annotated[str | None, API_ONLY] = Field(
        None, description="secret in Secrets Manager with the hashes of API keys, as JSON: CLIENT to hash or hashes"
    )
    api_key_hashes: Annotated[dict[str, str], NoDecode, API_ONLY] = Field(
        default_factory=dict,
        description="the same for local and dev: CLIENT=HASH, comma-separated; `orders api-key CLIENT` makes one",
    )
    cursor_keys_secret: Annotated[str | None, ReadBy(Role.API, Role.OPERATOR)] = Field(
        None, description="secret in Secrets Manager whose current and previous value sign cursors, >= 32 characters"
    )
    cursor_keys: Annotated[tuple[SecretStr, ...], NoDecode, API_ONLY] = Field(
        (), description="the same for local and dev: comma-separated, newest first; locally not needed"
    )
    secrets_fresh_seconds: Annotated[float, ReadBy(Role.API, Role.OPERATOR)] = Field(
        300, ge=1, description="age at which secrets are read again; none is used at more than twice that age"
    )

    @field_validator("auth_audiences", "auth_token_uses", "cursor_keys", mode="before")
    @classmethod
    def _comma_separated(cls, value: Any) -> Any:
        return comma_separated(value)

    @field_validator("service_clients", "api_key_hashes", mode="before")
    @classmethod
    def _pairs(cls, value: Any, info: ValidationInfo) -> Any:
        return pairs(value, _PAIRS[info.field_name or ""])

    @field_validator("service_clients")
    @classmethod
    def _tenants(cls, value: dict[str, str]) -> dict[str, str]:
        wrong = [client for client, tenant in value.items() if not is_key(tenant)]
        if wrong:
            raise ValueError(f"the tenant of {', '.join(wrong)} must be 1 to 64 letters, digits, '_', '.' or '-'")
        return value

    @field_validator("api_key_hashes")
    @classmethod
    def _hashes(cls, value: dict[str, str]) -> dict[str, str]:
        wrong = [client for client, each in value.items() if not (is_key(client) and is_sha256(each))]
        if wrong:
            raise ValueError(f"the hash of {', '.join(wrong)} is wrong; use CLIENT=HASH as `orders api-key` prints it")
        return value

    @property
    def asks_for_api_keys(self) -> bool:
        """True if every caller must send an API key."""
        return self.environment == "prod" if self.api_key_required is None else self.api_key_required

    @property
    def jwks_url(self) -> str | None:
        """Address of the issuer's keys; ``None`` when there is no issuer."""
        if self.auth_jwks_url is None and not self.auth_issuer:
            return None
        return self.auth_jwks_url or self.auth_issuer.rstrip("/") + "/.well-known/jwks.json"

    @property
    def auth_keys_fresh(self) -> timedelta:
        """Age at which the issuer's keys are fetched again."""
        return timedelta(seconds=self.auth_keys_fresh_seconds)

    def security_faults(self) -> list[str]:
        """Returns all errors, one sentence each."""
        return [
            *self._issuer_faults(),
            *self._key_faults("CURSOR_KEYS_SECRET", "CURSOR_KEYS", needed=self.environment != "local"),
            *self._key_faults("API_KEYS_SECRET", "API_KEY_HASHES", needed=self.asks_for_api_keys),
            *self._api_key_faults(),
            *self._cursor_key_faults(),
        ]

    def _issuer_faults(self) -> Iterator[str]:
        address = self.jwks_url
        if self.environment != "local":
            for name, value in {"AUTH_ISSUER": self.auth_issuer, "AUTH_AUDIENCES": self.auth_audiences}.items():
                if not value:
                    yield f"{name} is required when ENVIRONMENT is {self.environment}"
        if address is not None and not re.match(r"https?://[^\s/]+", address):
            yield "AUTH_ISSUER must be an address such as https://issuer.example, or AUTH_JWKS_URL be given"
        elif address is not None and self.environment != "local" and not address.startswith("https://"):
            name = "AUTH_ISSUER" if self.auth_jwks_url is None else "AUTH_JWKS_URL"
            yield f"{name} must begin with https:// when ENVIRONMENT is {self.environment}"

    def _key_faults(self, secret: str, variable: str, *, needed: bool) -> Iterator[str]:
        """Checks that keys come from Secrets Manager, or from variables only where there is no customer data."""
        kept, given = getattr(self, secret.lower()), getattr(self, variable.lower())
        protected = self.environment in PROTECTED
        if protected and given:
            yield f"{variable} is not allowed when ENVIRONMENT is {self.environment}; keep them in {secret}"
        elif kept and given:
            yield f"{secret} and {variable} can't both be given"
        elif needed and not kept and not given:
            why = "API_KEY_REQUIRED is true" if self.api_key_required and variable == "API_KEY_HASHES" else None
            either = secret if protected else f"{secret} or {variable}"
            yield f"{either} is required when {why or f'ENVIRONMENT is {self.environment}'}"

    def _api_key_faults(self) -> Iterator[str]:
        if self.environment == "prod" and self.api_key_required is False:
            yield "API_KEY_REQUIRED can't be false when ENVIRONMENT is prod"

    def _cursor_key_faults(self) -> Iterator[str]:
        if any(len(key.get_secret_value()) < MIN_CURSOR_KEY_CHARACTERS for key in self.cursor_keys):
            yield f"CURSOR_KEYS: each key needs at least {MIN_CURSOR_KEY_CHARACTERS} characters"
