"""Sends problem responses from middleware around the application, where Litestar's handlers don't reach."""

from collections.abc import Mapping

from litestar.types import HTTPScope, Send

from orders.adapters.inbound.http.middleware.request_id import request_id_of
from orders.adapters.inbound.http.problems import MEDIA_TYPE, Kind, instance, problem_body
from orders.adapters.wire import json_body


async def send_problem(
    scope: HTTPScope, send: Send, kind: Kind, detail: str, *, headers: Mapping[str, str] | None = None
) -> None:
    """Sends a response with the problem."""
    body = json_body.encode(problem_body(kind, detail, instance=instance(scope), request_id=request_id_of(scope)))
    all_headers = {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(body)), **(headers or {})}
    raw = [(name.lower().encode(), value.encode()) for name, value in all_headers.items()]
    await send({"type": "http.response.start", "status": kind.status, "headers": raw})
    await send({"type": "http.response.body", "body": body, "more_body": False})
