"""A JSON Web Key Set (RFC 7517): which of its keys may sign tokens for this service."""

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

PublicKey: TypeAlias = RSAPublicKey | EllipticCurvePublicKey

MIN_RSA_BITS = 2048
"""RFC 7518, section 3.3."""

_ALGORITHMS: Mapping[str, str] = {"RSA": "RS256", "EC": "ES256"}


class NoUsableKeys(Exception):
    """A document is no key set, or there is no key in it that may sign tokens; the message says which."""


def parse_key_set(content: bytes) -> dict[str, PublicKey]:
    """The usable keys by ``kid``; of two with one id the first.

    Used are RSA keys of at least 2048 bits and EC keys on P-256, with an id, for signatures. Others are left out: an
    issuer may publish them for other audiences.

    Raises: NoUsableKeys.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise NoUsableKeys("what came is not JSON") from None
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise NoUsableKeys("what came is not a JSON Web Key Set")
    found: dict[str, PublicKey] = {}
    for entry in entries:
        key_id, key = _key(entry) if isinstance(entry, dict) else ("", None)
        if key is not None:
            found.setdefault(key_id, key)
    if not found:
        raise NoUsableKeys(
            f"of {len(entries)} keys none is for signatures, with an id, and RSA of {MIN_RSA_BITS} bits or EC on P-256"
        )
    return found


def _key(entry: dict[str, Any]) -> tuple[str, PublicKey | None]:
    key_id, algorithm = entry.get("kid"), _ALGORITHMS.get(str(entry.get("kty")))
    if not isinstance(key_id, str) or not key_id or algorithm is None or not _verifies(entry, algorithm):
        return "", None
    try:
        key = PyJWK(entry, algorithm).key
    except (PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, LookupError, AttributeError):
        # PyJWT's messages hold the whole key; that it is left out says enough.
        return "", None
    if isinstance(key, RSAPublicKey):
        return key_id, key if key.key_size >= MIN_RSA_BITS else None
    if isinstance(key, EllipticCurvePublicKey):
        return key_id, key if isinstance(key.curve, SECP256R1) else None
    # A private key: whoever publishes one has no key any more.
    return "", None


def _verifies(entry: dict[str, Any], algorithm: str) -> bool:
    """Whether the key is meant for these signatures (RFC 7517, sections 4.2 to 4.4)."""
    operations = entry.get("key_ops")
    return (
        entry.get("use", "sig") == "sig"
        and entry.get("alg", algorithm) == algorithm
        and (operations is None or (isinstance(operations, list) and "verify" in operations))
    )
