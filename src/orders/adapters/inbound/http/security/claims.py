"""Checks a token's claims, once its signature is verified, and converts them to a caller."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orders.adapters.wire.mail_address import MAX_ADDRESS_CHARACTERS, UndeliverableAddress, deliverable
from orders.application.policy.caller import Caller
from orders.domain.cards import holds_card_number
from orders.domain.errors import InvalidIdentifier
from orders.domain.identity import check_key
from orders.domain.lifecycle import Role

CLOCK_SKEW_SECONDS = 60
_MAX_PRINCIPAL_CHARACTERS = 256
_END_OF_TIME = 253402300800
"""The year 10000, in seconds since 1970."""
_ROLES = {str(role): role for role in Role}
TIMES = ("exp", "iat", "nbf")
"""The claims that decide whether a token is valid now; all others say the same at any time."""


class Refused(Exception):
    """A token is not accepted; the message names the claim that is missing or wrong, and never its value."""


@dataclass(frozen=True, slots=True)
class TokenRules:
    """The rules for a token's claims.

    Attributes:
        issuer: required in ``iss``.
        audiences: accepted in ``aud`` or, without that claim, as in Cognito's access tokens, in ``client_id``.
        token_uses: accepted in ``token_use``.
        tenant_claim, customer_claim, groups_claim: the claims that the pre-token-generation trigger sets.
        service_clients: the tenant of each client that calls with tokens of its own (OAuth's client credentials).
            If such a token has no tenant it is this one; if it has no groups its role is ``service``.
    """

    issuer: str
    audiences: frozenset[str]
    token_uses: frozenset[str] = frozenset({"access"})
    tenant_claim: str = "custom:tenant_id"
    customer_claim: str = "custom:customer_id"
    groups_claim: str = "cognito:groups"
    service_clients: Mapping[str, str] = field(default_factory=dict)

    def service_tenant(self, claims: Mapping[str, Any]) -> str | None:
        """Returns the tenant of the service client that a token belongs to; ``None`` if it is no such client's.

        In a token that Cognito issues for client credentials the subject is the client. In one that a person got
        through the same client it is the person, who gets neither the client's tenant nor its role.
        """
        client = claims.get("client_id")
        return self.service_clients.get(client) if isinstance(client, str) and client == claims.get("sub") else None


def check_claims(claims: Mapping[str, Any], rules: TokenRules, now: datetime) -> None:
    """Checks that the token is meant for this service and valid now. Raises: Refused."""
    if _text(claims, "iss") != rules.issuer:
        raise Refused("the token is from another issuer")
    check_times(claims, now.timestamp())
    _text(claims, "sub")
    _check_audience(claims, rules)
    if _text(claims, "token_use") not in rules.token_uses:
        raise Refused(f"the token's token_use is not {' or '.join(sorted(rules.token_uses))}")


def to_caller(claims: Mapping[str, Any], rules: TokenRules, traceparent: str | None) -> Caller:
    """Converts claims to a caller. Groups that are no roles of this service are ignored. Raises: Refused."""
    tenant_id = _tenant(claims, rules)
    roles = _roles(claims, rules)
    customer_id = _identifier(claims, rules.customer_claim)
    if Role.CUSTOMER in roles and customer_id is None:
        raise Refused(f"the token is a customer's and lacks the claim {rules.customer_claim}")
    email, fault = _address(claims.get("email"))
    return Caller(
        tenant_id=tenant_id,
        principal=_text(claims, "sub"),
        roles=roles,
        customer_id=customer_id,
        email=email,
        email_fault=fault,
        traceparent=traceparent,
    )


def _address(claim: Any) -> tuple[str | None, str | None]:
    """Checks the address in a claim by the rules for bodies; returns it, or its fault, or neither without one."""
    if not isinstance(claim, str) or not claim:
        return None, None
    if holds_card_number(claim[:MAX_ADDRESS_CHARACTERS]):
        return None, "the address in the token can't be used: it holds a card number"
    try:
        return deliverable(claim), None
    except UndeliverableAddress as error:
        return None, f"the address in the token can't be used: it must be {error}"


def expiry_of(claims: Mapping[str, Any]) -> float:
    """Returns when a token with valid times is over, in seconds since 1970."""
    return float(claims["exp"]) + CLOCK_SKEW_SECONDS


def check_times(claims: Mapping[str, Any], now: float) -> None:
    """Checks the times by RFC 7519, sections 4.1.4 to 4.1.6; clocks may differ by a minute. Raises: Refused."""
    expires, issued = _instant(claims, "exp"), _instant(claims, "iat")
    if expires is None or issued is None:
        raise Refused(f"the token lacks the claim {'exp' if expires is None else 'iat'}")
    if now >= expires + CLOCK_SKEW_SECONDS:
        raise Refused("the token has expired; get a new one")
    not_before = _instant(claims, "nbf")
    if not_before is not None and now < not_before - CLOCK_SKEW_SECONDS:
        raise Refused("the token is not valid yet (nbf)")
    if now < issued - CLOCK_SKEW_SECONDS:
        raise Refused("the token is from the future (iat)")
    if issued >= expires:
        raise Refused("the token expires before it was issued")


def _check_audience(claims: Mapping[str, Any], rules: TokenRules) -> None:
    audience = claims.get("aud")
    if audience is None:
        if _text(claims, "client_id") in rules.audiences or rules.service_tenant(claims) is not None:
            return
    else:
        # A token with an audience is valid for that alone (RFC 7519, section 4.1.3), whichever client it belongs to.
        named = audience if isinstance(audience, list) else [audience]
        if any(isinstance(each, str) and each in rules.audiences for each in named):
            return
    raise Refused("the token is for another audience")


def _tenant(claims: Mapping[str, Any], rules: TokenRules) -> str:
    claimed, mapped = _identifier(claims, rules.tenant_claim), rules.service_tenant(claims)
    if mapped is not None and claimed not in {None, mapped}:
        raise Refused(f"the token's {rules.tenant_claim} is not the tenant that this client speaks for")
    tenant_id = claimed or mapped
    if tenant_id is None:
        raise Refused(f"the token lacks the claim {rules.tenant_claim}")
    return tenant_id


def _roles(claims: Mapping[str, Any], rules: TokenRules) -> frozenset[Role]:
    groups = claims.get(rules.groups_claim)
    if groups is None and rules.service_tenant(claims) is not None:
        return frozenset({Role.SERVICE})
    if groups is None:
        raise Refused(f"the token lacks the claim {rules.groups_claim}")
    if not isinstance(groups, list):
        raise Refused(f"the token's {rules.groups_claim} is not a list")
    return frozenset(_ROLES[group] for group in groups if isinstance(group, str) and group in _ROLES)


def _identifier(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is None:
        return None
    try:
        return check_key(value if isinstance(value, str) else "", name)
    except InvalidIdentifier:
        raise Refused(f"the token's {name} is not 1 to 64 letters, digits, dots, dashes and underscores") from None


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if value is None:
        raise Refused(f"the token lacks the claim {name}")
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_PRINCIPAL_CHARACTERS:
        raise Refused(f"the token's {name} is not a text of 1 to {_MAX_PRINCIPAL_CHARACTERS} characters")
    return value


def _instant(claims: Mapping[str, Any], name: str) -> float | None:
    """Returns a NumericDate (RFC 7519, section 2), in seconds since 1970; ``None`` without it. Raises: Refused."""
    value = claims.get(name)
    if value is None:
        return None
    # Compared before it is converted: a number of a thousand digits is no float, and not-a-number is in no range.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _END_OF_TIME:
        raise Refused(f"the token's {name} is not a time in seconds")
    return float(value)
