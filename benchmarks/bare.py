"""A bare service: Litestar on uvicorn with uvloop and httptools, one client of the table, a handler. The floors' frame.

The client has the options that the service gives its own and checks no parameters. What a floor leaves out is said
beside it.
"""

import asyncio
import gc
from collections.abc import Callable
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection
from socket import create_server
from typing import Any

import uvloop
from litestar import Litestar

from benchmarks.ground import table_client
from benchmarks.processes import Measured, answering, measured_process
from orders.bootstrap.server.uvicorn_server import server

Handlers = Callable[..., Any]
"""Makes a floor's handler, given a client of the table and what the floor was started with."""


def bare_process(handler: Handlers, table_url: str, *given: object) -> AbstractContextManager[Measured]:
    """Runs a bare service with that handler; ``given`` is passed to what makes it."""
    return measured_process(_run, handler, table_url, given)


def _run(pipe: Connection, handler: Handlers, table_url: str, given: tuple[object, ...]) -> None:
    uvloop.run(_serve(pipe, handler, table_url, given))


async def _serve(pipe: Connection, handler: Handlers, table_url: str, given: tuple[object, ...]) -> None:
    stop = asyncio.Event()
    async with table_client(table_url) as client:
        app = Litestar([handler(client, *given)], openapi_config=None, logging_config=None)
        running = server(app, "httptools")
        listener = create_server(("127.0.0.1", 0), backlog=2048)
        serving = asyncio.create_task(running.serve(sockets=[listener]))
        gc.freeze()
        answering(pipe, f"http://127.0.0.1:{listener.getsockname()[1]}", stop)
        await stop.wait()
        running.should_exit = True
        await serving
