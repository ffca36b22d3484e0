"""Reads the JSON body of a request."""

from collections.abc import Sequence
from typing import Any, TypeVar

from litestar import Request
from pydantic import BaseModel

from orders.adapters.inbound.http.routes.parameters import no_parameters
from orders.adapters.wire.media_types import JSON, check_coding
from orders.adapters.wire.off_loop import LINE_BYTES, off_loop
from orders.adapters.wire.parsing import parse_object, validate
from orders.domain.order import Order

Call = Request[Any, Any, Any]
Body = TypeVar("Body", bound=BaseModel)


async def read_body(request: Call, model: type[Body], *, optional: bool = False) -> Body:
    given = await read_object(request, optional=optional)
    return await off_loop(await body_size(request), lambda: validate(model, given))


async def body_size(request: Call, order: Order | None = None) -> int:
    """What there is to be done with the body, as bytes; the order that it is held against counts as well."""
    return len(await request.body()) + LINE_BYTES * (0 if order is None else len(order.lines))


async def read_object(request: Call, *, optional: bool = False, media_types: Sequence[str] = JSON) -> dict[str, Any]:
    no_parameters(request.query_params)
    return await read_any_object(request, optional=optional, media_types=media_types)


async def read_any_object(request: Call, *, optional: bool, media_types: Sequence[str]) -> dict[str, Any]:
    check_coding(", ".join(request.headers.getall("content-encoding", [])))
    content_type = ", ".join(request.headers.getall("content-type", []))
    body = await request.body()
    return await off_loop(
        len(body), lambda: parse_object(body, content_type, optional=optional, media_types=media_types)
    )
