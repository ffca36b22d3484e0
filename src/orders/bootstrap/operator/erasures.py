"""The ledger of erasures and its replay, opened for one command and closed after it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from orders.adapters.outbound.dynamodb.erasure_ledger import DynamoErasureLedger
from orders.application.operations.reapply_erasures import ReapplyErasures
from orders.bootstrap.aws import S3_OTHER_REGION, open_clients
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.container.container import Container
from orders.bootstrap.operator.tools import mailboxes
from orders.bootstrap.resources.addresses import resolve_addresses
from orders.bootstrap.resources.names import names_of
from orders.bootstrap.resources.topology import ERASURE_LEDGER
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.region_watch import holding_lease, lease_held, working_beside
from orders.bootstrap.telemetry import Telemetry, open_telemetry
from orders.ports.erasure_ledger import ErasureLedger
from orders.ports.lease import WriterLease


@asynccontextmanager
async def open_erasure_ledger(settings: Settings) -> AsyncIterator[ErasureLedger]:
    """Opens the ledger of the settings' environment."""
    name = names_of(settings, packaged_topology()).table(ERASURE_LEDGER)
    async with open_clients(settings, ("dynamodb",)) as clients:
        yield DynamoErasureLedger(clients.dynamodb, name)


@asynccontextmanager
async def _leased(
    settings: Settings, telemetry: Telemetry, lease: WriterLease | None, tell: Callable[[str], None]
) -> AsyncIterator[WriterLease]:
    if lease is not None:
        yield lease
        return
    async with holding_lease(settings, telemetry, Role.OPERATOR) as held, working_beside(held.work()):
        await lease_held(held.lease, tell)
        yield held.lease


@asynccontextmanager
async def open_erasures(
    settings: Settings, lease: WriterLease | None = None, *, tell: Callable[[str], None] = lambda _: None
) -> AsyncIterator[ReapplyErasures]:
    """Opens the replay of erasures against the settings' table of orders.

    Under ``lease``, which the caller keeps, or under one of its own, which it waits for and ``tell``s so.

    Raises: ResourcesMissing; NotTheWriter: another region writes.
    """
    services = ("dynamodb", "sqs", "events", "s3", S3_OTHER_REGION)
    async with (
        open_telemetry(settings, Role.OPERATOR) as telemetry,
        open_clients(settings, services, longest_poll=timedelta(seconds=1), watch=telemetry.watch_client) as clients,
        _leased(settings, telemetry, lease, tell) as writing,
    ):
        topology = packaged_topology()
        made = Container(
            settings=settings,
            clients=clients,
            addresses=await resolve_addresses(clients.sqs, topology, settings),
            counters=telemetry.metrics,
            tracing=telemetry.tracing,
            mailboxes=await mailboxes(clients.sqs, topology, settings),
            lease=writing,
        )
        yield made.use_cases().reapply_erasures()
