"""The API in a process of its own, served over HTTP as it is in production, whose CPU time can be asked for."""

import asyncio
import gc
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import uvloop

from orders.adapters.inbound.http.app import create_app
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.bootstrap.config.edge import edge_rules
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.container.api_container import api_dependencies
from orders.bootstrap.logging import configure_logging
from orders.bootstrap.server.api import open_container, serve
from orders.bootstrap.server.region_watch import HeldLease
from orders.bootstrap.server.sockets import base_url, listen
from orders.bootstrap.telemetry import open_telemetry

_CPU, _STOP = "cpu", "stop"


@dataclass(frozen=True)
class ApiProcess:
    """A process that serves the API.

    Attributes:
        url: its address.
    """

    url: str
    _pipe: Connection

    def cpu_seconds(self) -> float:
        """Returns the CPU time that the process has used so far, once what it began in the background is done."""
        self._pipe.send(_CPU)
        spent: float = self._pipe.recv()
        return spent


@contextmanager
def api_process(settings: Settings) -> Iterator[ApiProcess]:
    """Runs the API with these settings, on the port that they name."""
    here, there = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_run, args=(settings, there), daemon=True)
    process.start()
    there.close()  # else a process that dies at its start would be waited for without end
    try:
        yield ApiProcess(here.recv(), here)
        here.send(_STOP)
        process.join(20)
    finally:
        process.kill()


def _run(settings: Settings, pipe: Connection) -> None:
    with Path(os.devnull).open("w") as nowhere:
        configure_logging(settings, stream=nowhere)
        uvloop.run(_serve(settings, pipe))


async def _serve(settings: Settings, pipe: Connection) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    with listen(settings) as listener:
        async with (
            open_telemetry(settings, Role.API) as telemetry,
            open_container(settings, telemetry, HeldLease(AlwaysWriter())) as container,
        ):
            app = create_app(
                api_dependencies(container),
                edge=edge_rules(settings),
                metrics=telemetry.metrics,
                tracing=telemetry.tracing,
            )
            fast_path: Any = container.use_cases().fast_path()

            def answer() -> None:
                pipe.send(base_url(settings))
                while pipe.recv() == _CPU:
                    asyncio.run_coroutine_threadsafe(fast_path.drain(), loop).result()
                    pipe.send(time.process_time())
                loop.call_soon_threadsafe(stop.set)

            # As `orders api` does a few seconds after its start (bootstrap/server/signals.py).
            gc.freeze()
            threading.Thread(target=answer, daemon=True).start()
            await serve(app, [listener], stop)
