"""Compresses responses over 1 KiB for clients that accept gzip (RFC 9110, section 12.5.3).

The ETag stays unchanged. It names a version of an order, and If-Match and If-None-Match compare it by version. A weak
one for compressed responses would differ from the one in a replayed response. It would only prevent caches from mixing
byte ranges, but no ranges are served, and caches may not store anything.
"""

import asyncio
import gzip
import re

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

MIN_BYTES = 1024
_IN_A_THREAD_BYTES = 64 * 1024
"""Bodies above this are compressed in a thread: they would delay other requests for milliseconds, and zlib releases the
interpreter lock.
"""
_LEVEL = 5
_COMPRESSIBLE = re.compile(r"text/|application/(?:[\w.-]+\+)?(?:json|xml)\b|application/javascript\b|image/svg\+xml\b")
_QUALITY = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?")


def varying(body: bytes) -> dict[str, str]:
    """Makes the Vary header of a response with that JSON body, also for a response that leaves the body out."""
    return {"Vary": "Accept-Encoding"} if len(body) > MIN_BYTES else {}


class Compression:
    """ASGI middleware: compresses whole bodies over ``MIN_BYTES`` of compressible types with gzip."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        given = b",".join(value for name, value in scope["headers"] if name == b"accept-encoding").decode("latin-1")
        start: HTTPResponseStartEvent | None = None

        async def send_compressed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            if start is not None:
                begun, start = start, None
                if message["type"] == "http.response.body" and not message.get("more_body", False):
                    message["body"] = await encoded(begun, message["body"], given)
                await send(begun)
            await send(message)

        await self._app(scope, receive, send_compressed)


def takes_gzip(accept_encoding: str) -> bool:
    """Tells whether a client prefers gzip to the plain body; unreadable parts of the header are ignored."""
    qualities = dict(filter(None, map(_weighted, accept_encoding.split(","))))
    wanted = qualities.get("gzip", qualities.get("x-gzip", qualities.get("*", 0.0)))
    return wanted > 0 and wanted >= qualities.get("identity", 0.0)


def _weighted(element: str) -> tuple[str, float] | None:
    coding, _, parameter = element.partition(";")
    name, _, quality = parameter.strip().partition("=")
    if not parameter.strip():
        return coding.strip().lower(), 1.0
    if name.strip().lower() != "q" or not _QUALITY.fullmatch(quality.strip()):
        return None
    return coding.strip().lower(), float(quality)


async def encoded(start: HTTPResponseStartEvent, body: bytes, accept_encoding: str) -> bytes:
    """Compresses the body if the client accepts that, and adjusts the response's headers."""
    if len(body) <= MIN_BYTES:
        return body
    headers = MutableScopeHeaders.from_message(start)
    if not _COMPRESSIBLE.match(headers.get("content-type", "")) or "content-encoding" in headers:
        return body
    headers.extend_header_value("vary", "Accept-Encoding")
    if not takes_gzip(accept_encoding):
        return body
    if len(body) > _IN_A_THREAD_BYTES:
        small = await asyncio.to_thread(gzip.compress, body, _LEVEL, mtime=0)
    else:
        small = gzip.compress(body, _LEVEL, mtime=0)
    headers["content-encoding"] = "gzip"
    headers["content-length"] = str(len(small))
    return small
