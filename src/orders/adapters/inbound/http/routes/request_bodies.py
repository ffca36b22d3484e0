"""Request bodies: decoded once, however many look at what they say."""

from collections.abc import Sequence
from typing import Any

from litestar import Request

from orders.adapters.wire.fingerprint import fingerprint
from orders.adapters.wire.media_types import check_coding
from orders.adapters.wire.off_loop import off_loop
from orders.adapters.wire.parsing import decoded, parse_object

_DECODED = "decoded_body"
"""Where a request's state has what its body says, once it has been read."""


async def read_object(request: Request[Any, Any, Any], *, optional: bool, media_types: Sequence[str]) -> dict[str, Any]:
    """The JSON object in the body. Args and Raises: as ``parse_object``, and UnsupportedMediaType for a coding."""
    check_coding(", ".join(request.headers.getall("content-encoding", [])))
    content_type = ", ".join(request.headers.getall("content-type", []))
    body = await request.body()
    given = await off_loop(
        len(body), lambda: parse_object(body, content_type, optional=optional, media_types=media_types)
    )
    request.state[_DECODED] = given
    return given


async def body_fingerprint(request: Request[Any, Any, Any]) -> str:
    """A hash of what the body says, whether or not the operation reads it. Raises: MalformedJson."""
    body, given = await request.body(), request.state.get(_DECODED)
    return await off_loop(len(body), lambda: fingerprint(decoded(body) if given is None else given))
