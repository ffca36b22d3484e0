"""Selection of the keys of a published set that may sign tokens."""

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given
from hypothesis import strategies as st

from orders.adapters.outbound.jwks.key_set import NoUsableKeys, parse_key_set
from tests.support.issuer import as_json, ec_key, jwk, rsa_key

GOOD = jwk(ec_key(), "good")


def taken(*entries: Any) -> set[str]:
    """The ids that are taken of these and a good one."""
    return set(parse_key_set(as_json({"keys": [*entries, GOOD]}))) - {"good"}


@pytest.mark.parametrize("more", [{}, {"alg": "RS256"}, {"use": None}, {"key_ops": ["verify"]}, {"x5t": "abc"}])
def test_rsa_keys_for_signatures_are_taken(more: dict[str, Any]) -> None:
    assert taken(jwk(rsa_key(), "k", **more)) == {"k"}


@pytest.mark.parametrize("more", [{}, {"alg": "ES256"}, {"use": None}, {"key_ops": ["sign", "verify"]}])
def test_ec_keys_on_p_256_are_taken(more: dict[str, Any]) -> None:
    assert taken(jwk(ec_key(), "k", **more)) == {"k"}


LEFT_OUT: dict[str, Any] = {
    "RSA of 1024 bits": lambda: jwk(rsa_key(1024), "k"),
    "P-384": lambda: jwk(ec_key(ec.SECP384R1()), "k"),
    "P-384 that says ES256": lambda: jwk(ec_key(ec.SECP384R1()), "k", alg="ES256"),
    "secp256k1": lambda: jwk(ec_key(ec.SECP256K1()), "k"),
    "Ed25519": lambda: (
        jwt.algorithms.OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate().public_key(), as_dict=True)
        | {"kid": "k"}
    ),
    "a secret": lambda: {"kty": "oct", "kid": "k", "k": "c2VjcmV0" * 8},
    "a secret that says RS256": lambda: {"kty": "oct", "kid": "k", "k": "c2VjcmV0" * 8, "alg": "RS256"},
    "for encryption": lambda: jwk(rsa_key(), "k", use="enc"),
    "for other operations": lambda: jwk(rsa_key(), "k", key_ops=["encrypt"]),
    "operations that are none": lambda: jwk(rsa_key(), "k", key_ops="verify"),
    "another algorithm": lambda: jwk(rsa_key(), "k", alg="PS256"),
    "another algorithm of HMAC": lambda: jwk(rsa_key(), "k", alg="HS256"),
    "no id": lambda: jwk(rsa_key(), None),
    "an empty id": lambda: jwk(rsa_key(), ""),
    "an id that is no text": lambda: jwk(rsa_key(), None, kid=7),
    "no modulus": lambda: {"kty": "RSA", "kid": "k", "e": "AQAB"},
    "a broken modulus": lambda: jwk(rsa_key(), "k", n="%%%"),
    "a modulus that is no text": lambda: jwk(rsa_key(), "k", n=7),
    "an even exponent": lambda: jwk(rsa_key(), "k", e="BA"),
    "a point off the curve": lambda: jwk(ec_key(), "k", x="AA", y="AA"),
    "no curve": lambda: jwk(ec_key(), "k", crv=None),
    "no type": lambda: jwk(rsa_key(), "k", kty=None),
    "a list as type": lambda: jwk(rsa_key(), "k", kty=["RSA"]),
    "no object": lambda: "k",
    "null": lambda: None,
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_unusable_keys_are_ignored(case: str) -> None:
    assert taken(LEFT_OUT[case]()) == set()


def test_a_private_key_that_is_published_is_none_any_more() -> None:
    rsa = jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key(), as_dict=True)
    elliptic = jwt.algorithms.ECAlgorithm.to_jwk(ec_key(), as_dict=True)
    for whole in (rsa, elliptic):
        assert "d" in whole
        assert taken({name: value for name, value in whole.items() if name != "key_ops"} | {"kid": "k"}) == set()


def test_of_two_keys_with_one_id_the_first_counts() -> None:
    first, second = ec_key(), ec_key()
    found = parse_key_set(as_json({"keys": [jwk(first, "k"), jwk(second, "k")]}))
    assert found["k"].public_numbers() == first.public_key().public_numbers()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a JSON Web Key Set"),
        (b"null", "not a JSON Web Key Set"),
        (b"{}", "not a JSON Web Key Set"),
        (b'{"keys": {}}', "not a JSON Web Key Set"),
        (b'{"keys": []}', "of 0 keys none"),
        (b'{"keys": [1, null, {}]}', "of 3 keys none"),
    ],
)
def test_what_is_no_key_set_is_refused_with_the_reason(content: bytes, says: str) -> None:
    with pytest.raises(NoUsableKeys, match=says):
        parse_key_set(content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(["kty", "n", "e", "x", "y", "crv", "kid", "use", "alg", "key_ops", "d"]), JSON)
def test_whatever_a_member_holds_nothing_but_the_key_is_lost(member: str, value: Any) -> None:
    for entry in (jwk(rsa_key(), "k"), jwk(ec_key(), "k")):
        content = json.dumps({"keys": [entry | {member: value}, GOOD]}).encode()
        assert "good" in parse_key_set(content)
