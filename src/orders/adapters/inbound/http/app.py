"""Builds the HTTP application from the use cases it serves."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, cast

from litestar import Litestar, Request, Response, Router
from litestar.config.app import AppConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.types import ASGIApp, ControllerRouterHandler

from orders.adapters.inbound.http.accepted import not_placed_yet
from orders.adapters.inbound.http.middleware.auditing import AuditedRoutes
from orders.adapters.inbound.http.middleware.edge import LOCAL, EdgeRules, surrounded
from orders.adapters.inbound.http.middleware.rate_limit import RateLimiter
from orders.adapters.inbound.http.middleware.telemetry import RequestTelemetry
from orders.adapters.inbound.http.openapi.deprecation import DEPRECATED, DeprecationHeaders, Deprecations
from orders.adapters.inbound.http.operation import operation_of
from orders.adapters.inbound.http.problems import EXCEPTION_HANDLERS, http_problem
from orders.adapters.inbound.http.routes.about import about_routes
from orders.adapters.inbound.http.routes.health import HEALTH_ROUTES
from orders.adapters.inbound.http.routes.orders import orders_router
from orders.adapters.inbound.http.routes.reference import TOKEN_PATH
from orders.adapters.inbound.http.security.api_keys import HEADER as API_KEY
from orders.adapters.inbound.http.security.api_keys import ApiKeyGuard
from orders.adapters.inbound.http.security.auth import Authenticator, Unauthenticated, single
from orders.adapters.inbound.http.supplied import Dependencies, supplied_handlers
from orders.adapters.trace_context import PassOnTracing, current_traceparent
from orders.application.policy.audit import Audit, attempted_by
from orders.application.policy.caller import Caller, admit
from orders.application.policy.errors import NotPlacedYet
from orders.ports.lease import WriterLease
from orders.ports.metrics import Metrics
from orders.ports.tracing import Tracing

MAX_BODY_BYTES = 256 * 1024

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_Handler = Callable[[Request[Any, Any, Any], Exception], Response[Any]]
_UNROUTED: tuple[type[HTTPException], ...] = (NotFoundException, MethodNotAllowedException)


def provide_caller(served: Dependencies, rate_limiter: RateLimiter) -> Provide:
    """Makes the provider of a request's caller.

    It takes what it needs from here: Litestar would start a task for each dependency of a dependency.
    """
    api_keys = cast("Callable[[], ApiKeyGuard]", served["api_keys"])
    authenticator = cast("Callable[[], Authenticator]", served["authenticator"])
    lease = cast("Callable[[], WriterLease]", served["lease"])

    async def authenticated(request: Request[Any, Any, Any]) -> Caller:
        """Authenticates the caller and counts the request against the rate limit.

        The client's key is checked first: it costs one hash, and without a valid key no signature is checked and the
        issuer is not asked.

        Raises: Unauthenticated, RateLimited, ActionForbidden for a caller without a role here, TransientPortError,
            NotTheWriter for a change in a region that takes none.
        """
        try:
            client = await api_keys().admit(request.headers.getall(API_KEY, []))
            authorization = single(request.headers.getall("authorization", []), "Authorization")
            caller = await authenticator().caller(authorization, current_traceparent.get())
        except Unauthenticated:
            rate_limiter.count_stranger(request.scope)
            raise
        attempted_by(caller)
        rate_limiter.count_caller(request.scope, caller.tenant_id, client or caller.principal)
        admit(caller)
        if request.method not in _READING and not operation_of(request.route_handler).keeps_nothing:
            # Asked again before the write. A copy that lags behind must not decide what a change may do, either.
            lease().check()
        return caller

    return Provide(authenticated)


def create_app(
    served: Dependencies,
    *,
    edge: EdgeRules = LOCAL,
    metrics: Metrics | None = None,
    tracing: Tracing | None = None,
    lifespan: Sequence[Callable[[Litestar], AbstractAsyncContextManager[None]]] = (),
    extra_routes: Sequence[ControllerRouterHandler] = (),
    deprecated: Deprecations = DEPRECATED,
) -> ASGIApp:
    """Builds the application.

    Args:
        served: each is called once per request that needs it, after the lifespan has begun, which opens the AWS
            clients.
        edge: the limits and origins of the environment.
        metrics: counts and times requests; by default nothing does.
        tracing: by default the callers' traces are passed on.
        extra_routes: more route handlers, such as the local pages of ``orders dev``. A router among them answers
            addresses below its path that no route has, if it has exception handlers for that.
        deprecated: the operations that will be removed; each of their responses says so.
    """

    rate_limiter = RateLimiter(edge.rate, edge.monotonic, forwarded_hops=edge.forwarded_hops)
    audited = DefineMiddleware(
        AuditedRoutes, audit=cast("Callable[[], Audit]", served["audit"]), forwarded_hops=edge.forwarded_hops
    )
    app = Litestar.from_config(
        AppConfig(
            route_handlers=[
                orders_router([audited], served),
                *supplied_handlers(HEALTH_ROUTES, served),
                *about_routes(deprecated, local_tokens=_serves(TOKEN_PATH, extra_routes)),
                *extra_routes,
            ],
            dependencies={"caller": provide_caller(served, rate_limiter)},
            exception_handlers={
                **EXCEPTION_HANDLERS,
                NotPlacedYet: not_placed_yet,
                **dict.fromkeys(_UNROUTED, _unrouted(extra_routes)),
            },
            lifespan=list(lifespan),
            openapi_config=None,
            request_max_body_size=MAX_BODY_BYTES,
        )
    )
    # Around the whole application: a request to an unknown path never reaches Litestar's own middleware.
    whole = surrounded(cast("ASGIApp", app), edge)
    if deprecated:
        from orders.adapters.inbound.http.openapi.document import ENDPOINTS

        whole = cast("ASGIApp", DeprecationHeaders(whole, ENDPOINTS, deprecated))
    return RequestTelemetry(whole, metrics, tracing or PassOnTracing(), edge.monotonic)


def _serves(path: str, routes: Sequence[ControllerRouterHandler]) -> bool:
    return any(isinstance(route, HTTPRouteHandler) and path in route.paths for route in routes)


def _unrouted(routes: Sequence[ControllerRouterHandler]) -> _Handler:
    """Makes the handler of requests that no route takes; Litestar itself asks no router's handlers about them."""
    routers = [each for each in routes if isinstance(each, Router)]

    def handler(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        path = f"{request.scope['path']}/"
        for router in routers:
            own = router.exception_handlers.get(type(error))
            if own is not None and path.startswith(f"{router.path.rstrip('/')}/"):
                return own(request, error)
        return http_problem(request, error)

    return handler
