"""The API process: the application, its server, its clients."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import cast

import uvicorn
from litestar.types import ASGIApp, ControllerRouterHandler

from orders.adapters.inbound.http.app import create_app
from orders.adapters.inbound.http.health import health_app
from orders.adapters.inbound.http.local_pages import local_pages, to_local_pages
from orders.adapters.outbound.local.document_archive import BucketDocuments
from orders.adapters.outbound.local.mail_archive import MailArchive
from orders.adapters.outbound.memory.counters import MemoryCounters
from orders.adapters.outbound.system import SystemClock
from orders.application.check_health import CheckHealth
from orders.bootstrap.addresses import Addresses, resolve_addresses
from orders.bootstrap.aws import AwsClients, open_clients, secret_services
from orders.bootstrap.container import Container
from orders.bootstrap.edge import edge_rules
from orders.bootstrap.http_protocol import BoundedHttp
from orders.bootstrap.keys import with_keys
from orders.bootstrap.listening import listen, listen_for_health
from orders.bootstrap.services import open_services
from orders.bootstrap.settings import Settings
from orders.bootstrap.topology_file import packaged_topology
from orders.ports.health import Probe

SHUTDOWN_SECONDS = 20
DRAIN_SECONDS = 3
AWS_SERVICES = ("dynamodb", "sqs", "events", "s3")


class Server(uvicorn.Server):
    """uvicorn, stopped by whoever runs it and not by signals of its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to ``bootstrap.processes``."""
        yield


def server(app: ASGIApp, protocol: type[BoundedHttp] = BoundedHttp) -> Server:
    """A server for the application, with this service's timeouts."""
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
            lifespan="on",
        )
    )


async def serve(
    app: ASGIApp,
    listeners: Sequence[socket.socket],
    stop: asyncio.Event,
    *,
    protocol: type[BoundedHttp] = BoundedHttp,
) -> None:
    """Serve until ``stop`` is set, then let what was accepted end."""
    running = server(app, protocol)
    serving = asyncio.create_task(running.serve(sockets=list(listeners)))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    running.should_exit = True
    await serving


async def run_api(settings: Settings, stop: asyncio.Event) -> None:
    """The API as a process of its own. Raises: PortTaken, ResourcesMissing, SettingsError."""
    with contextlib.ExitStack() as opened:
        listeners = [opened.enter_context(listen(settings))]
        if settings.health_port is not None:
            listeners.append(opened.enter_context(listen_for_health(settings.health_port)))
        counters = MemoryCounters()
        aws_services = (*AWS_SERVICES, *secret_services(settings))
        async with open_clients(settings, aws_services) as clients, open_services(settings, counters) as services:
            container = Container(
                settings=settings,
                clients=clients,
                addresses=await resolve_addresses(clients.sqs, packaged_topology(), settings),
                services=services,
                counters=counters,
            )
            pages = kept_pages(settings, clients, container.addresses()) if settings.local_pages else []
            app = create_app(container.served, edge=edge_rules(settings), extra_routes=pages)
            async with with_keys(container.token_keys(), container.api_keys(), container.cursor_keys()):
                await serve(app, listeners, stop)
            await drain(container)


async def drain(container: Container) -> None:
    """Let events that are being published get out; what isn't by then, the relay publishes."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            await container.fast_path().drain()


def kept_pages(settings: Settings, clients: AwsClients, addresses: Addresses) -> list[ControllerRouterHandler]:
    """The pages of sent mails and rendered PDFs."""
    return [
        local_pages(MailArchive(mail_archive(settings)), BucketDocuments(clients.s3, addresses.documents_bucket)),
        to_local_pages,
    ]


def mail_archive(settings: Settings) -> Path:
    """Where copies of sent mails are kept for the local pages."""
    return settings.orders_data_dir / "mails"


@contextlib.asynccontextmanager
async def answering_health(settings: Settings, probe: Probe) -> AsyncIterator[None]:
    """Answer on the health port, if there is one, while the work inside goes on. Raises: PortTaken.

    The answers come from the event loop that does the work: one that is stuck gives none.
    """
    if settings.health_port is None:
        yield
        return
    with listen_for_health(settings.health_port) as listener:
        running = server(cast("ASGIApp", health_app(CheckHealth([probe], SystemClock()))))
        serving = asyncio.create_task(running.serve(sockets=[listener]))
        try:
            yield
        finally:
            running.should_exit = True
            await serving
