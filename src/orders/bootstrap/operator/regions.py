"""The use cases of `orders dr`, opened for one command and closed after it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from orders.adapters.inbound.cli.runtime import CopiesAsked
from orders.adapters.outbound.aws.region_readiness import AwsRegionReadiness, RegionClients
from orders.adapters.outbound.aws.route53_health_checkers import Route53HealthCheckers
from orders.adapters.outbound.dynamodb.regions.alone_confirmations import DynamoAloneConfirmations
from orders.adapters.outbound.dynamodb.regions.control_table import OPERATORS_PATIENCE, DynamoControlTable
from orders.adapters.outbound.dynamodb.regions.replication import DynamoReplication
from orders.adapters.outbound.dynamodb.table_copy import DynamoTableCopy
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.adapters.outbound.system import SystemClock
from orders.application.regions.compare_copies import CompareCopies
from orders.application.regions.confirm_alone import ConfirmAlone
from orders.application.regions.desk import RegionDesk
from orders.application.regions.read_status import ReadStatus
from orders.application.regions.switch_writer import SwitchWriter
from orders.application.regions.verify_copies import VerifyCopies
from orders.bootstrap.aws import REGION_SERVICES, AwsClients, open_clients, open_control_clients
from orders.bootstrap.config.settings import Settings, SettingsError
from orders.bootstrap.operator.audit import operator_of
from orders.bootstrap.resources.names import names_of
from orders.bootstrap.resources.topology import ORDERS
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.ports.regions import WritableControlTable

_FAILOVER = "-dr"
SERVICES = ("dynamodb", "s3", "ses", "secretsmanager", "events", "sqs", *REGION_SERVICES)


@dataclass(frozen=True, slots=True)
class OpenRegions:
    """Both regions of an environment, and what a use case of its own is made with.

    Attributes:
        switching: makes the use case that switches the writer, over the table that it is given.
        by: the operator.
    """

    desk: RegionDesk
    control_table: DynamoControlTable
    switching: Callable[[WritableControlTable], SwitchWriter]
    by: str


@asynccontextmanager
async def open_regions(settings: Settings, *, tell: Callable[[str], None]) -> AsyncIterator[RegionDesk]:
    """Opens both regions of the settings' environment. Raises: SettingsError: there is one only."""
    async with open_both(settings, tell=tell) as both:
        yield both.desk


@asynccontextmanager
async def open_both(settings: Settings, *, tell: Callable[[str], None]) -> AsyncIterator[OpenRegions]:
    """Opens the same with what it is made of. Raises: SettingsError."""
    regions, control = two_regions(settings)
    table = names_of(settings, packaged_topology()).table()
    by, clock = await operator_of(settings), SystemClock()
    async with AsyncExitStack() as stack:
        clients = {region: await stack.enter_async_context(open_region(settings, region)) for region in regions}
        control_clients = await stack.enter_async_context(open_control_clients(settings))
        dynamodb = {region: each.dynamodb for region, each in clients.items()}
        control_table = DynamoControlTable(control_clients, control, patience=OPERATORS_PATIENCE)
        # Route 53 is one for all regions.
        checkers = Route53HealthCheckers(clients[regions[0]].route53, settings.health_checks)
        readiness = _readiness(settings, clients)
        confirmations = {
            region: DynamoAloneConfirmations(client, table, AlwaysWriter()) for region, client in dynamodb.items()
        }
        replication = DynamoReplication(dynamodb, dict.fromkeys(regions, table), clock, AlwaysWriter())

        def switching(over: WritableControlTable) -> SwitchWriter:
            return SwitchWriter(
                over,
                checkers,
                readiness,
                CompareCopies(replication, clock, asyncio.sleep),
                list(confirmations.values()),
                clock,
                by=by or f"somebody on {socket.gethostname()}",
                pause=asyncio.sleep,
                tell=tell,
            )

        yield OpenRegions(
            RegionDesk(
                regions,
                ReadStatus(control_table, checkers, readiness, clock, regions=regions),
                switching(control_table),
                ConfirmAlone(confirmations[regions[0]], control_table, clock, region=regions[0], by=by),
            ),
            control_table,
            switching,
            by or f"somebody on {socket.gethostname()}",
        )


@asynccontextmanager
async def open_copies(
    settings: Settings, *, asked: CopiesAsked, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncIterator[VerifyCopies]:
    """Opens two copies of the orders: this region's and the other one's, or two tables of this region.

    PDFs are compared between regions only: a restored table goes on with its origin's bucket.
    """
    names = names_of(settings, packaged_topology())
    table, bucket = asked.table or names.table(), names.bucket(ORDERS)
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(open_region(settings, settings.aws_region))
        if asked.other_table is not None:
            left, right = (DynamoTableCopy(here.dynamodb, name, name=name) for name in (table, asked.other_table))
        else:
            _, other_region = two_regions(settings)[0]
            there = await stack.enter_async_context(open_region(settings, other_region))
            documents = asked.other_bucket or other_bucket(bucket)
            left = DynamoTableCopy(here.dynamodb, table, name=settings.aws_region, s3=here.s3, bucket=bucket)
            right = DynamoTableCopy(there.dynamodb, table, name=other_region, s3=there.s3, bucket=documents)
        yield VerifyCopies(left, right, pause)


def other_bucket(bucket: str) -> str:
    """Returns the other region's bucket: the failover region's ends in ``-dr``."""
    return bucket.removesuffix(_FAILOVER) if bucket.endswith(_FAILOVER) else bucket + _FAILOVER


def two_regions(settings: Settings) -> tuple[tuple[str, str], str]:
    """Returns both regions, this one first, and the control table. Raises: SettingsError."""
    if settings.other_region is None or settings.control_table is None:
        raise SettingsError(
            f"{settings.environment} has one region, {settings.aws_region}, which always writes: there is no second "
            "one to take over, and no control table that names the writer. Two regions are for prod: in its terminals "
            "ENVIRONMENT, OTHER_REGION, CONTROL_TABLE and CONTROL_TABLE_REGIONS name them (docs/runbooks/failover.md)"
        )
    return (settings.aws_region, settings.other_region), settings.control_table


@asynccontextmanager
async def open_region(settings: Settings, region: str) -> AsyncIterator[AwsClients]:
    """Opens the clients of one of the regions."""
    there = settings.model_copy(update={"aws_region": region})
    async with open_clients(there, SERVICES) as clients:
        yield clients


def _readiness(settings: Settings, clients: dict[str, AwsClients]) -> AwsRegionReadiness:
    environment = settings.environment
    roles = ("api", "relay", *packaged_topology().workers)
    return AwsRegionReadiness(
        {
            region: RegionClients(each.ecs, each.ecr, each.elbv2, each.acm, each.ses, each.secretsmanager)
            for region, each in clients.items()
        },
        SystemClock(),
        cluster=f"bbws-orders-{environment}",
        services=[f"bbws-orders-{role}-{environment}" for role in roles],
        emulated=settings.aws_endpoint_url is not None,
    )
