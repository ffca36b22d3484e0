"""Counts, times and traces requests, whatever becomes of them."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from orders.adapters.inbound.http.middleware.request_id import method_of
from orders.adapters.trace_context import valid_traceparent
from orders.ports.metric_catalogue import ERRORS, REQUEST_SECONDS, REQUESTS, THROTTLED_REQUESTS
from orders.ports.metrics import Metrics
from orders.ports.tracing import SpanKind, Tracing

CREATE, STATUS_CHANGE, READ, CHANGE = "create", "status_change", "read", "change"
"""Groups of operations that have one service level."""

_OPERATION = "orders.operation"
_OF_OPERATIONS: Mapping[str, str] = MappingProxyType(
    {
        "createOrder": CREATE,
        "setOrderStatus": STATUS_CHANGE,
        "cancelOrder": STATUS_CHANGE,
        "fulfilOrder": STATUS_CHANGE,
        "fulfilOrderAlias": STATUS_CHANGE,
        "deliverParcel": STATUS_CHANGE,
    }
)
_UNTRACED = ("/health", "/local")
"""Asked every few seconds by load balancers and pages: traces of these would be most of all."""


def note_operation(scope: Any, operation_id: str) -> None:
    """Records which operation of the API a request is; only these are counted."""
    scope.setdefault("state", {})[_OPERATION] = operation_id


def group_of(operation_id: str, method: str) -> str:
    """Returns the group of an operation."""
    return _OF_OPERATIONS.get(operation_id) or (READ if method in {"GET", "HEAD"} else CHANGE)


class RequestTelemetry:
    """ASGI middleware, the outermost: measures each request to an operation of the API, and traces it."""

    def __init__(self, app: ASGIApp, metrics: Metrics | None, tracing: Tracing, monotonic: Callable[[], float]) -> None:
        self._app = app
        self._metrics = metrics
        self._tracing = tracing
        self._monotonic = monotonic
        self._names: dict[str, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != ScopeType.HTTP or scope["path"].startswith(_UNTRACED):
            await self._app(scope, receive, send)
            return
        began = self._monotonic()
        status = 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        parents = [value for name, value in scope["headers"] if name == b"traceparent"]
        with self._tracing.span(
            scope["method"],
            kind=SpanKind.SERVER,
            # Several are none (W3C Trace Context, section 3.2.1).
            parent=valid_traceparent(parents[0].decode("latin-1")) if len(parents) == 1 else None,
            http__request__method=scope["method"],
        ) as span:
            try:
                await self._app(scope, receive, send_and_note)
            finally:
                operation_id = scope.get("state", {}).get(_OPERATION)
                span.note(http__response__status_code=status)
                if operation_id is not None:
                    span.rename(operation_id)
                    self._count(operation_id, method_of(scope), status, self._monotonic() - began)
                if status >= 500 or not status:
                    span.fail(str(status))

    def _count(self, operation_id: str, method: str, status: int, seconds: float) -> None:
        if self._metrics is None:
            return
        name = self._names.get(operation_id) or self._names.setdefault(operation_id, _snake_case(operation_id))
        # Nothing was answered: the client has gone, or the server failed at the last.
        self._metrics.count(REQUESTS, operation=name, answer=f"{status // 100 or 5}xx")
        if not 400 <= status < 500:
            # Refusals are quick: with many of them among the durations nobody would see that the others are slow.
            self._metrics.record(REQUEST_SECONDS, seconds, operation=name, group=group_of(operation_id, method))
        if status >= 500 or not status:
            self._metrics.count(ERRORS, operation=name)
        elif status == 429:
            self._metrics.count(THROTTLED_REQUESTS, operation=name)


def _snake_case(operation_id: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation_id).lower()
