"""Reconciling two regions, opened for one command and closed after it."""

import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from orders.adapters.inbound.sqs.workers.record_creator import RecordCreator
from orders.adapters.outbound.aws.event_bridge import EventBridgePublisher
from orders.adapters.outbound.aws.sqs.order_commands import SqsOrderCommands
from orders.adapters.outbound.dynamodb.acceptances import DynamoAcceptances
from orders.adapters.outbound.dynamodb.events.outbox import DynamoOutbox
from orders.adapters.outbound.dynamodb.regions.control_table import OPERATORS_PATIENCE, DynamoControlTable
from orders.adapters.outbound.dynamodb.regions.kept_changes import DynamoFindings, DynamoKeptChanges
from orders.adapters.outbound.dynamodb.regions.region_stream import DynamoRegionStream
from orders.adapters.outbound.memory.metrics import NoMetrics
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.adapters.outbound.system import SystemClock
from orders.application.events.publish_events import PublishEvents
from orders.application.events.relay_outbox import RelayOutbox
from orders.application.orders.queue_accepted import QueueAccepted
from orders.application.regions.desk import ReconcileDesk
from orders.application.regions.reconcile import ErasuresReapplied, Reconcile
from orders.bootstrap.aws import AwsClients, open_control_clients
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.operator.audit import operator_of
from orders.bootstrap.operator.erasures import open_erasures
from orders.bootstrap.operator.regions import open_region, two_regions
from orders.bootstrap.resources.addresses import ResourcesMissing, queue_url
from orders.bootstrap.resources.names import names_of
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.region_watch import holding_lease, lease_held, working_beside
from orders.bootstrap.telemetry import Telemetry
from orders.ports.errors import PortError
from orders.ports.lease import WriterLease

_BY_HAND = (
    "run `orders erasure reapply` as event-processor's task, as docs/runbooks/erasure.md says, and this with "
    "--without-erasures"
)


async def _erased_again(settings: Settings, lease: WriterLease) -> ErasuresReapplied:
    """Replays the ledger of erasures, as far as this command may: deleting versions is for one task role alone."""
    try:
        async with open_erasures(settings, lease) as erasures:
            done = await erasures.execute()
    except (PortError, ResourcesMissing) as error:
        return ErasuresReapplied(f"{error}; {_BY_HAND}", complete=False)
    words = f"{done.erased} of {done.entries} entries of the ledger erased again"
    if done.failed:
        words += f", {len(done.failed)} failed, the first by {done.failed[0]}; {_BY_HAND}"
    return ErasuresReapplied(words, complete=not done.failed)


@asynccontextmanager
async def open_reconcile(
    settings: Settings, *, tell: Callable[[str], None], rehearsed: bool = False
) -> AsyncIterator[ReconcileDesk]:
    """Opens reconciling in this region with the other one; if it is ``rehearsed``, without erasing anything again.

    Raises: SettingsError: there is one region only.
    """
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
                await lease_held(held.lease, tell)
                return await _published(settings, here, table, held.lease)

        async def reapply_erasures() -> ErasuresReapplied:
            async with working_beside(held.work()):
                await lease_held(held.lease, tell)
                return await _erased_again(settings, held.lease)

        yield ReconcileDesk(
            Reconcile(
                DynamoControlTable(control_clients, control, patience=OPERATORS_PATIENCE),
                _streams(clients, table),
                DynamoKeptChanges(here.dynamodb, table),
                # A finding is no part of any order.
                DynamoFindings(here.dynamodb, table, AlwaysWriter()),
                clock,
                region=regions[0],
                republish=republish,
                reapply_erasures=None if rehearsed else reapply_erasures,
                tell=tell,
            ),
            by or f"somebody on {socket.gethostname()}",
        )


def _streams(clients: Mapping[str, AwsClients], table: str) -> list[DynamoRegionStream]:
    return [
        DynamoRegionStream(each.dynamodb, each.dynamodbstreams, table, region=region)
        for region, each in clients.items()
    ]


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
