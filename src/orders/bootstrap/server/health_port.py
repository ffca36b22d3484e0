"""The health port of processes without an API of their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from orders.adapters.inbound.http.server.health_port import HealthPort
from orders.adapters.outbound.system import SystemClock
from orders.application.operations.check_health import CheckHealth
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.server.sockets import listen_for_health
from orders.bootstrap.server.uvicorn_server import server
from orders.ports.health import Probe

_ALWAYS_ANEW = timedelta()
"""The probe looks at a variable of this process; an answer kept for seconds would only make a start look slow."""


@asynccontextmanager
async def answering_health(settings: Settings, probe: Probe) -> AsyncIterator[None]:
    """Serves the health port, if configured, while the work inside runs. Raises: PortTaken.

    The endpoint runs in the event loop that does the work: a blocked loop does not answer.
    """
    if settings.health_port is None:
        yield
        return
    with listen_for_health(settings.health_port) as listener:
        health = HealthPort(CheckHealth([probe], SystemClock(), cached_for=_ALWAYS_ANEW))
        running = server(health, "httptools", lifespan=False)
        serving = asyncio.create_task(running.serve(sockets=[listener]))
        try:
            yield
        finally:
            running.should_exit = True
            await serving
