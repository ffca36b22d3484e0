"""Writes one audit record for every request to a route of orders ([SEC-5]).

The middleware is around the routes, so that a new route can't be forgotten: an application with a route of orders whose
operation has no description does not start. The name in the trail is the operation's id.
"""

from collections.abc import Callable
from typing import Any

from litestar import Router
from litestar.enums import ScopeType
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from orders.adapters.inbound.http.middleware.request_id import request_id_of
from orders.adapters.inbound.http.middleware.telemetry import note_operation
from orders.adapters.inbound.http.operation import operation_of
from orders.adapters.inbound.http.security.client_address import client_address
from orders.application.policy.audit import Attempt, Audit
from orders.domain.identity import is_order_id
from orders.ports.audit import AuditOutcome

_PROBLEM = "orders.problem"
_NOT_AUDITED = frozenset({"OPTIONS"})
"""OPTIONS only lists the methods of a path."""


def note_problem(scope: Any, kind: str) -> None:
    """Records the kind of problem for this request's audit record."""
    scope.setdefault("state", {})[_PROBLEM] = kind


class AuditedRoutes:
    """ASGI middleware of the routes: begins an attempt, and ends it with the response's status."""

    def __init__(self, app: ASGIApp, audit: Callable[[], Audit], forwarded_hops: int) -> None:
        self._app = app
        self._audit = audit
        self._forwarded_hops = forwarded_hops

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != ScopeType.HTTP or scope["method"] in _NOT_AUDITED:
            await self._app(scope, receive, send)
            return
        order_id = str(scope["path_params"].get("order_id", ""))
        operation_id = operation_of(scope["route_handler"]).operation_id
        note_operation(scope, operation_id)
        attempt = Attempt(
            operation=operation_id,
            origin=client_address(scope, forwarded_hops=self._forwarded_hops),
            request_id=request_id_of(scope),
            order_id=order_id if is_order_id(order_id) else None,
        )

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                attempt.ended(_outcome(message["status"]), scope.get("state", {}).get(_PROBLEM))
            await send(message)

        with self._audit().attempt(attempt):
            await self._app(scope, receive, send_and_note)


def checked(router: Router) -> Router:
    """Checks that each route of the router is audited, and returns it. Raises: LookupError."""
    for route in router.routes:
        assert isinstance(route, HTTPRoute)
        for handler in route.route_handlers:
            if handler.http_methods <= _NOT_AUDITED:
                continue
            try:
                operation_of(handler)
            except LookupError as error:
                method, path = ", ".join(sorted(handler.http_methods)), route.path_format.rstrip("/")
                raise LookupError(f"{method} {path} is not audited: {error}") from None
    return router


def _outcome(status: int) -> AuditOutcome:
    if status < 400:
        return AuditOutcome.ALLOWED
    if status in {401, 403, 404}:
        return AuditOutcome.DENIED
    return AuditOutcome.REFUSED if status < 500 else AuditOutcome.FAILED
