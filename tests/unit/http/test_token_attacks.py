"""Forged, stolen, bent and missing tokens, sent to the application while a real issuer serves its keys.

Every one of them is answered 401 with a challenge and nothing of the token in it, and however many come the issuer is
asked for its keys once a minute.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from orders.adapters.inbound.http.app import create_app
from orders.adapters.inbound.http.security.claims import TokenRules
from orders.adapters.inbound.http.supplied import Dependencies
from orders.adapters.outbound.jwks.key_source import JwksKeySource
from tests.support.http_api import ORDERS, SMOKE, anything, expect
from tests.support.issuer import CLIENT, Issuer, as_json, ec_key, jwk, rsa_key, running_issuer
from tests.support.service import Service


@dataclass
class Gate:
    """The application behind its issuer; ``seconds`` is the clock of the issuer's keys."""

    issuer: Issuer
    client: httpx.AsyncClient
    seconds: float = 0.0

    async def call(self, *tokens: str, path: str = ORDERS, **more: Any) -> httpx.Response:
        headers = [("Authorization", f"Bearer {token}") for token in tokens]
        return await self.client.get(path, headers=headers, **more)

    async def refused(self, *tokens: str, **more: Any) -> dict[str, Any]:
        """The problem that tokens are refused with, once it is sure that nothing of them is in it."""
        answer = await self.call(*tokens, **more)
        found = expect(answer, 401, "unauthenticated")
        challenge = answer.headers["www-authenticate"]
        assert challenge.startswith('Bearer realm="orders"')
        said = answer.text + challenge
        for part in (part for token in tokens for part in token.split(".")):
            assert len(part) < 8 or part not in said
        return found | {"challenge": challenge}


@cache
def an_app() -> tuple[Any, list[Dependencies]]:
    """One application for all tests here, as it takes its time to make; it serves what the list holds."""
    served: list[Dependencies] = []
    return create_app(anything(lambda name: served[0][name]())), served


@asynccontextmanager
async def a_gate() -> AsyncIterator[Gate]:
    async with running_issuer() as issuer:
        gate = Gate(issuer, httpx.AsyncClient())
        keys = JwksKeySource(issuer.jwks_url, fresh_for=timedelta(hours=6), monotonic=lambda: gate.seconds)
        app, served = an_app()
        served[:] = [Service().served(keys, TokenRules(issuer.url, frozenset({CLIENT})))]
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://orders.test") as gate.client:
            yield gate
        await keys.close()


@pytest.fixture
async def gate() -> AsyncIterator[Gate]:
    async with a_gate() as running:
        yield running


