"""Bearer tokens: what is believed, and the one sentence for what is not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from orders.adapters.inbound.http.auth import Authenticator, TokenRules, Unauthenticated
from orders.domain.lifecycle import Role

RULES = TokenRules(issuer="https://issuer.example", audiences=frozenset({"orders"}))
EC = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Keys:
    async def key(self, key_id: str) -> Any:
        return {"ec": EC.public_key(), "rsa": RSA.public_key()}.get(key_id)


AUTHENTICATOR = Authenticator(Keys(), RULES)


def claims(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    usual = {
        "iss": RULES.issuer,
        "sub": "user-1",
        "client_id": "orders",
        "token_use": "access",
        "iat": now,
        "exp": now + timedelta(hours=1),
        "custom:tenant_id": "tenant_a",
        "custom:customer_id": "cust_1",
        "cognito:groups": ["customer"],
        "email": "c@example.com",
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def token(key: Any = EC, algorithm: str = "ES256", kid: str | None = "ec", **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers={"kid": kid} if kid else None)


@pytest.mark.parametrize(("key", "algorithm", "kid"), [(EC, "ES256", "ec"), (RSA, "RS256", "rsa")])
async def test_a_good_token_says_who_calls(key: Any, algorithm: str, kid: str) -> None:
    caller = await AUTHENTICATOR.caller(f"Bearer {token(key, algorithm, kid)}", "00-trace")
    assert (caller.tenant_id, caller.principal, caller.customer_id) == ("tenant_a", "user-1", "cust_1")
    assert (set(caller.roles), caller.email, caller.traceparent) == ({Role.CUSTOMER}, "c@example.com", "00-trace")


async def test_an_audience_or_a_client_will_do_and_unknown_groups_count_for_nothing() -> None:
    changes: dict[str, Any] = {
        "aud": ["other", "orders"],
        "client_id": None,
        "cognito:groups": ["staff", "eu-west-1_google", 7],
    }
    caller = await AUTHENTICATOR.caller(f"bearer {token(**changes)}")
    assert caller.roles == {Role.STAFF}


def without(claim: str, value: str | None = None) -> str:
    changes: dict[str, Any] = {claim: value}
    return token(**changes)


def hs256_with_the_public_key() -> str:
    pem = RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    import base64
    import hashlib
    import hmac
    import json

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value, default=str).encode()).decode().rstrip("=")

    # Made by hand: the library refuses to make such a token.
    signed = part({"alg": "HS256", "kid": "rsa", "typ": "JWT"}) + "." + part(claims(iat=0, exp=4102444800))
    mac = hmac.digest(pem, signed.encode(), hashlib.sha256)
    return signed + "." + base64.urlsafe_b64encode(mac).decode().rstrip("=")


def ago(**time: float) -> datetime:
    return datetime.now(UTC) - timedelta(**time)


ATTACKS: dict[str, tuple[Callable[[], str], str]] = {
    "not signed": (lambda: jwt.encode(claims(), "", algorithm="none", headers={"kid": "ec"}), "RS256 or ES256"),
    "public key as secret": (hs256_with_the_public_key, "RS256 or ES256"),
    "unknown kid": (lambda: token(kid="other"), "key that its issuer does not have"),
    "no kid": (lambda: token(kid=None), "key that its issuer does not have"),
    "other key under a known kid": (lambda: token(ec.generate_private_key(ec.SECP256R1())), "signature does not fit"),
    "key of another kind": (lambda: token(EC, "ES256", "rsa"), "signature does not fit"),
    "tampered": (lambda: token()[:-5] + "AAAAA", "signature does not fit"),
    "expired": (lambda: token(exp=ago(minutes=2)), "has expired"),
    "future": (lambda: token(nbf=ago(minutes=-5)), "not valid yet"),
    "wrong issuer": (lambda: token(iss="https://evil.example"), "another issuer"),
    "wrong audience": (lambda: token(client_id="evil"), "another audience"),
    "no audience": (lambda: token(client_id=None), "another audience"),
    "id token": (lambda: token(token_use="id"), "token_use is not access"),
    "no expiry": (lambda: token(exp=None), "lacks the claim exp"),
    "no tenant": (lambda: without("custom:tenant_id", None), "custom:tenant_id"),
    "bad tenant": (lambda: without("custom:tenant_id", "a#b"), "custom:tenant_id"),
    "no groups": (lambda: without("cognito:groups", None), "cognito:groups"),
    "customer without id": (lambda: without("custom:customer_id", None), "customer's and lacks"),
    "not a token": (lambda: "abc", "not a JSON Web Token"),
    "three dots": (lambda: "a.b.c", "not a JSON Web Token"),
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_what_is_not_believed_is_refused_with_the_reason(attack: str) -> None:
    make, says = ATTACKS[attack]
    with pytest.raises(Unauthenticated, match=says) as caught:
        await AUTHENTICATOR.caller(f"Bearer {make()}")
    assert caught.value.token_given


@pytest.mark.parametrize("header", [None, "", "Basic abc", "Bearer", "Bearer " + "x" * 9000])
async def test_a_header_without_a_token_is_told_what_to_send(header: str | None) -> None:
    with pytest.raises(Unauthenticated, match="Bearer <token>") as caught:
        await AUTHENTICATOR.caller(header)
    assert not caught.value.token_given


async def test_clocks_may_differ_by_a_minute() -> None:
    late = token(exp=ago(seconds=40))
    assert (await AUTHENTICATOR.caller(f"Bearer {late}")).tenant_id == "tenant_a"


async def test_the_development_issuer_makes_tokens_that_its_own_key_checks(tmp_path: Path) -> None:
    from orders.adapters.outbound.local.dev_issuer import AUDIENCE, ISSUER, DevIssuer

    minted = DevIssuer(tmp_path).token(tenant_id="t", customer_id="Cust_9", roles=["customer"], now=datetime.now(UTC))
    again = DevIssuer(tmp_path)  # another process on the same data directory
    caller = await Authenticator(again, TokenRules(ISSUER, frozenset({AUDIENCE}))).caller(f"Bearer {minted}")
    assert (caller.customer_id, caller.email) == ("Cust_9", "cust_9@customers.example")
    assert again.derived_secret("a") != again.derived_secret("b")
    assert len(again.derived_secret("a")) == 32
