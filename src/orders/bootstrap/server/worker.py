"""The worker and relay processes, and the loops that `orders dev` runs beside the API."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import MappingProxyType
from typing import Protocol

from orders.adapters.inbound.periodic import Periodic
from orders.adapters.inbound.sqs.poller import Poller
from orders.adapters.outbound.memory.counters import MemoryCounters
from orders.bootstrap.aws import open_clients
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.container.container import Container
from orders.bootstrap.container.services import open_services
from orders.bootstrap.container.templates import closing, open_renderer
from orders.bootstrap.errors import CannotRun
from orders.bootstrap.operator_tools import mailboxes
from orders.bootstrap.resources.addresses import addresses_in_reach
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.health_port import answering_health
from orders.bootstrap.server.signals import drain
from orders.ports.errors import TransientPortError, Waiting

Loop = Callable[[asyncio.Event], Awaitable[None]]

PDF_CREATOR = "pdf-creator"
INTERNAL_NOTIFIER = "internal-notifier"
WORKER_SERVICES = MappingProxyType(
    {
        "record-creator": ("dynamodb", "sqs", "events", "s3"),
        PDF_CREATOR: ("dynamodb", "sqs", "events", "s3"),
        "internal-notifier": ("dynamodb", "sqs", "s3", "ses"),
        "customer-notifier": ("dynamodb", "sqs", "s3", "ses"),
        "event-processor": ("dynamodb", "sqs", "events", "s3"),
        "mail-feedback": ("dynamodb", "sqs"),
    }
)
"""The workers that there are, and the AWS services that each needs."""


class Working(Protocol):
    """A loop that knows whether it reaches what it works on: a poller, or the relay's."""

    @property
    def healthy(self) -> bool:
        """Whether it did the last time it tried."""
        ...

    @property
    def waits_for(self) -> tuple[str, ...]:
        """What else keeps it from working, and why."""
        ...

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set."""
        ...


class WorkProbe:
    """``Probe`` of a process's own work: whether its loop has begun and reaches what it works on."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._work: Working | None = None

    def watch(self, work: Working) -> None:
        """It has begun."""
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
    """The loop of a worker, and what goes on beside it."""
    poller = worker_poller(container, name)

    async def loop(stop: asyncio.Event) -> None:
        await _with(beside(container, name), poller, stop)

    return loop


def beside(container: Container, name: str) -> list[Periodic]:
    """What a worker does now and then beside its queue."""
    others = {"customer-notifier": container.quota_watch, INTERNAL_NOTIFIER: container.dead_letter_watch}
    return [others[name]()] if name in others else []


def worker_poller(container: Container, name: str) -> Poller:
    """The poller of a worker."""
    pollers = {
        "record-creator": container.creation_poller,
        PDF_CREATOR: container.pdf_poller,
        "internal-notifier": container.internal_poller,
        "customer-notifier": container.customer_poller,
        "event-processor": container.events_poller,
        "mail-feedback": container.feedback_poller,
    }
    poller: Poller = pollers[name]()
    return poller


async def run_worker(settings: Settings, name: str, stop: asyncio.Event) -> None:
    """A worker as a process of its own.

    Raises: CannotRun: a queue is not there, the health port is taken, or no PDF can be rendered on this machine.
    """
    probe = WorkProbe(f"{name} queue")
    counters = MemoryCounters()
    async with (
        answering_health(settings, probe),
        open_clients(settings, WORKER_SERVICES[name]) as clients,
        open_services(settings, counters) as services,
    ):
        addresses = await addresses_in_reach(clients.sqs, packaged_topology(), settings, stop)
        if addresses is None:
            return
        container = Container(
            settings=settings, clients=clients, addresses=addresses, services=services, counters=counters
        )
        if name == INTERNAL_NOTIFIER:
            container.mailboxes.override(await mailboxes(clients.sqs, packaged_topology(), settings))
        if settings.local_pages:
            container.mail_archive_dir.override(settings.mail_archive)
        async with closing(container.templates()) as templates:
            if name == PDF_CREATOR:
                async with open_renderer(settings, templates, counters) as renderer:
                    container.renderer.override(renderer)
                    try:
                        await renderer.warm_up()
                    except TransientPortError as error:
                        raise CannotRun(str(error)) from error
                    await _work(worker_poller(container, name), probe, stop)
            else:
                await _work(worker_poller(container, name), probe, stop, beside(container, name))
        await drain(container.fast_path())


async def run_relay(settings: Settings, stop: asyncio.Event) -> None:
    """The relay as a process of its own. Raises: ResourcesMissing, PortTaken."""
    probe = WorkProbe("outbox")
    async with (
        answering_health(settings, probe),
        open_clients(settings, ("dynamodb", "sqs", "events")) as clients,
    ):
        addresses = await addresses_in_reach(clients.sqs, packaged_topology(), settings, stop)
        if addresses is not None:
            container = Container(settings=settings, clients=clients, addresses=addresses)
            await _work(container.relay_loop(), probe, stop)


async def _work(loop: Working, probe: WorkProbe, stop: asyncio.Event, others: Sequence[Periodic] = ()) -> None:
    probe.watch(loop)
    await _with(others, loop, stop)


async def _with(others: Sequence[Periodic], loop: Working, stop: asyncio.Event) -> None:
    """Run the loop, and the others for as long as it runs."""
    tasks = [asyncio.create_task(other.run(stop)) for other in others]
    try:
        await loop.run(stop)
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
