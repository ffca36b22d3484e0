"""The uvicorn server with this service's timeouts, stopped by its caller."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any, Literal

import uvicorn

SHUTDOWN_SECONDS = 20


class Server(uvicorn.Server):
    """uvicorn without signal handlers of its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals to ``signals.py``."""
        yield


def server(app: Any, protocol: type[asyncio.Protocol] | Literal["httptools"], *, lifespan: bool = True) -> Server:
    """Makes a server for an ASGI application."""
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
