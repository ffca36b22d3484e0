"""Implements CORS (https://fetch.spec.whatwg.org/#http-cors-protocol) for the configured origins only.

Credentials are not allowed: callers send bearer tokens, and the service sets no cookies.
"""

from collections.abc import Collection

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

EXPOSED = (
    "ETag", "Idempotent-Replayed", "Link", "Location", "Preference-Applied", "RateLimit", "RateLimit-Policy",
    "Retry-After", "X-Request-Id", "Deprecation", "Sunset",
)  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
REQUEST_HEADERS = (
    "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Prefer", "X-Api-Key",
    "X-Request-Id", "traceparent", "tracestate",
)  # fmt: skip
PREFLIGHT_SECONDS = 7200
"""The longest time that Chromium caches a preflight response."""


class Cors:
    """ASGI middleware: lets pages of the origins read responses, and responds to their preflight requests."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != ScopeType.HTTP or not self._origins:
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"])
        origin = given.get(b"origin", b"").decode("latin-1")
        allowed = origin in self._origins
        if allowed and scope["method"] == "OPTIONS" and b"access-control-request-method" in given:
            await _answer_preflight(send, origin)
            return

        async def send_allowed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                # Also without an origin, or with another: caches must not give one origin's response to another.
                headers.extend_header_value("vary", "Origin")
                if allowed:
                    headers["Access-Control-Allow-Origin"] = origin
                    headers["Access-Control-Expose-Headers"] = ", ".join(EXPOSED)
            await send(message)

        await self._app(scope, receive, send_allowed)


async def _answer_preflight(send: Send, origin: str) -> None:
    headers = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": ", ".join(METHODS),
        "Access-Control-Allow-Headers": ", ".join(REQUEST_HEADERS),
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    }
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 204, "headers": raw})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
