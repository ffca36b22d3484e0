"""Parses a JSON Web Key Set (RFC 7517) for the keys that may sign tokens for this service."""

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
    """A document is not a key set, or has no usable key; the message says which."""


def parse_key_set(content: bytes) -> dict[str, PublicKey]:
    """Returns the usable keys by ``kid``; of duplicate ids the first.

    Usable are RSA keys of at least 2048 bits and EC keys on P-256, with an id, for signatures. Others are ignored: an
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
        # PyJWT's messages contain the whole key, so the key is skipped without a message.
        return "", None
    if isinstance(key, RSAPublicKey):
        return key_id, key if key.key_size >= MIN_RSA_BITS else None
    if isinstance(key, EllipticCurvePublicKey):
        return key_id, key if isinstance(key.curve, SECP256R1) else None
    # A private key: publishing it has compromised it.
    return "", None


def _verifies(entry: dict[str, Any], algorithm: str) -> bool:
    """Returns whether the key is intended for these signatures (RFC 7517, sections 4.2 to 4.4)."""
    operations = entry.get("key_ops")
    return (
        entry.get("use", "sig") == "sig"
        and entry.get("alg", algorithm) == algorithm
        and (operations is None or (isinstance(operations, list) and "verify" in operations))
    )
