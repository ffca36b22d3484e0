"""Converts the response to a request with an idempotency key to and from the opaque bytes that use cases store.

The bytes are a line of JSON, ``[status, [[name, value], ...]]``, a line break, and the body as it was sent.
"""

from dataclasses import dataclass
from typing import Self

from orders.adapters.wire import json_body

_END = b"\n"


@dataclass(frozen=True, slots=True)
class KeyedAnswer:
    """A response to store: an HTTP status code, the headers that belong to the order, the body's bytes."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def encode(self) -> bytes:
        """Encodes the response as the bytes to store."""
        return json_body.encode([self.status, self.headers]) + _END + self.body

    @classmethod
    def decode(cls, answer: bytes) -> Self:
        """Decodes bytes that ``encode`` made. Raises: ValueError, TypeError: for others."""
        head, _, body = answer.partition(_END)
        try:
            status, headers = json_body.decode(head)
        except json_body.MalformedJson:
            raise ValueError("it does not begin as a kept answer") from None
        return cls(status, tuple((name, value) for name, value in headers), body)
