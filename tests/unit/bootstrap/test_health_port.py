"""Health port of processes without an API."""

import asyncio
import json
from typing import Any

import pytest

from orders.adapters.inbound.cli.commands.health import HealthQuestion, ask
from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.server.health_port import answering_health
from orders.bootstrap.server.sockets import PortTaken
from orders.bootstrap.server.worker import WorkProbe
from tests.support.ports import free_port


class Work:
    """A loop that reaches what it works on, or doesn't."""

    def __init__(self, *, healthy: bool, waits_for: tuple[str, ...] = ()) -> None:
        self.healthy = healthy
        self.waits_for = waits_for

    async def run(self, stop: asyncio.Event) -> None:
        await stop.wait()


async def asked(port: int, *, ready: bool) -> tuple[int, Any]:
    while True:
        try:
            status, body = await asyncio.to_thread(ask, HealthQuestion(port, ready=ready))
        except ConnectionRefusedError:
            await asyncio.sleep(0)
        else:
            return status, json.loads(body)


@pytest.mark.parametrize(
    ("work", "status", "said"),
    [
        (None, 503, "pdf-creator queue: work has not begun"),
        (Work(healthy=False), 503, "pdf-creator queue: out of reach"),
        (Work(healthy=True), 200, "ok"),
        (
            Work(healthy=True, waits_for=("mail service: 200 of 200 mails of 24 hours are sent",)),
            200,
            "pdf-creator queue: receiving pauses: mail service: 200 of 200 mails of 24 hours are sent",
        ),
    ],
)
async def test_it_is_alive_whatever_it_reaches_and_ready_when_it_does(
    work: Work | None, status: int, said: str
) -> None:
    port = free_port()
    probe = WorkProbe("pdf-creator queue")
    if work is not None:
        probe.watch(work)
    async with answering_health(load_settings(health_port=port), probe):
        assert await asked(port, ready=False) == (200, {"status": "ok"})
        found = await asked(port, ready=True)
    assert (found[0], found[1]["checks"]) == (status, {"pdf-creator queue": said})
    with pytest.raises(ConnectionRefusedError):
        ask(HealthQuestion(port))


async def test_a_taken_port_is_said_before_anything_begins() -> None:
    port = free_port()
    async with answering_health(load_settings(health_port=port), WorkProbe("outbox")):
        with pytest.raises(PortTaken, match=f"port {port} on 127.0.0.1 can't be used .* another: HEALTH_PORT"):
            async with answering_health(load_settings(health_port=port), WorkProbe("outbox")):
                raise AssertionError("it must not come this far")


async def test_without_a_port_nothing_listens() -> None:
    async with answering_health(load_settings(health_port=None), WorkProbe("outbox")):
        assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
