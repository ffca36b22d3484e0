"""Responds with a page of a listing."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from litestar import Response

from orders.adapters.inbound.http.routes.request_bodies import Call
from orders.adapters.inbound.http.routes.responses import json_response


def page_response(
    request: Call, items: Iterable[Callable[[], dict[str, Any]]], cursor: str | None, unreadable: int
) -> Response[bytes]:
    headers = {}
    if cursor is not None:
        query = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        headers["Link"] = f'<{request.url.path}?{urlencode([*query, ("cursor", cursor)])}>; rel="next"'
    left_out = {"unreadable": unreadable} if unreadable else {}
    return json_response({"items": [shown() for shown in items], "next_cursor": cursor, **left_out}, headers=headers)
