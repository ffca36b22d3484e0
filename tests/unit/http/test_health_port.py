"""The health port of processes without an API: two answers over bare ASGI."""

import json

import httpx
import pytest

from orders.adapters.inbound.http.server.health_port import HealthPort
from orders.adapters.outbound.memory.clock import SteppingClock
from orders.application.operations.check_health import CheckHealth
from orders.ports.errors import TransientPortError
from tests.support.builders import NOON


class Queue:
    """A probe that says what it is told to."""

    name = "queue"

    def __init__(self) -> None:
        self.reached = True

    async def check(self) -> None:
        if not self.reached:
            raise TransientPortError("queue", "out of reach of jo@example.com")


def asking(queue: Queue) -> httpx.AsyncClient:
    app = HealthPort(CheckHealth([queue], SteppingClock(NOON)))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://health")


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/v1.0/orders/health"])
async def test_ready_names_what_does_not_answer_and_nobody(path: str) -> None:
    queue = Queue()
    async with asking(queue) as client:
        assert (await client.get(path)).json() == {"status": "ok", "checks": {"queue": "ok"}}
    queue.reached = False
    async with asking(queue) as client:
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "out of reach" in answer.json()["checks"]["queue"]
        assert "jo@example.com" not in answer.text
        assert (await client.get("/health/live")).json() == {"status": "ok"}


async def test_whatever_else_is_asked_is_refused() -> None:
    async with asking(Queue()) as client:
        assert (await client.get("/v1.0/orders")).status_code == 404
        refused = await client.post("/health/live")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
        head = await client.head("/health/live")
        assert (head.status_code, head.content) == (200, b"")
        assert int(head.headers["content-length"]) == len(json.dumps({"status": "ok"}, separators=(",", ":")))
