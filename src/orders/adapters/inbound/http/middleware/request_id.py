"""Adds the request id, and the headers that every response carries."""

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from orders.adapters.inbound.http.middleware.request_context import current_request_id

_GIVEN = re.compile(r"^[\x21-\x7e]{1,128}$")
_STATE_KEY = "orders.request_id"
_MORE_HEADERS = "orders.response_headers"
ASKED_METHOD = "orders.asked_method"
"""The key in the request's state of the method as it was sent, if the request is handled as another method."""

SECURITY_HEADERS: Mapping[str, str] = {
    # RFC 6797; OWASP's REST security cheat sheet for the rest.
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    # For what is shown in a window: nothing of another origin is in it, or can reach it.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "accelerometer=(), camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}

_RawHeader = tuple[bytes, bytes]
_SECURITY: tuple[_RawHeader, ...] = tuple(
    (name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()
)


def request_id_of(scope: Any) -> str:
    """Returns the id of the request that this scope belongs to."""
    return str(scope.get("state", {}).get(_STATE_KEY, "unknown"))


def method_of(scope: Any) -> str:
    """Returns the method as the client sent it."""
    return str(scope.get("state", {}).get(ASKED_METHOD, scope["method"]))


def add_response_headers(scope: Any, headers: Mapping[str, str]) -> None:
    """Adds headers to the response to this request, whichever that will be."""
    scope.setdefault("state", {}).setdefault(_MORE_HEADERS, {}).update(headers)


class ResponseHeaders:
    """ASGI middleware: takes or makes the request id, and adds it and the security headers to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode("latin-1")
        request_id = given if _GIVEN.fullmatch(given) else secrets.token_hex(16)
        scope.setdefault("state", {})[_STATE_KEY] = request_id
        token = current_request_id.set(request_id)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _complete(message.get("headers", ()), scope["state"], request_id)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            current_request_id.reset(token)


def _complete(given: Iterable[tuple[bytes, bytes]], state: Mapping[str, Any], request_id: str) -> list[_RawHeader]:
    """Adds the headers that every response carries; works on bytes, since every response passes here."""
    more = {name.lower().encode(): value.encode() for name, value in state.get(_MORE_HEADERS, {}).items()}
    more[b"x-request-id"] = request_id.encode()
    headers = [(name, _with_head(value) if name == b"allow" else value) for name, value in given if name not in more]
    present = {name for name, _ in headers}
    headers += more.items()
    headers += [header for header in _SECURITY if header[0] not in present]
    return headers


def _with_head(allow: bytes) -> bytes:
    """Adds HEAD to the methods if there is GET, which handles it."""
    methods = {method.strip() for method in allow.split(b",")}
    return b", ".join(sorted(methods | ({b"HEAD"} if b"GET" in methods else set())))
