"""The service of `orders dev` over its emulator: API, workers, relay, demo shops, local pages."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Sequence

from litestar import Litestar

from orders.adapters.inbound.http.app import create_app
from orders.adapters.inbound.periodic import Periodic
from orders.adapters.outbound.memory.recent_figures import SAMPLED_EVERY, MemoryRecentFigures
from orders.bootstrap.aws import CLIENTS, AwsClients, open_clients, queue_wait, secret_services
from orders.bootstrap.config.edge import edge_rules
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.container.adapter_factories import template_store
from orders.bootstrap.container.api_container import ApiContainer, api_dependencies
from orders.bootstrap.container.rendering import open_renderer, open_templates
from orders.bootstrap.container.services import open_services
from orders.bootstrap.dev import emulator
from orders.bootstrap.dev.announcement import Started, announce, typed_command
from orders.bootstrap.dev.demo import PROFILES, put_demo_profiles
from orders.bootstrap.dev.observing import order_lines
from orders.bootstrap.dev.seed.running import seed_beside
from orders.bootstrap.dev.shown import Shown
from orders.bootstrap.errors import CannotRun
from orders.bootstrap.operator.overview import overview_of
from orders.bootstrap.operator.tools import mailboxes
from orders.bootstrap.recent_errors import recent_errors
from orders.bootstrap.relay_tasks import relay_tasks
from orders.bootstrap.resources.addresses import resolve_addresses
from orders.bootstrap.resources.creation import ResourceClients, create_resources
from orders.bootstrap.resources.names import names_of
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.api import serve
from orders.bootstrap.server.local_pages import kept_pages
from orders.bootstrap.server.region_watch import holding_lease
from orders.bootstrap.server.worker import relay_loop, run_beside, worker_loop
from orders.bootstrap.telemetry import open_telemetry
from orders.bootstrap.workers import WORKERS

EMULATOR_LOOKED_AT_EVERY_SECONDS = 1.0


class EmulatorGone(CannotRun):
    """The emulator ended while the service was running."""


async def run_service(
    settings: Settings,
    listener: socket.socket,
    stop: asyncio.Event,
    running: emulator.RunningEmulator,
    began: float,
    shown: Shown,
) -> None:
    """Creates missing resources, then runs everything until stopped.

    Raises: CannotRun: a resource can't be created, or the emulator has ended.
    """
    aws_services = (*CLIENTS, *secret_services(settings))
    async with (
        open_telemetry(settings, Role.LOCAL) as telemetry,
        open_clients(
            settings, aws_services, longest_poll=queue_wait(settings), watch=telemetry.watch_client
        ) as clients,
        holding_lease(settings, telemetry, Role.LOCAL) as held,
        open_services(settings, telemetry.metrics, telemetry.tracing) as services,
        contextlib.AsyncExitStack() as opened,
    ):
        topology = packaged_topology()
        await create_resources(
            topology,
            resource_clients(clients),
            environment=settings.environment,
            sender_identities=[settings.mail_from],
            names=names_of(settings, topology),
        )
        addresses = await resolve_addresses(clients.sqs, topology, settings)
        await put_demo_profiles(clients.s3, addresses.templates_bucket)
        store = template_store(clients, addresses, settings)
        counters = telemetry.metrics
        templates = await opened.enter_async_context(open_templates(settings, store, counters))
        renderer = await opened.enter_async_context(open_renderer(settings, templates, counters))
        boxes = await mailboxes(clients.sqs, topology, settings)
        container = ApiContainer(
            settings=settings,
            clients=clients,
            addresses=addresses,
            lease=held.lease,
            region_probes=held.probes,
            counters=counters,
            tracing=telemetry.tracing,
            services=services,
            templates=templates,
            renderer=renderer,
            mailboxes=boxes,
            mail_archive_dir=settings.mail_archive,
            staff_address_fallback=settings.staff_address_fallback,
        )

        lines, telling = order_lines(container, shown, settings) if shown.orders else (None, ())
        assert telemetry.memory is not None
        figures = MemoryRecentFigures(telemetry.memory, container.clock(), opened.enter_context(recent_errors()).newest)
        overview = overview_of(clients.sqs, boxes, container.outbox(), figures)

        @contextlib.asynccontextmanager
        async def lifespan(_: Litestar) -> AsyncIterator[None]:
            started = Started(running.url, time.monotonic() - began, tuple(PROFILES), typed_command())
            announce(settings, started, shown.console, log=shown.log is not None)
            yield

        app = create_app(
            api_dependencies(container),
            edge=edge_rules(settings),
            metrics=counters,
            tracing=telemetry.tracing,
            lifespan=[lifespan],
            extra_routes=kept_pages(settings, container, stop, overview),
        )
        work = [
            renderer.warm_up(),
            _watch(running, stop),
            serve(app, [listener], stop),
            run_beside([*relay_tasks(container), *held.work()], relay_loop(container), stop),
            Periodic("recent figures", figures.sample, SAMPLED_EVERY).run(stop),
            *(worker_loop(container, name)(stop) for name in WORKERS),
            *(each.run(stop) for each in telling),
            *([seed_beside(clients.sqs, addresses, settings, lines, stop, shown.console)] if shown.seed else []),
        ]
        await _together(work, stop)
        await container.use_cases().fast_path().drain()


async def _together(work: Sequence[Awaitable[None]], stop: asyncio.Event) -> None:
    """Runs all until they end; when one fails, stops the others cleanly and raises its error."""
    tasks = [asyncio.ensure_future(each) for each in work]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    stop.set()
    await asyncio.wait(tasks)
    for task in tasks:
        task.result()


async def _watch(running: emulator.RunningEmulator, stop: asyncio.Event) -> None:
    """Raises when the emulator ends, without which nothing here works. Raises: EmulatorGone."""
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EMULATOR_LOOKED_AT_EVERY_SECONDS)
        if stop.is_set() or running.is_alive():
            continue
        if emulator.was_stopped(running):
            # `orders dev --stop`, from another terminal: all is saved, and nothing is left to do here.
            stop.set()
        else:
            raise EmulatorGone(
                "the emulator has stopped; data since its last clean stop is lost. Start again with `make run`; "
                f"the emulator's log is {running.data_dir / 'emulator.log'}"
            )


def resource_clients(clients: AwsClients) -> ResourceClients:
    return ResourceClients(
        dynamodb=clients.dynamodb,
        sqs=clients.sqs,
        sns=clients.sns,
        events=clients.events,
        s3=clients.s3,
        ses=clients.ses,
    )
