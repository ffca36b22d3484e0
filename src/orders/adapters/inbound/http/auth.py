"""Bearer tokens: from an Authorization header to a Caller.

RFC 6750 and RFC 8725: only asymmetric algorithms, chosen here and never by the token; signature, issuer, audience
or client, times with a minute's skew, and the use that the token was issued for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import jwt

from orders.application.caller import Caller
from orders.domain.errors import InvalidIdentifier
from orders.domain.identity import check_key
from orders.domain.lifecycle import Role

ALGORITHMS = ("RS256", "ES256")
CLOCK_SKEW_SECONDS = 60
_MAX_TOKEN_CHARACTERS = 8192


class Unauthenticated(Exception):
    """The request does not say who it is from, or not believably."""

    def __init__(self, message: str, *, token_given: bool = True) -> None:
        self.token_given = token_given
        super().__init__(message)


class KeySource(Protocol):
    """Knows the issuer's public keys."""

    async def key(self, key_id: str) -> Any:
        """The key of that ``kid``, as PyJWT takes it, or ``None`` when the issuer has no such key."""
        ...


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What a token must say.

    Attributes:
        audiences: accepted in ``aud`` or, as in Cognito's access tokens, in ``client_id``.
        token_uses: accepted in ``token_use``.
        tenant_claim, customer_claim, groups_claim: where the pre-token-generation trigger puts them.
    """

    issuer: str
    audiences: frozenset[str]
    token_uses: frozenset[str] = frozenset({"access"})
    tenant_claim: str = "custom:tenant_id"
    customer_claim: str = "custom:customer_id"
    groups_claim: str = "cognito:groups"


class Authenticator:
    """Turns the Authorization header into a Caller."""

    def __init__(self, keys: KeySource, rules: TokenRules) -> None:
        self._keys = keys
        self._rules = rules

    async def caller(self, authorization: str | None, traceparent: str | None = None) -> Caller:
        """Who is calling. Raises: Unauthenticated, with one sentence that says what is wrong with the token."""
        if not authorization:
            raise Unauthenticated("send a bearer token: Authorization: Bearer <token>", token_given=False)
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or len(token) > _MAX_TOKEN_CHARACTERS:
            raise Unauthenticated("the Authorization header is not of the form: Bearer <token>", token_given=False)
        return self._to_caller(await self._verified(token), traceparent)

    async def _verified(self, token: str) -> Mapping[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise Unauthenticated("the token is not a JSON Web Token") from None
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS:
            raise Unauthenticated("the token is not signed with RS256 or ES256")
        key = await self._keys.key(key_id) if isinstance(key_id, str) else None
        if key is None:
            raise Unauthenticated("the token is signed with a key that its issuer does not have")
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                issuer=self._rules.issuer,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": ["exp", "iat", "iss", "sub"], "verify_aud": False},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("the token has expired; get a new one") from None
        except jwt.ImmatureSignatureError:
            raise Unauthenticated("the token is not valid yet") from None
        except jwt.InvalidIssuerError:
            raise Unauthenticated("the token is from another issuer") from None
        except jwt.MissingRequiredClaimError as error:
            raise Unauthenticated(f"the token lacks the claim {error.claim}") from None
        except (jwt.PyJWTError, TypeError):
            # TypeError: the key of this id is of another kind than the token's algorithm takes.
            raise Unauthenticated("the token's signature does not fit") from None
        self._check_purpose(claims)
        return claims

    def _check_purpose(self, claims: Mapping[str, Any]) -> None:
        audience = claims.get("aud", claims.get("client_id"))
        named = {audience} if isinstance(audience, str) else set(audience) if isinstance(audience, list) else set()
        if not named & self._rules.audiences:
            raise Unauthenticated("the token is for another audience")
        if claims.get("token_use") not in self._rules.token_uses:
            raise Unauthenticated(f"the token's token_use is not {' or '.join(sorted(self._rules.token_uses))}")

    def _to_caller(self, claims: Mapping[str, Any], traceparent: str | None) -> Caller:
        rules = self._rules
        groups = claims.get(rules.groups_claim)
        if not isinstance(groups, list):
            raise Unauthenticated(f"the token lacks the claim {rules.groups_claim}")
        known = {str(role) for role in Role}
        roles = frozenset(Role(group) for group in groups if isinstance(group, str) and group in known)
        customer = claims.get(rules.customer_claim)
        email = claims.get("email")
        try:
            tenant_id = check_key(str(claims.get(rules.tenant_claim) or ""), rules.tenant_claim)
            customer_id = None if customer is None else check_key(str(customer), rules.customer_claim)
        except InvalidIdentifier:
            raise Unauthenticated(
                f"the token lacks a valid {rules.tenant_claim} or {rules.customer_claim} claim"
            ) from None
        if Role.CUSTOMER in roles and customer_id is None:
            raise Unauthenticated(f"the token is a customer's and lacks the claim {rules.customer_claim}")
        return Caller(
            tenant_id=tenant_id,
            principal=str(claims["sub"])[:256],
            roles=roles,
            customer_id=customer_id,
            email=email if isinstance(email, str) else None,
            traceparent=traceparent,
        )
