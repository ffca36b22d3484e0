"""uvicorn as every process uses it: with this service's timeouts, and stopped by whoever runs it."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any, Literal

import uvicorn

SHUTDOWN_SECONDS = 20


class Server(uvicorn.Server):
    """uvicorn, stopped by whoever runs it and not by signals of its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to ``bootstrap.processes``."""
        yield


def server(app: Any, protocol: type[asyncio.Protocol] | Literal["httptools"], *, lifespan: bool = True) -> Server:
    """A server for an ASGI application."""
    return Server(
        uvicorn.Config(
            app,
            http=protocol,
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            timeout_keep_alive=75,  # longer than the load balancer's 60 s, or it would reuse closed connections
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            lifespan="on" if lifespan else "off",
        )
    )
