"""Checks a request's method, URL and host before anything else.

A path and a query are percent-encoded UTF-8 without control characters, no segment of a path is empty and none hides a
slash: so our proxies and this service read the same path.
"""

import re
from typing import cast
from urllib.parse import unquote_to_bytes

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from orders.adapters.inbound.http.middleware.asgi_problem import send_problem
from orders.adapters.inbound.http.middleware.request_id import ASKED_METHOD
from orders.adapters.inbound.http.problems import MALFORMED, URL_TOO_LONG

MAX_URL_BYTES = 8192
"""The longest path and query together; RFC 9110, section 4.1, asks for 8,000 at least."""
_NOBODYS = "NOBODY'S"
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_PASTED = "order_number"
"""The one parameter that people paste, as from a cell of a sheet: with blanks, tabs and line ends around it."""
_BLANKS_AROUND = "\t\n\v\f\r +\x85\xa0\u2007\u2009\u202f\u3000"
"""Blanks as a query may have them, where a plus stands for one."""
_HOST = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=%:\[\]-]*")
_HIDDEN_SLASH = re.compile(rb"%(?:2f|5c)", re.IGNORECASE)


class RequestLine:
    """ASGI middleware: refuses invalid URLs, and responds to HEAD and OPTIONS at every path that exists."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        # Without the query, which some servers leave in the raw path.
        path = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
        query = scope["query_string"]
        if len(path) + len(query) > MAX_URL_BYTES:
            await send_problem(scope, send, URL_TOO_LONG, f"path and query have at most {MAX_URL_BYTES} bytes")
            return
        fault = host_fault(scope) or url_fault(path, query)
        if fault is not None:
            await send_problem(scope, send, MALFORMED, fault)
        elif scope["method"] == "HEAD":
            await self._answer_head(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await self._answer_options(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer_head(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Responds as to GET, without the body; Content-Length is the body's (RFC 9110, section 9.3.2)."""

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        await self._app(_by_way_of(scope, "GET"), receive, send_head)

    async def _answer_options(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Responds with the methods of the path (RFC 9110, section 9.3.7).

        Litestar's own response leaves out methods that were registered after a path's first one; its router lists all
        of them when it refuses a method that no route has.
        """
        offered = False

        async def send_offered(message: Message) -> None:
            nonlocal offered
            if message["type"] == "http.response.start":
                offered = message["status"] == 405
                if offered:
                    allow = [header for header in message["headers"] if header[0].lower() == b"allow"]
                    message = {"type": "http.response.start", "status": 204, "headers": allow}
            elif offered and message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        await self._app(_by_way_of(scope, _NOBODYS), receive, send_offered)


def _by_way_of(scope: HTTPScope, method: str) -> HTTPScope:
    """Copies the request with another method, and remembers the original one."""
    scope.setdefault("state", {})[ASKED_METHOD] = scope["method"]
    return cast("HTTPScope", {**scope, "method": method})


def host_fault(scope: HTTPScope) -> str | None:
    """Finds the fault of the request's host (RFC 9112, section 3.2); ``None`` if it has none."""
    hosts = [value.strip() for name, value in scope["headers"] if name.lower() == b"host"]
    if len(hosts) > 1:
        return "the request has more than one Host header"
    if not hosts:
        return "an HTTP/1.1 request needs a Host header" if scope["http_version"] == "1.1" else None
    return None if _HOST.fullmatch(hosts[0]) else "the Host header is no host"


def url_fault(path: bytes, query: bytes) -> str | None:
    """Finds the fault of a path and query as they were sent; ``None`` if they have none."""
    for what, raw in (("path", path), ("query", query)):
        if _BROKEN_ESCAPE.search(raw):
            return f"the {what} holds a % that is not followed by two hexadecimal digits"
        try:
            text = unquote_to_bytes(raw).decode("utf-8")
        except UnicodeDecodeError:
            return f"the {what} is not UTF-8"
        # Most have none: only if there is one, the parameters are checked one by one.
        if _CONTROL.search(text) and (what == "path" or any(map(_holds_control, raw.split(b"&")))):
            return f"the {what} holds a control character"
    if b"//" in path:
        return "the path holds two slashes in a row"
    if _HIDDEN_SLASH.search(path):
        return "the path holds an encoded slash or backslash, which no name here has"
    return None


def _holds_control(parameter: bytes) -> bool:
    """Tells whether a parameter of a query, which is valid UTF-8, has a control character where none is allowed."""
    name, _, value = (unquote_to_bytes(each).decode() for each in parameter.partition(b"="))
    if name == _PASTED:
        value = value.strip(_BLANKS_AROUND)
    return _CONTROL.search(name + value) is not None
