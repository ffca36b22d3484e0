"""Authenticates callers by the bearer token in the Authorization header.

By RFC 6750 and RFC 8725: only asymmetric algorithms, chosen here and never by the token; keys from the issuer and never
from the token; then the token's claims are checked (``claims.py``). An accepted token is remembered
(``verified_tokens.py``): from then on its times and its key are checked, at every request.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from orders.adapters.inbound.http.security.claims import (
    Refused,
    TokenRules,
    check_claims,
    check_times,
    to_caller,
)
from orders.adapters.inbound.http.security.verified_tokens import (
    VerifiedToken,
    VerifiedTokens,
    digest_of,
    kept_times,
)
from orders.application.policy.caller import Caller

ALGORITHMS = ("RS256", "ES256")
MAX_TOKEN_CHARACTERS = 8192
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
"""The compact form of RFC 7515, section 7.1; an unsigned token passes, so that its fault can be named later."""
_NOT_TAKEN = frozenset({"jwk", "jku", "x5u", "x5c", "crit"})
"""Header parameters by which a token brings its own key, or needs unsupported extensions (RFC 7515, 4.1)."""


class Unauthenticated(Exception):
    """The request's caller is not known: a credential is missing or invalid.

    Attributes:
        token_given: whether a bearer token came, and is invalid.
    """

    def __init__(self, message: str, *, token_given: bool = True) -> None:
        self.token_given = token_given
        super().__init__(message)


class KeySource(Protocol):
    """Finds the issuer's public keys."""

    async def key(self, key_id: str) -> RSAPublicKey | EllipticCurvePublicKey | None:
        """Finds the key of that ``kid``; ``None`` if the issuer has no such key.

        Raises: TransientPortError: none of its keys is known, and the issuer can't be reached.
        """
        ...


class NoKeys:
    """A ``KeySource`` without keys: every token is refused."""

    async def key(self, key_id: str) -> None:
        """See ``KeySource.key``."""


def single(values: Sequence[str], header: str) -> str | None:
    """Returns the value of a header that may come once; ``None`` if it did not come.

    Raises: Unauthenticated: it came more than once, and nobody knows which is meant.
    """
    if len(values) > 1:
        raise Unauthenticated(f"the {header} header came {len(values)} times; send it once", token_given=False)
    return values[0] if values else None


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Authenticator:
    """Authenticates callers by the Authorization header."""

    def __init__(
        self,
        keys: KeySource,
        rules: TokenRules,
        now: Callable[[], datetime] = _utc_now,
        *,
        verified: VerifiedTokens | None = None,
    ) -> None:
        self._keys = keys
        self._rules = rules
        self._now = now
        self._verified_before = VerifiedTokens() if verified is None else verified

    async def caller(self, authorization: str | None, traceparent: str | None = None) -> Caller:
        """Verifies the token and returns its caller.

        Raises:
            Unauthenticated: with one sentence about the token's fault, without any of its values.
            TransientPortError: no key of the issuer is known, and the issuer can't be reached.
        """
        if not authorization:
            raise Unauthenticated(
                "the Authorization header is missing; send a bearer token: Authorization: Bearer <token>",
                token_given=False,
            )
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or " " in token:
            raise Unauthenticated("the Authorization header is not of the form: Bearer <token>", token_given=False)
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise Unauthenticated(f"the token has more than {MAX_TOKEN_CHARACTERS} characters")
        digest = digest_of(token)
        caller = await self._known(digest) or await self._verified(token, digest)
        return caller if traceparent is None else caller.within(traceparent)

    async def _known(self, digest: bytes) -> Caller | None:
        """Returns the caller of a token that was verified before, if it is valid now and its key still the issuer's.

        Otherwise it is forgotten, and the token is looked at as if it came for the first time. Raises:
        TransientPortError.
        """
        known = self._verified_before.get(digest)
        if known is None:
            return None
        key = await self._keys.key(known.key_id)
        if key is not known.key and key != known.key:
            self._verified_before.forget_all()
            return None
        try:
            check_times(known.times, self._now().timestamp())
        except Refused:
            self._verified_before.forget(digest)
            return None
        return known.caller

    async def _verified(self, token: str, digest: bytes) -> Caller:
        """Verifies the token, remembers it, and returns its caller. Raises: Unauthenticated, TransientPortError."""
        algorithm, key_id = _header(token)
        key = await self._keys.key(key_id)
        if key is None:
            raise Unauthenticated("the token is signed with a key that its issuer does not have")
        claims, now = _claims(token, algorithm, key), self._now()
        try:
            check_claims(claims, self._rules, now)
            caller = to_caller(claims, self._rules, None)
        except Refused as error:
            raise Unauthenticated(str(error)) from None
        self._verified_before.add(digest, VerifiedToken(key_id, key, kept_times(claims), caller), now.timestamp())
        return caller


def _claims(token: str, algorithm: str, key: RSAPublicKey | EllipticCurvePublicKey) -> Mapping[str, Any]:
    """Verifies the token's signature and returns its claims. Raises: Unauthenticated."""
    if not _fits(algorithm, key):
        raise Unauthenticated("the token's algorithm is not that of its key")
    try:
        # Everything but the signature is checked in claims.py, with this service's clock and messages.
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            options={
                "verify_signature": True,
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": False,
                "verify_iss": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except jwt.InvalidSignatureError:
        raise Unauthenticated("the token's signature does not fit") from None
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise Unauthenticated("the token is not a JSON Web Token") from None
    return claims


def _header(token: str) -> tuple[str, str]:
    """Parses a token's header; returns algorithm and key id. Raises: Unauthenticated."""
    first = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (ValueError, RecursionError):
        header = None
    if not _COMPACT.fullmatch(token) or not isinstance(header, dict):
        raise Unauthenticated("the token is not a JSON Web Token")
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise Unauthenticated("the token is not signed with RS256 or ES256")
    for name in sorted(_NOT_TAKEN & header.keys()):
        raise Unauthenticated(f"the token has the header parameter {name}, which is not taken")
    if not isinstance(key_id, str) or not key_id:
        raise Unauthenticated("the token does not name the key that it is signed with (kid)")
    return algorithm, key_id


def _fits(algorithm: str, key: RSAPublicKey | EllipticCurvePublicKey) -> bool:
    if algorithm == "RS256":
        return isinstance(key, RSAPublicKey)
    return isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)
