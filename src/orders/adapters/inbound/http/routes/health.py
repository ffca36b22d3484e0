"""Health: ``live`` says the process serves, the others that it can do its work."""

from litestar import Response, get
from litestar.di import NamedDependency

from orders.adapters.inbound.http.server.health_answers import (
    ALIVE,
    LIVE_PATHS,
    MEDIA_TYPE,
    READY_PATHS,
    HealthAnswer,
    readiness,
)
from orders.application.operations.check_health import CheckHealth


def _response(answer: HealthAnswer) -> Response[bytes]:
    return Response(answer.body, status_code=answer.status, media_type=MEDIA_TYPE, headers=answer.headers)


@get(list(LIVE_PATHS))
async def live() -> Response[bytes]:
    """200 as long as the process answers; touches no dependency. What the load balancer asks."""
    return _response(ALIVE)


@get(list(READY_PATHS))
async def ready(check_health: NamedDependency[CheckHealth]) -> Response[bytes]:
    """200 when table and queues answer, else 503 naming which does not. What DNS fail-over asks; cached 5 s."""
    return _response(await readiness(check_health))
