"""The answer of a request with an idempotency key, and the bytes that use cases keep of it and know nothing about.

The bytes are a line of JSON, ``[status, [[name, value], ...]]``, and after its line break the body as it was sent.
"""

from dataclasses import dataclass
from typing import Self

from orders.adapters.wire import json_body

_END = b"\n"


@dataclass(frozen=True, slots=True)
class KeyedAnswer:
    """What a caller is answered: an HTTP status code, the headers that belong to the order, the body's bytes."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def encode(self) -> bytes:
        """The bytes to be kept."""
        return json_body.encode([self.status, self.headers]) + _END + self.body

    @classmethod
    def decode(cls, answer: bytes) -> Self:
        """The answer of bytes that ``encode`` made. Raises: ValueError, TypeError: for others."""
        head, _, body = answer.partition(_END)
        try:
            status, headers = json_body.decode(head)
        except json_body.MalformedJson:
            raise ValueError("it does not begin as a kept answer") from None
        return cls(status, tuple((name, value) for name, value in headers), body)
