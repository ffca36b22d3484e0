"""Responds with a page of a listing."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Response
from pydantic import Field
from typing_extensions import TypedDict

from orders.adapters.inbound.http.requests.bodies import Call
from orders.adapters.inbound.http.requests.parameters import MAX_CURSOR_CHARACTERS
from orders.adapters.inbound.http.routes.responses import JSON
from orders.adapters.wire import json_body

NextCursor = Annotated[str, Field(min_length=1, max_length=MAX_CURSOR_CHARACTERS)]


class LeftOut(TypedDict, total=False):
    """The number of a page's unreadable entries; missing if all can be read."""

    unreadable: int


def left_out(unreadable: int) -> LeftOut:
    """Represents the number of entries that can't be read and are left out."""
    return {"unreadable": unreadable} if unreadable else {}


def page_response(request: Call, page: Mapping[str, Any]) -> Response[bytes]:
    """Responds with the page, and the address of the next one in the Link header."""
    headers = {}
    if page["next_cursor"] is not None:
        query = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        following = urlencode([*query, ("cursor", page["next_cursor"])])
        headers["Link"] = f'<{request.url.path}?{following}>; rel="next"'
    return Response(json_body.encode_page(page), media_type=JSON, headers=headers)
