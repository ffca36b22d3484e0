"""The worker and relay processes, and the loops that `orders dev` runs beside the API."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import MappingProxyType

from orders.adapters.outbound.rendering.pdf_renderer import PdfRenderer
from orders.bootstrap.addresses import resolve_addresses
from orders.bootstrap.aws import open_clients
from orders.bootstrap.container import Container
from orders.bootstrap.settings import Settings
from orders.bootstrap.topology_file import packaged_topology

Loop = Callable[[asyncio.Event], Awaitable[None]]

PDF_CREATOR = "pdf-creator"
WORKER_SERVICES = MappingProxyType(
    {
        "record-creator": ("dynamodb", "sqs", "events", "s3"),
        PDF_CREATOR: ("dynamodb", "sqs", "events", "s3"),
        "internal-notifier": ("dynamodb", "sqs", "s3", "ses"),
        "customer-notifier": ("dynamodb", "sqs", "s3", "ses"),
    }
)
"""The workers that there are, and the AWS services that each needs."""


def worker_loop(container: Container, name: str) -> Loop:
    """The loop of a worker."""
    pollers = {
        "record-creator": container.creation_poller,
        PDF_CREATOR: container.pdf_poller,
        "internal-notifier": container.internal_poller,
        "customer-notifier": container.customer_poller,
    }
    loop: Loop = pollers[name]().run
    return loop


@asynccontextmanager
async def open_renderer(settings: Settings) -> AsyncIterator[PdfRenderer]:
    """The renderer with its pool of processes, closed on leaving."""
    renderer = PdfRenderer(
        processes=settings.pdf_processes,
        documents_per_process=settings.pdf_documents_per_process,
        memory_limit_bytes=settings.pdf_memory_mib * 1024 * 1024,
        timeout_seconds=settings.pdf_timeout_seconds,
    )
    try:
        yield renderer
    finally:
        await renderer.close()


async def run_worker(settings: Settings, name: str, stop: asyncio.Event) -> None:
    """A worker as a process of its own. Raises: ResourcesMissing."""
    async with open_clients(settings, WORKER_SERVICES[name]) as clients:
        addresses = await resolve_addresses(clients.sqs, packaged_topology(), settings)
        container = Container(settings=settings, clients=clients, addresses=addresses)
        if name == PDF_CREATOR:
            async with open_renderer(settings) as renderer:
                container.renderer.override(renderer)
                await renderer.warm_up()
                await worker_loop(container, name)(stop)
        else:
            await worker_loop(container, name)(stop)
        await container.fast_path().drain()


async def run_relay(settings: Settings, stop: asyncio.Event) -> None:
    """The relay as a process of its own. Raises: ResourcesMissing."""
    async with open_clients(settings, ("dynamodb", "sqs", "events")) as clients:
        addresses = await resolve_addresses(clients.sqs, packaged_topology(), settings)
        await Container(settings=settings, clients=clients, addresses=addresses).relay_loop().run(stop)
