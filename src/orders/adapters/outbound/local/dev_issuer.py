"""The development issuer: signs tokens with its own key, stored in the data directory.

Never available in sit or prod: settings refuse it there.
"""

import hashlib
import hmac
import os
import tempfile
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from orders.adapters.privacy.files import private_directory

ISSUER = "https://dev-issuer.orders.invalid"
AUDIENCE = "orders-dev"
KEY_ID = "orders-dev-1"
_KEY_FILE = "dev-issuer-key.pem"


class DevIssuer:
    """Issues tokens, and provides its public key as a key source does."""

    def __init__(self, data_dir: Path) -> None:
        self._private = _load_or_create(data_dir)
        self._public = self._private.public_key()

    @staticmethod
    def has_key(data_dir: Path) -> bool:
        """Returns whether there is a key in the data directory, without making one."""
        return (data_dir / _KEY_FILE).exists()

    async def key(self, key_id: str) -> Any:
        """Returns the public key for its own key id."""
        return self._public if key_id == KEY_ID else None

    def token(
        self,
        *,
        tenant_id: str,
        customer_id: str,
        roles: Collection[str],
        now: datetime,
        valid_for: timedelta = timedelta(hours=12),
        email: str | None = None,
    ) -> str:
        """Issues a token as Cognito's pre-token-generation trigger would shape it; ``email`` defaults to a made-up
        one.
        """
        claims = {
            "iss": ISSUER,
            "sub": customer_id,
            "client_id": AUDIENCE,
            "token_use": "access",
            "iat": int(now.timestamp()),
            "exp": int((now + valid_for).timestamp()),
            "custom:tenant_id": tenant_id,
            "custom:customer_id": customer_id,
            "cognito:groups": sorted(roles),
            "email": email or f"{customer_id.lower()}@customers.example",
        }
        return jwt.encode(claims, self._private, algorithm="ES256", headers={"kid": KEY_ID})

    def derived_secret(self, purpose: str) -> bytes:
        """Derives 32 bytes unique to this data directory, for keys that local runs need without configuration."""
        secret = self._private.private_numbers().private_value.to_bytes(32)
        return hmac.digest(secret, purpose.encode(), hashlib.sha256)


def _load_or_create(data_dir: Path) -> ec.EllipticCurvePrivateKey:
    path = data_dir / _KEY_FILE
    if not path.exists():
        private_directory(data_dir)
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        descriptor, temporary = tempfile.mkstemp(dir=data_dir)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(pem)
            # Unlike rename, link fails if the file exists: of two processes starting at once, one key wins.
            Path(path).hardlink_to(temporary)
        except FileExistsError:
            pass
        finally:
            Path(temporary).unlink()
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} holds no elliptic-curve key; delete it to have a new one made")
    return key
