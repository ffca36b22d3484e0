"""Serves health: ``live`` tells whether the process serves, the others whether it can do its work."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler

from orders.adapters.inbound.http.operation import ApiOperation, DocumentedResponse, Example
from orders.adapters.inbound.http.server.health_answers import (
    ALIVE,
    LIVE_PATHS,
    MEDIA_TYPE,
    READY_PATHS,
    ROUTED_BY,
    Alive,
    Health,
    HealthAnswer,
    readiness,
)
from orders.application.operations.check_health import CheckHealth


def _response(answer: HealthAnswer) -> Response[bytes]:
    return Response(answer.body, status_code=answer.status, media_type=MEDIA_TYPE, headers=answer.headers)


@get(
    list(LIVE_PATHS),
    operation=ApiOperation(
        "getLiveness",
        "Health",
        "Check liveness",
        "Touches nothing that the service depends on. What the load balancer asks.",
        (
            DocumentedResponse(
                200, "The process serves.", (Alive,), examples={"ok": Example("It does", lambda _: {"status": "ok"})}
            ),
        ),
    ),
)
async def live() -> Response[bytes]:
    """Responds 200 as long as the process runs; touches no dependency."""
    return _response(ALIVE)


_READINESS = (
    DocumentedResponse(
        200,
        "Everything that the service depends on answers.",
        (Health,),
        examples={"ok": Example("All is well", lambda _: {"status": "ok", "checks": {"orders table": "ok"}})},
    ),
    DocumentedResponse(
        503,
        "Something does not answer.",
        (Health,),
        ("RetryAfter",),
        {
            "unhealthy": Example(
                "The table is out of reach",
                lambda _: {"status": "unhealthy", "checks": {"orders table": "orders table: connection refused"}},
            )
        },
    ),
)


@get(
    ROUTED_BY,
    operation=ApiOperation(
        "getHealth",
        "Health",
        "Check health",
        "Asks whether the table answers and traffic may come to this region, at most every five seconds. What DNS "
        "fail-over asks. A region that only reads is healthy; queues don't count.",
        _READINESS,
    ),
)
async def health(check_region: NamedDependency[CheckHealth]) -> Response[bytes]:
    """Responds 200 if table and region can serve, else 503 saying why not; cached for 5 s."""
    return _response(await readiness(check_region))


def _ready(path: str, operation_id: str, summary: str, description: str) -> HTTPRouteHandler:
    asks = f"Asks table, region and queues, at most every five seconds. {description}"

    @get(path, operation=ApiOperation(operation_id, "Health", summary, asks, _READINESS))
    async def ready(check_health: NamedDependency[CheckHealth]) -> Response[bytes]:
        """Responds 200 if table, region and queues are well, else 503 naming those that aren't; cached for 5 s."""
        return _response(await readiness(check_health))

    return ready


_, _FOR_MONITORS, _BY_ORDERS_PATH = READY_PATHS
HEALTH_ROUTES = (
    health,
    _ready(_FOR_MONITORS, "getReadiness", "Check readiness", "For people and monitors."),
    _ready(_BY_ORDERS_PATH, "getOrdersHealth", "Check health by the orders path", "For people and monitors, likewise."),
    live,
)
