"""Runs the seed on a service that runs: this process's own, or that of another terminal."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console

from orders.acceptance.async_client import AsyncClient
from orders.acceptance.client import NotReached
from orders.acceptance.steps import Failed
from orders.bootstrap.aws import open_clients
from orders.bootstrap.config.keys import dev_issuer
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.dev.announcement import typed_here
from orders.bootstrap.dev.order_lines import OrderLines
from orders.bootstrap.dev.seed.behind import emulator_behind
from orders.bootstrap.dev.seed.report import report
from orders.bootstrap.dev.seed.samples import SampleOrder, packaged_samples
from orders.bootstrap.dev.seed.seeding import Seeding
from orders.bootstrap.errors import CannotRun
from orders.bootstrap.resources.addresses import Addresses, resolve_addresses
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.sockets import base_url
from orders.domain.lifecycle import Role
from orders.ports.errors import PortError

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient


class SeedFailed(CannotRun):
    """The sample orders could not all be made; what was made stays, and another run goes on with it."""


async def seed(sqs: "SQSClient", addresses: Addresses, settings: Settings, url: str, console: Console) -> None:
    """Makes the sample orders through the API at this address, and prints what there is. Raises: SeedFailed."""
    issuer = dev_issuer(settings)

    def token(sample: SampleOrder, role: Role) -> str:
        is_customer = role is Role.CUSTOMER
        return issuer.token(
            tenant_id=sample.shop,
            customer_id=sample.customer_id if is_customer else f"{role}_001",
            roles=[role],
            email=sample.email if is_customer else None,
            now=datetime.now(UTC),
        )

    behind = await emulator_behind(sqs, addresses, settings, lambda: datetime.now(UTC))
    try:
        with _progress(console) as progress:
            async with AsyncClient(url) as api:
                done = await Seeding(packaged_samples(), api, token, behind, tell=progress).run()
    except (Failed, NotReached, PortError) as error:
        raise SeedFailed(f"not all sample orders could be made ({error}); `orders dev --seed` goes on") from error
    report(done, console, typed_here(settings))


async def seed_beside(
    sqs: "SQSClient",
    addresses: Addresses,
    settings: Settings,
    lines: OrderLines | None,
    stop: asyncio.Event,
    console: Console,
) -> None:
    """Runs the seed beside the service that it asks, until that is stopped; one that fails leaves it running."""
    seeding = asyncio.ensure_future(seed(sqs, addresses, settings, base_url(settings), console))
    stopping = asyncio.ensure_future(stop.wait())
    # A hundred lines of what is told in a table at the end.
    with nullcontext() if lines is None else lines.muted():
        try:
            await asyncio.wait({seeding, stopping}, return_when=asyncio.FIRST_COMPLETED)
            seeding.cancel()
            with suppress(asyncio.CancelledError):
                await seeding
        except SeedFailed as error:
            console.print(str(error), style="bold red", soft_wrap=True)
        finally:
            stopping.cancel()


async def seed_running(settings: Settings, url: str, console: Console) -> None:
    """Runs the seed on the service of another terminal. Raises: SeedFailed, ResourcesMissing."""
    async with open_clients(settings, ("sqs",)) as clients:
        addresses = await resolve_addresses(clients.sqs, packaged_topology(), settings)
        await seed(clients.sqs, addresses, settings, url, console)


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[str], None]]:
    """Shows what is being done in one line of a terminal, which is gone afterwards; elsewhere says it once."""
    if not console.is_terminal:
        console.print("making sample orders ...")
        yield lambda _: None
        return
    with console.status("making sample orders") as status:
        yield lambda what: status.update(f"making sample orders: {what}")