def encoded(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def by_hand(issuer: Issuer, header: dict[str, Any], secret: bytes | None = None) -> str:
    """A token as no library would make it: with this header, and signed with a secret or not at all."""
    signed = f"{encoded(header)}.{encoded(issuer.claims())}"
    mac = b"" if secret is None else hmac.digest(secret, signed.encode(), hashlib.sha256)
    return f"{signed}.{encoded(mac)}"


def with_secret(secret: Callable[[Issuer], bytes], algorithm: str = "HS256") -> Callable[[Issuer], str]:
    return lambda issuer: by_hand(issuer, {"alg": algorithm, "typ": "JWT", "kid": "rsa-1"}, secret(issuer))


def public(encoding: serialization.Encoding) -> Callable[[Issuer], bytes]:
    return lambda issuer: (
        issuer.keys["rsa-1"].public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def with_headers(**headers: Any) -> Callable[[Issuer], str]:
    return lambda issuer: issuer.token(headers=headers)


def signed_by_own(**headers: Any) -> Callable[[Issuer], str]:
    """Signed by the attacker's key, which the header brings along or points to."""
    own = ec_key()
    brought = {name: jwk(own, "ec-1") if value is ... else value for name, value in headers.items()}
    return lambda issuer: issuer.token(key=own, headers=brought)


def swapped(part: int, change: Callable[[dict[str, Any]], Any]) -> Callable[[Issuer], str]:
    """A good token with its header (0) or payload (1) changed afterwards."""

    def make(issuer: Issuer) -> str:
        parts = issuer.token().split(".")
        content = json.loads(base64.urlsafe_b64decode(parts[part] + "=="))
        parts[part] = encoded(change(content))
        return ".".join(parts)

    return make


def bent_signature(at: int) -> Callable[[Issuer], str]:
    def make(issuer: Issuer) -> str:
        head, _, signature = issuer.token().rpartition(".")
        raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
        raw[at] ^= 1
        return f"{head}.{encoded(bytes(raw))}"

    return make


def with_header(**header: Any) -> Callable[[Issuer], str]:
    return lambda issuer: by_hand(issuer, {"kid": "ec-1"} | header)


def with_key_id(key_id: str) -> Callable[[Issuer], str]:
    return lambda issuer: issuer.token(key_id, key=ec_key())


def without(claim: str) -> Callable[[Issuer], str]:
    nothing: dict[str, Any] = {claim: None}
    return lambda issuer: issuer.token(**nothing)


KEY_IDS = [
    "../../../../dev/null", "/etc/passwd", "ec-1' OR '1'='1", "ec-1; DROP TABLE orders", "ec-1\x00", " ec-1",
    "https://evil.example/jwks.json", "file:///etc/passwd", "${jndi:ldap://evil.example}", "EC-1", "x" * 2000,
]  # fmt: skip
CLAIMS = [
    "iss", "sub", "exp", "iat", "client_id", "token_use", "custom:tenant_id", "custom:customer_id", "cognito:groups",
]  # fmt: skip
NO_ALGORITHMS: list[Any] = [
    "none", "None", "NONE", "nOnE", "", " none", "none\x00", None, ["none"], ["RS256"], {}, 0, True,
]  # fmt: skip
NOT_ASYMMETRIC = "is not signed with RS256 or ES256"
NOT_A_TOKEN = "is not a JSON Web Token"
UNKNOWN_KEY = "a key that its issuer does not have"
BAD_SIGNATURE = "signature does not fit"

ATTACKS: dict[str, tuple[Callable[[Issuer], str], str]] = {
    **{f"alg {name!r}": (with_header(alg=name), NOT_ASYMMETRIC) for name in NO_ALGORITHMS},
    "no alg": (lambda issuer: by_hand(issuer, {"kid": "ec-1"}), NOT_ASYMMETRIC),
    "alg in lower case": (lambda issuer: by_hand(issuer, {"alg": "es256", "kid": "ec-1"}), NOT_ASYMMETRIC),
    "ES256 without a signature": (
        lambda issuer: by_hand(issuer, {"alg": "ES256", "kid": "ec-1"}),
        BAD_SIGNATURE,
    ),
    "the public key's PEM as a secret": (with_secret(public(serialization.Encoding.PEM)), NOT_ASYMMETRIC),
    "the public key's PEM, stripped, as a secret": (
        with_secret(lambda issuer: public(serialization.Encoding.PEM)(issuer).strip()),
        NOT_ASYMMETRIC,
    ),
    "the public key's DER as a secret": (with_secret(public(serialization.Encoding.DER)), NOT_ASYMMETRIC),
    "the public key's JWK as a secret": (
        with_secret(lambda issuer: as_json(jwk(issuer.keys["rsa-1"], "rsa-1"))),
        NOT_ASYMMETRIC,
    ),
    "an HMAC that says RS256": (with_secret(public(serialization.Encoding.PEM), "RS256"), BAD_SIGNATURE),
    "PS256 by the right key": (
        lambda issuer: jwt.encode(issuer.claims(), rsa_key(), algorithm="PS256", headers={"kid": "rsa-1"}),
        NOT_ASYMMETRIC,
    ),
    "RS384 by the right key": (
        lambda issuer: jwt.encode(issuer.claims(), rsa_key(), algorithm="RS384", headers={"kid": "rsa-1"}),
        NOT_ASYMMETRIC,
    ),
    "RS256 by the id of an EC key": (lambda issuer: issuer.token("ec-1", key=rsa_key()), "not that of its key"),
    "ES256 by the id of an RSA key": (lambda issuer: issuer.token("rsa-1", key=ec_key()), "not that of its key"),
    "another key under a known id": (lambda issuer: issuer.token(key=ec_key()), BAD_SIGNATURE),
    "another RSA key under a known id": (
        lambda issuer: issuer.token("rsa-1", key=rsa_key(2048, 2)),
        BAD_SIGNATURE,
    ),
    "no key id": (lambda issuer: issuer.token(None, key=ec_key()), "does not name the key"),
    "an empty key id": (lambda issuer: issuer.token("", key=ec_key()), "does not name the key"),
    "a key id that is a number": (
        lambda issuer: by_hand(issuer, {"alg": "ES256", "kid": 1}),
        "does not name the key",
    ),
    **{f"key id {name!r}": (with_key_id(name), UNKNOWN_KEY) for name in KEY_IDS},
    "a key in the header": (signed_by_own(jwk=...), "has the header parameter jwk"),
    "a key set's address in the header": (
        signed_by_own(jku="https://evil.example/jwks.json"),
        "has the header parameter jku",
    ),
    "a certificate's address in the header": (
        signed_by_own(x5u="https://evil.example/x.pem"),
        "has the header parameter x5u",
    ),
    "a certificate in the header": (signed_by_own(x5c=["MIIB"]), "has the header parameter x5c"),
    "a key in the header of a good token": (with_headers(jku="https://evil.example"), "has the header parameter jku"),
    "something critical": (with_headers(crit=["b64"], b64=True), "has the header parameter crit"),
    "something critical and unknown": (with_headers(crit=["exp"]), "has the header parameter crit"),
    "a payload outside": (
        lambda issuer: f"{encoded({'alg': 'ES256', 'kid': 'ec-1', 'b64': False})}..{encoded(b'x' * 64)}",
        NOT_A_TOKEN,
    ),
    "another tenant written into it": (
        swapped(1, lambda claims: claims | {"custom:tenant_id": "other"}),
        BAD_SIGNATURE,
    ),
    "another role written into it": (swapped(1, lambda claims: claims | {"cognito:groups": ["admin"]}), BAD_SIGNATURE),
    "a payload that is a list": (swapped(1, lambda claims: [claims]), BAD_SIGNATURE),
    "another type written into it": (swapped(0, lambda header: header | {"typ": "at+jwt"}), BAD_SIGNATURE),
    **{f"a signature with byte {at} changed": (bent_signature(at), BAD_SIGNATURE) for at in (0, 31, 32, 63)},
    "half a signature": (lambda issuer: by_hand(issuer, {"alg": "ES256", "kid": "ec-1"}, b"x"), BAD_SIGNATURE),
    "a signature of zeros": (
        lambda issuer: issuer.token().rpartition(".")[0] + "." + encoded(bytes(64)),
        BAD_SIGNATURE,
    ),
    "padding": (lambda issuer: issuer.token() + "=", NOT_A_TOKEN),
    "a bit that base64 ignores": (lambda issuer: issuer.token("rsa-1")[:-1] + "_", "signature|JSON Web Token"),
    "wrong issuer": (lambda issuer: issuer.token(iss="https://evil.example"), "from another issuer"),
    "wrong audience": (lambda issuer: issuer.token(aud="evil"), "for another audience"),
    "wrong client": (lambda issuer: issuer.token(client_id="evil"), "for another audience"),
    "an id token": (lambda issuer: issuer.token(token_use="id", aud=CLIENT), "token_use is not access"),
    "expired": (lambda issuer: issuer.token(iat=issuer.at(hours=-2), exp=issuer.at(minutes=-2)), "has expired"),
    "not yet valid": (lambda issuer: issuer.token(nbf=issuer.at(minutes=5)), "not valid yet"),
    "from the future": (lambda issuer: issuer.token(iat=issuer.at(minutes=5)), "from the future"),
    **{f"without {claim}": (without(claim), f"lacks the claim {claim}") for claim in CLAIMS},
    "oversized": (lambda issuer: issuer.token(padding="x" * 8000), "more than 8192 characters"),
    "oversized and no token": (lambda _: "x" * 60_000, "more than 8192 characters"),
    "twice in one header": (lambda issuer: f"{issuer.token()} {issuer.token()}", "not of the form"),
    "twice with a comma": (lambda issuer: f"{issuer.token()},{issuer.token()}", "more than|JSON Web Token"),
    "no token at all": (lambda _: "abc", NOT_A_TOKEN),
    "five parts": (lambda _: "a.b.c.d.e", NOT_A_TOKEN),
    "dots": (lambda _: "..", NOT_A_TOKEN),
    "a header that is no JSON": (lambda issuer: "AAAA." + issuer.token().partition(".")[2], NOT_A_TOKEN),
    "a header that is a list": (lambda issuer: encoded([1]) + "." + issuer.token().partition(".")[2], NOT_A_TOKEN),
    "a deep header": (lambda _: encoded(b"[" * 5000) + ".e30.AA", NOT_A_TOKEN),
    "letters of other scripts": (lambda issuer: "é" + issuer.token(), NOT_A_TOKEN),
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_an_attack_is_refused_with_the_reason_and_nothing_of_the_token(gate: Gate, attack: str) -> None:
    make, says = ATTACKS[attack]
    token = make(gate.issuer)
    headers = [(b"authorization", b"Bearer " + token.encode())]
    answer = await gate.client.get(ORDERS, headers=headers)
    found = expect(answer, 401, "unauthenticated")
    assert any(each in found["detail"] for each in says.split("|")), found["detail"]
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith('Bearer realm="orders"')
    assert 'error="invalid_token"' in challenge or "not of the form" in found["detail"]
    for part in (part for part in token.replace(",", ".").replace(" ", ".").split(".") if len(part) >= 8):
        assert part not in answer.text + challenge
    for secret in ("evil.example", "etc/passwd", "DROP TABLE", "jndi"):
        assert secret not in answer.text + challenge
    assert gate.issuer.requests <= 1


async def test_a_good_token_is_let_in(gate: Gate) -> None:
    for key_id in ("ec-1", "rsa-1"):
        answer = await gate.call(gate.issuer.token(key_id))
        assert (answer.status_code, answer.json()) == (200, {"items": [], "next_cursor": None})


async def test_a_flood_of_unknown_keys_asks_the_issuer_once_a_minute(gate: Gate) -> None:
    assert (await gate.call(gate.issuer.token())).status_code == 200
    key = ec_key()
    forged = [gate.issuer.token(f"unknown-{number}", key=key) for number in range(500)]
    gate.seconds = 60
    await asyncio.gather(*(gate.refused(token) for token in forged))
    assert gate.issuer.requests == 2
    gate.seconds = 120
    for token in forged:
        await gate.refused(token)
    # Whoever is known is let in meanwhile.
    assert (await gate.call(gate.issuer.token())).status_code == 200
    assert gate.issuer.requests == 3


async def test_a_key_that_the_issuer_has_changed_to_is_found(gate: Gate) -> None:
    assert (await gate.call(gate.issuer.token())).status_code == 200
    gate.issuer.keys["ec-2"] = ec_key()
    await gate.refused(gate.issuer.token("ec-2"))
    gate.seconds = 60
    assert (await gate.call(gate.issuer.token("ec-2"))).status_code == 200
    assert gate.issuer.requests == 2


async def test_two_authorization_headers_are_one_too_many(gate: Gate) -> None:
    good = gate.issuer.token()
    for pair in ((good, good), (good, "x"), ("x", good)):
        found = await gate.refused(*pair)
        assert found["detail"] == "the Authorization header came 2 times; send it once"


async def test_a_token_in_the_query_counts_for_nothing(gate: Gate) -> None:
    good = gate.issuer.token()
    for name in ("access_token", "token", "authorization"):
        answer = await gate.call(params={name: good})
        found = expect(answer, 401, "unauthenticated")
        assert "Authorization: Bearer <token>" in found["detail"]
        assert answer.headers["www-authenticate"] == 'Bearer realm="orders"'
        assert good not in answer.text


async def test_without_a_token_the_challenge_names_no_error(gate: Gate) -> None:
    found = await gate.refused()
    assert found["challenge"] == 'Bearer realm="orders"'
    assert "the Authorization header is missing" in found["detail"]


async def test_every_route_but_health_asks_for_the_token_before_anything_else(gate: Gate) -> None:
    one = f"{ORDERS}/ord_{'0' * 26}"
    routes = [
        ("GET", ORDERS + "?limit=wrong"), ("POST", ORDERS), ("GET", one), ("PUT", one), ("PATCH", one), ("DELETE", one),
        ("GET", f"{one}/status"), ("PUT", f"{one}/status"), ("POST", f"{one}/cancel"), ("POST", f"{one}/fulfill"),
        ("POST", f"{one}/parcels/par_1/deliver"), ("GET", f"{one}/track"), ("GET", f"{one}/history"),
        ("GET", f"{one}/events"), ("GET", f"{one}/document"),
    ]  # fmt: skip
    for method, path in routes:
        expect(await gate.client.request(method, path, content=b"{"), 401, "unauthenticated")
    for path in ("/health", "/health/live", "/health/ready", "/v1.0/orders/health"):
        assert (await gate.client.get(path)).status_code == 200
    assert gate.issuer.requests == 0


def in_group(name: str) -> dict[str, Any]:
    return {"cognito:groups": [name]}


async def test_who_has_no_role_is_known_and_may_do_nothing(gate: Gate) -> None:
    staff = gate.issuer.token(**in_group("staff"))
    placed = await gate.client.post(
        ORDERS, content=SMOKE, headers={"Authorization": f"Bearer {staff}", "Content-Type": "application/json"}
    )
    there = placed.headers["location"]
    nobody = gate.issuer.token(**in_group("visitors"))
    # Whether there is such an order makes no difference.
    for path in (ORDERS, there, f"{ORDERS}/ord_{'0' * 26}", f"{there}/history", f"{there}/document"):
        found = expect(await gate.call(nobody, path=path), 403, "forbidden")
        assert found["detail"] == "role none may not do this: use the order service"


async def test_an_issuer_never_reached_is_not_the_caller_s_fault(gate: Gate) -> None:
    gate.issuer.answer = lambda _: b"down"
    for _ in range(3):
        answer = await gate.call(gate.issuer.token())
        found = expect(answer, 503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert "token issuer can't be reached" in found["detail"]
    # What can be told without a key is told all the same, and health does not depend on the issuer.
    await gate.refused("abc")
    assert (await gate.client.get("/health")).status_code == 200
    assert gate.issuer.requests == 1
    gate.issuer.answer = None
    gate.seconds = 5
    assert (await gate.call(gate.issuer.token())).status_code == 200


async def test_an_issuer_that_goes_down_later_is_not_missed(gate: Gate) -> None:
    assert (await gate.call(gate.issuer.token())).status_code == 200
    gate.issuer.answer = lambda _: b"down"
    for hours in range(1, 30):
        gate.seconds = hours * 3600.0
        assert (await gate.call(gate.issuer.token())).status_code == 200
        await gate.refused(gate.issuer.token("unknown", key=ec_key()))
