"""The API process: the application, its server, its clients."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from litestar.types import ASGIApp

from orders.adapters.inbound.http.app import create_app
from orders.bootstrap.addresses import resolve_addresses
from orders.bootstrap.aws import open_clients
from orders.bootstrap.container import Container
from orders.bootstrap.keys import cursor_codec, token_keys
from orders.bootstrap.listening import listen
from orders.bootstrap.settings import Settings
from orders.bootstrap.topology_file import packaged_topology

SHUTDOWN_SECONDS = 20
AWS_SERVICES = ("dynamodb", "sqs", "events", "s3")


class Server(uvicorn.Server):
    """uvicorn, stopped by whoever runs it and not by signals of its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to ``bootstrap.processes``."""
        yield


def server(app: ASGIApp) -> Server:
    """A server for the application, with this service's timeouts."""
    return Server(
        uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            timeout_keep_alive=75,  # longer than the load balancer's 60 s, or it would reuse closed connections
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            lifespan="on",
        )
    )


async def serve(app: ASGIApp, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until ``stop`` is set, then let what was accepted end."""
    running = server(app)
    serving = asyncio.create_task(running.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    running.should_exit = True
    await serving


async def run_api(settings: Settings, stop: asyncio.Event) -> None:
    """The API as a process of its own. Raises: PortTaken, ResourcesMissing."""
    with listen(settings) as listener:
        async with open_clients(settings, AWS_SERVICES) as clients:
            container = Container(
                settings=settings,
                clients=clients,
                addresses=await resolve_addresses(clients.sqs, packaged_topology(), settings),
                token_keys=token_keys(settings),
                cursors=cursor_codec(settings),
            )
            await serve(create_app(container.served), listener, stop)
            await container.fast_path().drain()
