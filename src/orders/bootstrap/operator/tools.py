"""Use cases of operators' commands, each opened for one command and closed after it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from orders.adapters.inbound.sqs.workers.record_creator import ANY, RecordCreator
from orders.adapters.outbound.aws.event_bridge import EventBridgePublisher
from orders.adapters.outbound.aws.s3.tenant_files import S3TenantFiles
from orders.adapters.outbound.aws.sqs.dead_letters import Mailbox, SqsDeadLetterQueues
from orders.adapters.outbound.dynamodb.events.event_archive import DynamoEventArchive
from orders.adapters.outbound.dynamodb.events.outbox import DynamoOutbox
from orders.adapters.outbound.dynamodb.order_numbers import DynamoOrderNumbers
from orders.adapters.outbound.dynamodb.ordering_tenants import DynamoOrderingTenants
from orders.adapters.outbound.dynamodb.suppressions import DynamoSuppressions
from orders.adapters.outbound.dynamodb.unreadable_items import DynamoUnreadableItems
from orders.adapters.outbound.system import SystemClock
from orders.application.events.replay_events import ReplayEvents
from orders.application.events.replay_shops import ReplayShops
from orders.application.mail.suppression_list import SuppressionList
from orders.application.operations.check_tenants import CheckTenants
from orders.application.operations.dead_letters import DeadLetterService
from orders.application.operations.find_order import FindOrder
from orders.application.operations.find_shops import FindShops
from orders.application.operations.find_unreadable import FindUnreadable
from orders.bootstrap.aws import open_clients
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.container.adapter_factories import order_senders
from orders.bootstrap.resources.addresses import queue_url
from orders.bootstrap.resources.names import names_of
from orders.bootstrap.resources.topology import TEMPLATES, Topology, environment_name
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.region_watch import holding_lease
from orders.bootstrap.telemetry import Telemetry, open_telemetry

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient


@asynccontextmanager
async def open_dead_letters(settings: Settings) -> AsyncIterator[DeadLetterService]:
    """Opens the dead letters of the settings' environment. Raises: ResourcesMissing."""
    # Commands poll no longer than that, and at a terminal an unreachable queue should be reported soon.
    async with (
        open_telemetry(settings, Role.OPERATOR) as telemetry,
        open_clients(settings, ("sqs",), longest_poll=timedelta(seconds=1), watch=telemetry.watch_client) as clients,
    ):
        boxes = await mailboxes(clients.sqs, packaged_topology(), settings)
        # A command is often run without them; see the adapter for what it then leaves alone.
        known = bool(settings.order_senders) or settings.environment == "local"
        trusted = order_senders(settings).may_forward if known else None
        queues = SqsDeadLetterQueues(clients.sqs, boxes, may_forward=trusted, tracing=telemetry.tracing)
        yield DeadLetterService(queues, SystemClock())


@asynccontextmanager
async def open_replay(settings: Settings, *, mails: bool) -> AsyncIterator[ReplayEvents]:
    """Opens replay in the settings' environment; with ``mails``, replayed events may send mails."""
    names = names_of(settings, packaged_topology())
    table, region = names.table(), settings.aws_region
    async with (
        open_telemetry(settings, Role.OPERATOR) as telemetry,
        open_clients(settings, ("dynamodb", "events"), watch=telemetry.watch_client) as clients,
    ):
        log = DynamoOutbox(clients.dynamodb, table, region=region, outbox_shards=settings.outbox_shards)
        publisher = EventBridgePublisher(
            clients.events, names.bus, replayed=True, mails=mails, tracing=telemetry.tracing
        )
        find_order = FindOrder(DynamoOrderNumbers(clients.dynamodb, table))
        yield ReplayEvents(log, DynamoEventArchive(clients.dynamodb, table), publisher, find_order)


@asynccontextmanager
async def open_shops_replay(settings: Settings, *, mails: bool) -> AsyncIterator[ReplayShops]:
    """Opens replay for all shops of the settings' environment; ``mails`` as for ``open_replay``."""
    names = names_of(settings, packaged_topology())
    async with open_replay(settings, mails=mails) as replay, open_clients(settings, ("dynamodb", "s3")) as clients:
        shops = FindShops(
            S3TenantFiles(clients.s3, names.bucket(TEMPLATES)),
            DynamoOrderingTenants(clients.dynamodb, names.table()),
            named=_named_tenants(settings),
        )
        yield ReplayShops(shops, replay)


@asynccontextmanager
async def open_suppressions(settings: Settings) -> AsyncIterator[SuppressionList]:
    """Opens the suppressed addresses of the settings' environment."""
    table = names_of(settings, packaged_topology()).table()
    async with (
        open_clients(settings, ("dynamodb",)) as clients,
        holding_lease(settings, Telemetry(), Role.OPERATOR) as held,
    ):
        yield SuppressionList(DynamoSuppressions(clients.dynamodb, table, held.lease), SystemClock())


@asynccontextmanager
async def open_tenants(settings: Settings) -> AsyncIterator[CheckTenants]:
    """Opens the shops of the settings' environment."""
    names = names_of(settings, packaged_topology())
    async with open_clients(settings, ("dynamodb", "s3")) as clients:
        yield CheckTenants(
            S3TenantFiles(clients.s3, names.bucket(TEMPLATES)),
            DynamoOrderingTenants(clients.dynamodb, names.table()),
            SystemClock(),
            prices_checked=settings.product_api_url is not None,
            named=_named_tenants(settings),
        )


@asynccontextmanager
async def open_unreadable(settings: Settings) -> AsyncIterator[FindUnreadable]:
    """Opens the search for unreadable items in the settings' environment and region."""
    table = names_of(settings, packaged_topology()).table()
    async with open_clients(settings, ("dynamodb",)) as clients:
        yield FindUnreadable(
            DynamoUnreadableItems(
                clients.dynamodb,
                table,
                region=settings.aws_region,
                other_region=settings.other_region,
                outbox_shards=settings.outbox_shards,
            ),
            FindOrder(DynamoOrderNumbers(clients.dynamodb, table)),
        )


def _named_tenants(settings: Settings) -> set[str]:
    return {*settings.service_clients.values(), *settings.order_senders.values()} - {ANY}


async def mailboxes(sqs: "SQSClient", topology: Topology, settings: Settings) -> dict[str, Mailbox]:
    """Returns every dead-letter queue: the workers' by name, the rules' as ``rule:NAME``."""
    environment = settings.environment

    async def url(declared: str) -> str:
        return await queue_url(sqs, environment_name(declared, environment))

    found = {
        queue.worker: Mailbox(
            await url(queue.dead_letter_name), await url(queue.name), sender_decides=queue.worker == RecordCreator.name
        )
        for queue in topology.queues
    }
    for rule in topology.rules:
        source = None if rule.queue is None else await url(rule.queue)
        found[f"rule:{rule.name}"] = Mailbox(await url(rule.dead_letter_queue), source)
    return found
