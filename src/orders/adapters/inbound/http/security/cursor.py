"""Seals cursors of listings: opaque, signed, and valid only for the tenant, caller and filters of their listing."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Protocol

_MAC_BYTES = 16


class InvalidCursor(Exception):
    """A cursor is not one of ours, or not for this listing."""

    def __init__(self) -> None:
        super().__init__("the cursor was not given for this listing; start again without one, with the same filters")


class CursorKeys(Protocol):
    """Provides the keys that sign cursors."""

    async def keys(self) -> Sequence[bytes]:
        """Returns at least one key, of at least 32 bytes each; the first seals.

        Raises: TransientPortError, PermanentPortError: none is known, and they can't be read.
        """
        ...


class CursorCodec:
    """Seals a listing's position into a cursor and opens it again.

    The first key seals; all of them open, so that keys can be rotated while callers hold cursors.
    """

    def __init__(self, keys: CursorKeys) -> None:
        self._keys = keys

    async def seal(self, position: str, bound_to: str) -> str:
        """Makes a cursor of the position; ``bound_to`` names tenant, caller and filters. Raises: as ``CursorKeys``."""
        payload = position.encode()
        key = (await self._keys.keys())[0]
        return _encoded(self._mac(key, payload, bound_to) + payload)

    async def open(self, cursor: str, bound_to: str) -> str:
        """Returns the position in a cursor with the same ``bound_to``. Raises: InvalidCursor, and as ``CursorKeys``."""
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise InvalidCursor from None
        if _encoded(raw) != cursor:
            # base64 ignores the last character's spare bits; a cursor with others is an altered one all the same.
            raise InvalidCursor
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        keys = await self._keys.keys()
        if not any(hmac.compare_digest(mac, self._mac(key, payload, bound_to)) for key in keys):
            raise InvalidCursor
        return payload.decode()

    @staticmethod
    def _mac(key: bytes, payload: bytes, bound_to: str) -> bytes:
        message = f"cursor-v1\0{len(bound_to)}\0{bound_to}\0".encode() + payload
        return hmac.digest(key, message, hashlib.sha256)[:_MAC_BYTES]


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
