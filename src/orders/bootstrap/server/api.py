"""The API process: the application, its server, its clients."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence

from litestar.types import ASGIApp, ControllerRouterHandler

from orders.adapters.inbound.http.app import create_app
from orders.bootstrap.aws import S3_LINKS, open_clients, secret_services
from orders.bootstrap.config.edge import edge_rules
from orders.bootstrap.config.keys import with_keys
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.container.api_container import ApiContainer, api_dependencies
from orders.bootstrap.container.services import open_services
from orders.bootstrap.resources.addresses import resolve_addresses
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.http_protocol import BoundedHttp
from orders.bootstrap.server.region_watch import HeldLease, holding_lease, working_beside
from orders.bootstrap.server.signals import drain
from orders.bootstrap.server.sockets import listen, listen_for_health
from orders.bootstrap.server.uvicorn_server import server
from orders.bootstrap.telemetry import Telemetry, open_telemetry

AWS_SERVICES = ("dynamodb", "sqs", "events", "s3", S3_LINKS)


async def serve(
    app: ASGIApp,
    listeners: Sequence[socket.socket],
    stop: asyncio.Event,
    *,
    protocol: type[BoundedHttp] = BoundedHttp,
) -> None:
    """Serves until ``stop`` is set, then lets accepted requests end."""
    running = server(app, protocol)
    serving = asyncio.create_task(running.serve(sockets=list(listeners)))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    running.should_exit = True
    await serving


async def run_api(settings: Settings, stop: asyncio.Event) -> None:
    """Runs the API as a process of its own. Raises: PortTaken, ResourcesMissing, SettingsError."""
    with contextlib.ExitStack() as opened:
        listeners = [opened.enter_context(listen(settings))]
        if settings.health_port is not None:
            listeners.append(opened.enter_context(listen_for_health(settings.health_port)))
        async with (
            open_telemetry(settings, Role.API) as telemetry,
            holding_lease(settings, telemetry, Role.API) as held,
            open_container(settings, telemetry, held) as container,
        ):
            pages = await pages_of_this_machine(settings, container, stop)
            app = create_app(
                api_dependencies(container),
                edge=edge_rules(settings),
                metrics=telemetry.metrics,
                tracing=telemetry.tracing,
                extra_routes=pages,
            )
            async with (
                with_keys(container.token_keys(), container.api_keys(), container.cursor_keys()),
                working_beside(held.work()),
            ):
                await serve(app, listeners, stop)
            await drain(container.use_cases().fast_path())


@contextlib.asynccontextmanager
async def open_container(settings: Settings, telemetry: Telemetry, held: HeldLease) -> AsyncIterator[ApiContainer]:
    """Opens what the API needs of AWS and of other services, and builds its container. Raises: ResourcesMissing."""
    aws_services = (*AWS_SERVICES, *secret_services(settings))
    async with (
        open_clients(settings, aws_services, watch=telemetry.watch_client) as clients,
        open_services(settings, telemetry.metrics, telemetry.tracing) as services,
    ):
        yield ApiContainer(
            settings=settings,
            clients=clients,
            lease=held.lease,
            region_probes=held.probes,
            addresses=await resolve_addresses(clients.sqs, packaged_topology(), settings),
            services=services,
            counters=telemetry.metrics,
            tracing=telemetry.tracing,
        )


async def pages_of_this_machine(
    settings: Settings, container: ApiContainer, stop: asyncio.Event
) -> list[ControllerRouterHandler]:
    """Returns the pages of a developer's machine; none unless the settings ask for them, which only local ones may."""
    if not settings.local_pages:
        return []
    from orders.bootstrap.operator.overview import overview_of
    from orders.bootstrap.operator.tools import mailboxes
    from orders.bootstrap.server.local_pages import ElsewhereFigures, kept_pages

    sqs = container.clients().sqs
    boxes = await mailboxes(sqs, packaged_topology(), settings)
    overview = overview_of(sqs, boxes, container.outbox(), ElsewhereFigures())
    return kept_pages(settings, container, stop, overview)
