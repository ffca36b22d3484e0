"""Makes the responses about a process's health, for the API's routes and a worker's health port."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from typing_extensions import TypedDict

from orders.adapters.privacy.masking import mask_text
from orders.adapters.wire import json_body
from orders.application.operations.check_health import CheckHealth

LIVE_PATHS = ("/health/live",)
ROUTED_BY = "/health"
"""What DNS asks: whether this region can serve, whatever its queues do."""
READY_PATHS = (ROUTED_BY, "/health/ready", "/v1.0/orders/health")
MEDIA_TYPE = "application/json"


class Alive(TypedDict):
    """The process serves."""

    status: Literal["ok"]


class Health(TypedDict):
    """The service's dependencies and their health."""

    status: Literal["ok", "unhealthy"]
    checks: dict[str, str]
    """`ok`, or what is wrong, by dependency."""


@dataclass(frozen=True, slots=True)
class HealthAnswer:
    """A response about the health of the process."""

    status: int
    content: Mapping[str, Any]

    @property
    def headers(self) -> dict[str, str]:
        """The Retry-After header, if the process is unhealthy."""
        return {"Retry-After": "5"} if self.status == 503 else {}

    @property
    def body(self) -> bytes:
        """The content as JSON."""
        return json_body.encode(dict(self.content))


ALIVE = HealthAnswer(200, Alive(status="ok"))
"""The response of a process that responds at all; touches no dependency."""


async def readiness(check_health: CheckHealth) -> HealthAnswer:
    """Responds 200 if all dependencies respond, else 503 naming those that don't."""
    health = await check_health.execute()
    faults = {name: mask_text(fault) for name, fault in health.faults}
    checks = {name: faults.get(name, "ok") for name in health.checked}
    status = 200 if health.healthy else 503
    content: Health = {"status": "ok" if health.healthy else "unhealthy", "checks": checks}
    return HealthAnswer(status, content)
