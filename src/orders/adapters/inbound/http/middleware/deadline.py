"""Limits the time from a request's head to its response, a slowly sent body included ([API-8])."""

import asyncio
from datetime import timedelta
from typing import Any, cast

from litestar.enums import ScopeType
from litestar.handlers.base import BaseRouteHandler
from litestar.types import ASGIApp, HTTPScope, Message, Receive, ReceiveMessage, Scope, Send

from orders.adapters.inbound.http.middleware.asgi_problem import send_problem
from orders.adapters.inbound.http.operation import is_operation, operation_of
from orders.adapters.inbound.http.problems import REQUEST_TIMEOUT, TIMED_OUT
from orders.adapters.wire.parsing import ClientGone

RETRY_AFTER_SECONDS = 5
_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
_LIMIT = "orders.deadline"


def lift_deadline(scope: Scope) -> None:
    """Takes the limit off a request whose response goes on until somebody ends it."""
    limit: asyncio.Timeout | None = cast("dict[str, Any]", scope).get("state", {}).get(_LIMIT)
    if limit is not None:
        limit.reschedule(None)


class Deadline:
    """ASGI middleware: aborts a request that takes too long, and tells whether it may have been carried out.

    The status depends on the cause: 408 if the service was waiting for the client's body (RFC 9110, section 15.5.9), so
    that slow clients don't count as faults of the service; else 503.
    """

    def __init__(self, app: ASGIApp, limit: timedelta) -> None:
        self._app = app
        self._seconds = limit.total_seconds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(receive, send)
        limit = asyncio.timeout(self._seconds)
        cast("dict[str, Any]", scope).setdefault("state", {})[_LIMIT] = limit
        try:
            async with limit:
                await self._app(scope, exchange.receive, exchange.send)
        except TimeoutError:
            if not limit.expired():
                raise
            if not exchange.answered:
                await self._give_up(scope, send, exchange)
            # Else the client does not read the response that has begun; the server ends the connection.

    async def _give_up(self, scope: HTTPScope, send: Send, exchange: "_Exchange") -> None:
        retry = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        if exchange.waiting_for_body:
            detail = f"the body did not arrive within {self._seconds:g} s; nothing was changed"
            await send_problem(scope, send, REQUEST_TIMEOUT, detail, headers=retry | {"Connection": "close"})
            return
        detail = f"this took longer than {self._seconds:g} s; {_so(scope)}"
        await send_problem(scope, send, TIMED_OUT, detail, headers=retry)


def _so(scope: HTTPScope) -> str:
    # There once the request was routed.
    handler: BaseRouteHandler | None = cast("dict[str, Any]", scope).get("route_handler")
    keeps_nothing = handler is not None and is_operation(handler) and operation_of(handler).keeps_nothing
    if scope["method"] in _SAFE or keeps_nothing:
        return "nothing was changed; please try again"
    if any(name == b"idempotency-key" for name, _ in scope["headers"]):
        return (
            "whether it was carried out is not known; send it again with the same Idempotency-Key, "
            "and it is carried out once"
        )
    return "whether it was carried out is not known; look at the order before you send it again"


class _Exchange:
    """The exchange of one request: passes its messages on, and notes whether body and response have come."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._body_complete = False
        self.waiting_for_body = False
        self.answered = False

    async def receive(self) -> ReceiveMessage:
        """Receives the next part of the body. Raises: ClientGone."""
        self.waiting_for_body = not self._body_complete
        message = await self._receive()
        self.waiting_for_body = False
        if message["type"] == "http.disconnect" and not self._body_complete:
            raise ClientGone
        if message["type"] == "http.request" and not message.get("more_body", False):
            self._body_complete = True
        return message

    async def send(self, message: Message) -> None:
        self.answered = True
        await self._send(message)
