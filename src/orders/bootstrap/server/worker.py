"""Runs the worker and relay processes, and builds the loops that `orders dev` runs beside the API."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Protocol

import structlog

from orders.adapters.inbound.periodic import Periodic
from orders.adapters.inbound.relay import RelayLoop
from orders.adapters.outbound.aws.sqs.dead_letters import Mailbox
from orders.adapters.outbound.rendering.overrides import Templates
from orders.adapters.outbound.rendering.pdf.renderer import PdfRenderer
from orders.bootstrap.aws import AwsClients, open_clients, queue_wait
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.container.adapter_factories import template_store
from orders.bootstrap.container.container import Container
from orders.bootstrap.container.rendering import open_renderer, open_templates
from orders.bootstrap.container.services import open_services
from orders.bootstrap.errors import CannotRun
from orders.bootstrap.operator.tools import mailboxes
from orders.bootstrap.relay_tasks import relay_tasks
from orders.bootstrap.resources.addresses import Addresses, addresses_in_reach, once_in_reach
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.health_port import answering_health
from orders.bootstrap.server.region_watch import holding_lease, working_beside
from orders.bootstrap.server.signals import drain
from orders.bootstrap.telemetry import Telemetry, open_telemetry
from orders.bootstrap.workers import WORKERS, Worker
from orders.ports.errors import TransientPortError, Waiting
from orders.ports.lease import WriterLease
from orders.ports.metrics import Metrics

_log = structlog.get_logger(__name__)

Loop = Callable[[asyncio.Event], Awaitable[None]]


class Working(Protocol):
    """A loop that reports its health: a poller, or the relay's loop."""

    @property
    def healthy(self) -> bool:
        """True if the last attempt reached the queue or the table."""
        ...

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Errors of other dependencies that keep the loop from working."""
        ...

    async def run(self, stop: asyncio.Event) -> None:
        """Runs until ``stop`` is set."""
        ...


class WorkProbe:
    """``Probe`` of a process's own loop: fails until it has begun, and while it can't reach its queue or table."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._work: Working | None = None

    def watch(self, work: Working) -> None:
        """Sets the loop to report on, once it has been built."""
        self._work = work

    async def check(self) -> None:
        """See ``Probe.check``."""
        if self._work is None:
            raise TransientPortError(self.name, "work has not begun")
        if not self._work.healthy:
            raise TransientPortError(self.name, "out of reach")
        if self._work.waits_for:
            raise Waiting(self.name, f"receiving pauses: {'; '.join(self._work.waits_for)}")


def worker_loop(container: Container, name: str) -> Loop:
    """Builds the loop of a worker with its periodic tasks."""
    worker = WORKERS[name]
    poller, periodic = worker.poller(container), worker.periodic(container)

    async def loop(stop: asyncio.Event) -> None:
        await run_beside(periodic, poller, stop)

    return loop


async def run_worker(settings: Settings, name: str, stop: asyncio.Event) -> None:
    """Runs a worker as a process of its own.

    Raises: CannotRun: a queue does not exist, the health port is in use, or PDFs can't be rendered on this machine.
    """
    worker = WORKERS[name]
    probe = WorkProbe(f"{name} queue")
    async with (
        answering_health(settings, probe),
        open_telemetry(settings, Role(name)) as telemetry,
        open_clients(
            settings, worker.aws_services, longest_poll=queue_wait(settings), watch=telemetry.watch_client
        ) as clients,
        holding_lease(settings, telemetry, Role(name)) as held,
        AsyncExitStack() as opened,
    ):
        addresses = await addresses_in_reach(clients.sqs, packaged_topology(), settings, stop)
        if addresses is None:
            return
        boxes: Mapping[str, Mailbox] | None = {}
        if worker.reads_dead_letters:
            boxes = await once_in_reach(lambda: mailboxes(clients.sqs, packaged_topology(), settings), stop)
        if boxes is None:
            return
        container = await _open_container(settings, worker, clients, addresses, boxes, telemetry, held.lease, opened)
        poller = worker.poller(container)
        probe.watch(poller)
        _log.info("the worker runs", worker=name, queue=poller.name)
        await run_beside([*worker.periodic(container), *held.work()], poller, stop)
        if worker.publishes:
            await drain(container.use_cases().fast_path())


async def _open_container(
    settings: Settings,
    worker: Worker,
    clients: AwsClients,
    addresses: Addresses,
    boxes: Mapping[str, Mailbox],
    telemetry: Telemetry,
    lease: WriterLease,
    opened: AsyncExitStack,
) -> Container:
    """Builds the container with what the worker's row names, and nothing else: a process reads no other settings."""
    counters = telemetry.metrics
    given: dict[str, object] = {}
    if worker.renders_documents or worker.sends_mail:
        store = template_store(clients, addresses, settings)
        templates = await opened.enter_async_context(open_templates(settings, store, counters))
        given["templates"] = templates
        if worker.renders_documents:
            given["renderer"] = await opened.enter_async_context(_open_warm_renderer(settings, templates, counters))
    if worker.sends_mail and settings.local_pages:
        given["mail_archive_dir"] = settings.mail_archive
    if worker.reads_dead_letters:
        given["mailboxes"] = boxes
    if worker.mails_staff:
        given["staff_address_fallback"] = settings.staff_address_fallback
    if worker.places_orders:
        given["services"] = await opened.enter_async_context(open_services(settings, counters, telemetry.tracing))
    return Container(
        settings=settings,
        clients=clients,
        addresses=addresses,
        lease=lease,
        counters=counters,
        tracing=telemetry.tracing,
        **given,
    )


@asynccontextmanager
async def _open_warm_renderer(
    settings: Settings, templates: Templates, counters: Metrics
) -> AsyncIterator[PdfRenderer]:
    async with open_renderer(settings, templates, counters) as renderer:
        try:
            await renderer.warm_up()
        except TransientPortError as error:
            raise CannotRun(str(error)) from error
        yield renderer


async def run_relay(settings: Settings, stop: asyncio.Event) -> None:
    """Runs the relay as a process of its own. Raises: ResourcesMissing, PortTaken."""
    probe = WorkProbe("outbox")
    async with (
        answering_health(settings, probe),
        open_telemetry(settings, Role.RELAY) as telemetry,
        open_clients(settings, ("dynamodb", "sqs", "events"), watch=telemetry.watch_client) as clients,
        holding_lease(settings, telemetry, Role.RELAY) as held,
    ):
        addresses = await addresses_in_reach(clients.sqs, packaged_topology(), settings, stop)
        if addresses is not None:
            container = Container(
                settings=settings,
                clients=clients,
                addresses=addresses,
                lease=held.lease,
                counters=telemetry.metrics,
                tracing=telemetry.tracing,
            )
            relay = relay_loop(container)
            probe.watch(relay)
            _log.info("the relay runs", table=addresses.table)
            watches = held.work_watched(settings, telemetry, (probe, container.table_probe()))
            await run_beside([*relay_tasks(container), *watches], relay, stop)


def relay_loop(container: Container) -> RelayLoop:
    """Builds the loop of the relay."""
    settings = container.settings()
    return RelayLoop(
        container.use_cases().relay_outbox(),
        container.outbox().shards,
        container.lease(),
        interval=timedelta(seconds=settings.relay_interval_seconds),
    )


async def run_beside(others: Sequence[Periodic], loop: Working, stop: asyncio.Event) -> None:
    """Runs the loop, and the periodic tasks for as long as it runs."""
    async with working_beside(others):
        await loop.run(stop)
