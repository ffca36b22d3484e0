"""Reconciling two regions, opened for one command and closed after it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from orders.adapters.inbound.sqs.workers.record_creator import RecordCreator
from orders.adapters.outbound.aws.event_bridge import EventBridgePublisher
from orders.adapters.outbound.aws.order_commands import SqsOrderCommands
from orders.adapters.outbound.dynamodb.acceptances import DynamoAcceptances
from orders.adapters.outbound.dynamodb.control_table import DynamoControlTable
from orders.adapters.outbound.dynamodb.kept_changes import DynamoFindings, DynamoKeptChanges
from orders.adapters.outbound.dynamodb.outbox import DynamoOutbox
from orders.adapters.outbound.dynamodb.region_stream import DynamoRegionStream
from orders.adapters.outbound.memory.metrics import NoMetrics
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.adapters.outbound.system import SystemClock
from orders.application.events.publish_events import PublishEvents
from orders.application.events.relay_outbox import RelayOutbox
from orders.application.orders.queue_accepted import QueueAccepted
from orders.application.regions.desk import ReconcileDesk
from orders.application.regions.reconcile import Reconcile
from orders.bootstrap.aws import AwsClients, open_control_clients
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.operator_audit import operator_of
from orders.bootstrap.operator_regions import open_region, two_regions
from orders.bootstrap.resources.addresses import queue_url
from orders.bootstrap.resources.names import names_of
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.region_watch import holding_lease, working_beside
from orders.bootstrap.telemetry import Telemetry
from orders.ports.errors import NotTheWriter
from orders.ports.lease import WriterLease

LEASE_WITHIN_SECONDS = 60
"""A new writer waits 35 s from when it first reads that it is the writer, and so does this command."""


async def erasures_by_hand() -> str:
    """Says that nothing was reapplied, and what does it."""
    return "not reapplied by this command: run `orders erasure reapply`"


@asynccontextmanager
async def open_reconcile(
    settings: Settings,
    *,
    tell: Callable[[str], None],
    reapply_erasures: Callable[[], Awaitable[str]] = erasures_by_hand,
) -> AsyncIterator[ReconcileDesk]:
    """Opens reconciling in this region with the other one. Raises: SettingsError: there is one only."""
    regions, control = two_regions(settings)
    table = names_of(settings, packaged_topology()).table()
    by, clock = await operator_of(settings), SystemClock()
    async with AsyncExitStack() as stack:
        clients = {region: await stack.enter_async_context(open_region(settings, region)) for region in regions}
        control_clients = await stack.enter_async_context(open_control_clients(settings))
        held = await stack.enter_async_context(holding_lease(settings, Telemetry(), Role.OPERATOR))
        here = clients[regions[0]]

        async def republish() -> int:
            async with working_beside(held.work()):
                await _lease_held(held.lease, tell)
                return await _published(settings, here, table, held.lease)

        yield ReconcileDesk(
            Reconcile(
                DynamoControlTable(control_clients, control),
                _streams(clients, table),
                DynamoKeptChanges(here.dynamodb, table),
                # A finding is no part of any order.
                DynamoFindings(here.dynamodb, table, AlwaysWriter()),
                clock,
                region=regions[0],
                republish=republish,
                reapply_erasures=reapply_erasures,
                tell=tell,
            ),
            by or f"somebody on {socket.gethostname()}",
        )


def _streams(clients: Mapping[str, AwsClients], table: str) -> list[DynamoRegionStream]:
    return [
        DynamoRegionStream(each.dynamodb, each.dynamodbstreams, table, region=region)
        for region, each in clients.items()
    ]


async def _lease_held(lease: WriterLease, tell: Callable[[str], None]) -> None:
    """Waits until this region may write. Raises: NotTheWriter."""
    for second in range(LEASE_WITHIN_SECONDS):
        try:
            lease.check()
        except NotTheWriter as error:
            if second == 0:
                tell(f"wait for the writer's lease: {error}")
            await asyncio.sleep(1)
        else:
            return
    lease.check()


async def _published(settings: Settings, clients: AwsClients, table: str, lease: WriterLease) -> int:
    """Publishes and queues what is pending in both regions' shards; returns how much that was."""
    topology, region, shards = packaged_topology(), settings.aws_region, settings.outbox_shards
    outbox = DynamoOutbox(
        clients.dynamodb, table, lease, region=region, other_region=settings.other_region, outbox_shards=shards
    )
    publisher = EventBridgePublisher(clients.events, names_of(settings, topology).bus)
    acceptances = DynamoAcceptances(clients.dynamodb, table, lease, region=region, outbox_shards=shards)
    name = topology.queue_name(RecordCreator.name, settings.environment)
    commands = SqsOrderCommands(clients.sqs, await queue_url(clients.sqs, name))
    counters = NoMetrics()
    relay = RelayOutbox(
        outbox,
        PublishEvents(outbox, publisher, counters, lease),
        QueueAccepted(acceptances, commands),
        SystemClock(),
        counters,
        lag=timedelta(),
    )
    published = 0
    for shard in range(outbox.shards):
        while sent := await relay.sweep(shard):
            published += sent
    return published
