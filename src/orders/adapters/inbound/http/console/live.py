"""Tells open pages that what they show has changed, by server-sent events.

A stream looks at its page's content every few seconds, through the same use cases as the page: changes are made by many
processes, and this one hears of few. It ends when the client has gone or the service stops, and there is a bounded
number of them.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from litestar import Request, Response
from litestar.response import Stream

from orders.adapters.inbound.http.middleware.deadline import lift_deadline
from orders.adapters.inbound.http.middleware.request_id import method_of
from orders.adapters.inbound.http.problems import UNAVAILABLE, problem
from orders.ports.errors import PortError

MAX_STREAMS = 24
"""Several people's or tabs' worth; a browser opens six at most."""

LOOK_EVERY_SECONDS = 2.0

RETRY_MILLISECONDS = 2000
"""After which a browser that has lost its stream asks again."""

_MEDIA_TYPE = "text/event-stream"

_log = logging.getLogger(__name__)

Fingerprint = Callable[[], Awaitable[str]]
"""Identifies what a page shows now. Raises: PortError, which means that nothing is known at the moment."""


class LiveStreams:
    """The open streams of one process.

    Args:
        stop: set when the service stops, which ends them.
        limit: how many there may be at once.
    """

    def __init__(
        self, stop: asyncio.Event, *, limit: int = MAX_STREAMS, every_seconds: float = LOOK_EVERY_SECONDS
    ) -> None:
        self._stop = stop
        self._limit = limit
        self._every_seconds = every_seconds
        self.open = 0

    def response(self, request: Request[Any, Any, Any], look: Fingerprint) -> Response[Any]:
        """Returns the stream of a page: an event ``changed`` whenever it shows something else than it did.

        What the page in the browser shows is in the query's ``seen``, or after a reconnection in ``Last-Event-ID``.
        """
        if self.open >= self._limit:
            detail = f"{self._limit} pages are open that hear of changes; close one, or reload this one by hand"
            return problem(request, UNAVAILABLE, detail, headers={"Retry-After": "10"})
        if method_of(request.scope) == "HEAD":
            # Answered as GET is, without the body: that would have no end.
            return Response(b"", media_type=_MEDIA_TYPE)
        seen = str(request.headers.get("last-event-id") or request.query_params.get("seen", ""))
        lift_deadline(request.scope)
        return Stream(self._events(look, seen), media_type=_MEDIA_TYPE, headers={"Cache-Control": "no-store"})

    async def _events(self, look: Fingerprint, seen: str) -> AsyncIterator[bytes]:
        self.open += 1
        try:
            yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
            while not self._stop.is_set():
                shows = await self._look(look)
                if shows is None or shows == seen:
                    # Of a client that has gone nobody hears before something is sent to it.
                    yield b":\n\n"
                else:
                    seen = shows
                    yield f"id: {shows}\nevent: changed\ndata: {shows}\n\n".encode()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), self._every_seconds)
        finally:
            self.open -= 1

    async def _look(self, look: Fingerprint) -> str | None:
        try:
            return await look()
        except PortError as error:
            _log.info("a page's content is not known at the moment: %s", error)
            return None
