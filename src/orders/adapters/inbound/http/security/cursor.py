"""Cursors of listings: opaque, signed, and good only for the tenant and filters they were made for."""

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
    """Knows the keys that cursors are signed with."""

    async def keys(self) -> Sequence[bytes]:
        """At least one, of at least 32 bytes each; the first seals.

        Raises: TransientPortError, PermanentPortError: none is known, and they can't be read.
        """
        ...


class CursorCodec:
    """Seals a listing's position into a cursor and opens it again.

    The first key seals; all of them open, so that keys can be rotated while cursors are under way.
    """

    def __init__(self, keys: CursorKeys) -> None:
        self._keys = keys

    async def seal(self, position: str, bound_to: str) -> str:
        """A cursor for the position; ``bound_to`` names tenant, caller and filters. Raises: as ``CursorKeys``."""
        payload = position.encode()
        key = (await self._keys.keys())[0]
        return _encoded(self._mac(key, payload, bound_to) + payload)

    async def open(self, cursor: str, bound_to: str) -> str:
        """The position in a cursor made for the same. Raises: InvalidCursor, and as ``CursorKeys``."""
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
