"""Health: ``live`` says the process serves, the others that it can do its work."""

from typing import Any

from litestar import Litestar, Response, get
from litestar.di import NamedDependency, Provide

from orders.adapters.inbound.http import json_body
from orders.adapters.privacy.masking import mask_text
from orders.application.check_health import CheckHealth


def _json(status_code: int, content: Any) -> Response[bytes]:
    headers = {"Retry-After": "5"} if status_code == 503 else {}
    return Response(json_body.encode(content), status_code=status_code, media_type="application/json", headers=headers)


@get("/health/live")
async def live() -> Response[bytes]:
    """200 as long as the process answers; touches no dependency. What the load balancer asks."""
    return _json(200, {"status": "ok"})


@get(["/health", "/health/ready", "/v1.0/orders/health"])
async def ready(check_health: NamedDependency[CheckHealth]) -> Response[bytes]:
    """200 when table and queues answer, else 503 naming which does not. What DNS fail-over asks; cached 5 s."""
    health = await check_health.execute()
    faults = {name: mask_text(fault) for name, fault in health.faults}
    checks = {name: faults.get(name, "ok") for name in health.checked}
    return _json(200 if health.healthy else 503, {"status": "ok" if health.healthy else "unhealthy", "checks": checks})


def health_app(check_health: CheckHealth) -> Litestar:
    """Health and nothing else: what a process without an API of its own answers."""
    return Litestar(
        [live, ready],
        dependencies={"check_health": Provide(lambda: check_health, sync_to_thread=False)},
        openapi_config=None,
        # Litestar's own would put itself in the place of ours, unmasked; and show locals of what fails.
        logging_config=None,
        debug=False,
    )
