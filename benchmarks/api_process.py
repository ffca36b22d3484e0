"""The API and the relay, each in a process of its own as it runs in production, whose CPU time can be asked for."""

import asyncio
import gc
import os
from collections.abc import Coroutine
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.processes import Measured, answering, measured_process
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
from orders.bootstrap.server.worker import run_relay
from orders.bootstrap.telemetry import open_telemetry


def api_process(settings: Settings) -> AbstractContextManager[Measured]:
    """Runs the API with these settings, on the port that they name."""
    return measured_process(_run_api, settings)


def relay_process(settings: Settings) -> AbstractContextManager[Measured]:
    """Runs the relay with these settings."""
    return measured_process(_run_relay, settings)


def run_quietly(settings: Settings, work: Coroutine[Any, Any, None]) -> None:
    """Runs the work on the event loop of production, with its lines of log written, to nowhere."""
    with Path(os.devnull).open("w") as nowhere:
        configure_logging(settings, stream=nowhere)
        uvloop.run(work)


def _run_api(pipe: Connection, settings: Settings) -> None:
    run_quietly(settings, _serve(pipe, settings))


async def _serve(pipe: Connection, settings: Settings) -> None:
    stop = asyncio.Event()
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
            # As `orders api` does a few seconds after its start (bootstrap/server/signals.py).
            gc.freeze()
            answering(pipe, base_url(settings), stop, fast_path.drain)
            await serve(app, [listener], stop)


def _run_relay(pipe: Connection, settings: Settings) -> None:
    run_quietly(settings, _relay(pipe, settings))


async def _relay(pipe: Connection, settings: Settings) -> None:
    stop = asyncio.Event()
    answering(pipe, "", stop)
    await run_relay(settings, stop)
