"""Reads the JSON body of a request, decoded once however many use it."""

from collections.abc import Sequence
from typing import Any, TypeVar

from litestar import Request
from pydantic import BaseModel

from orders.adapters.inbound.http.requests.parameters import no_parameters
from orders.adapters.wire.fingerprint import fingerprint
from orders.adapters.wire.media_types import JSON, check_coding
from orders.adapters.wire.off_loop import LINE_BYTES, off_loop
from orders.adapters.wire.parsing import decoded, parse_object, validate
from orders.domain.order import Order

Call = Request[Any, Any, Any]
Body = TypeVar("Body", bound=BaseModel)

_DECODED = "decoded_body"
"""The key of a request's state under which its decoded body is stored."""


async def read_body(request: Call, model: type[Body], *, optional: bool = False) -> Body:
    """Reads and validates the body. Raises: as ``read_any_object``; InvalidParameters, InvalidBody."""
    given = await read_object(request, optional=optional)
    return await off_loop(await body_size(request), lambda: validate(model, given))


async def body_size(request: Call, order: Order | None = None) -> int:
    """Estimates the work that the body takes, in bytes; an order that it is compared with counts as well."""
    return len(await request.body()) + LINE_BYTES * (0 if order is None else len(order.lines))


async def read_object(request: Call, *, optional: bool = False, media_types: Sequence[str] = JSON) -> dict[str, Any]:
    """Reads the body of a request without query parameters. Raises: as ``read_any_object``; InvalidParameters."""
    no_parameters(request.query_params)
    return await read_any_object(request, optional=optional, media_types=media_types)


async def read_any_object(request: Call, *, optional: bool, media_types: Sequence[str]) -> dict[str, Any]:
    """Reads the body as a JSON object. Args and Raises: as ``parse_object``; UnsupportedMediaType for a coding."""
    check_coding(", ".join(request.headers.getall("content-encoding", [])))
    content_type = ", ".join(request.headers.getall("content-type", []))
    body = await request.body()
    given = await off_loop(
        len(body), lambda: parse_object(body, content_type, optional=optional, media_types=media_types)
    )
    request.state[_DECODED] = given
    return given


async def body_fingerprint(request: Call) -> str:
    """Hashes the content of the body, whether or not the operation reads it. Raises: MalformedJson."""
    body, given = await request.body(), request.state.get(_DECODED)
    return await off_loop(len(body), lambda: fingerprint(decoded(body) if given is None else given))
