"""Builds the overview that `orders top` and the local page show."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from orders.adapters.outbound.aws.cloudwatch_figures import NAMESPACE, CloudWatchRecentFigures
from orders.adapters.outbound.aws.sqs.dead_letters import Mailbox, SqsDeadLetterQueues
from orders.adapters.outbound.aws.sqs.queue_depths import SqsQueueDepths
from orders.adapters.outbound.catalog_http.client import open_session
from orders.adapters.outbound.dynamodb.events.outbox import DynamoOutbox
from orders.adapters.outbound.local.service_figures import ServiceFigures
from orders.adapters.outbound.system import SystemClock
from orders.application.operations.read_overview import ReadOverview
from orders.bootstrap.aws import OPERATOR_SERVICES, open_clients
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.dev.local_processes import running_service
from orders.bootstrap.operator.tools import mailboxes
from orders.bootstrap.resources.names import names_of
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.ports.outbox import Outbox
from orders.ports.recent_figures import RecentFigures

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient

ERRORS_ARE_IN = (
    "CloudWatch Logs Insights, log groups /bbws-orders/{environment}/*: "
    'fields @timestamp, logger, event | filter level in ["error", "critical"] | sort @timestamp desc'
)
"""Lines of the log are JSON, whose fields Logs Insights knows by their names."""


@asynccontextmanager
async def open_overview(settings: Settings, *, namespace: str | None = None) -> AsyncIterator[ReadOverview]:
    """Opens the overview of the settings' environment: of the running `orders dev`, or of AWS.

    ``namespace`` is CloudWatch's, by default ``NAMESPACE``. Raises: ResourcesMissing.
    """
    topology = packaged_topology()
    local = settings.environment == "local"
    services = ("dynamodb", "sqs") if local else ("dynamodb", "sqs", *OPERATOR_SERVICES)
    async with open_clients(settings, services) as clients, open_session() as session:
        outbox = DynamoOutbox(
            clients.dynamodb,
            names_of(settings, topology).table(),
            region=settings.aws_region,
            other_region=settings.other_region,
            outbox_shards=settings.outbox_shards,
        )

        def service_url() -> str | None:
            service = running_service(settings.orders_data_dir)
            return None if service is None else service.url

        figures: RecentFigures = (
            ServiceFigures(session, service_url)
            if local
            else CloudWatchRecentFigures(
                clients.cloudwatch,
                SystemClock(),
                {worker: topology.queue_name(worker, settings.environment) for worker in topology.workers},
                errors_are_in=ERRORS_ARE_IN.format(environment=settings.environment),
                namespace=namespace or NAMESPACE,
            )
        )
        yield overview_of(clients.sqs, await mailboxes(clients.sqs, topology, settings), outbox, figures)


def overview_of(sqs: "SQSClient", boxes: Mapping[str, Mailbox], outbox: Outbox, figures: RecentFigures) -> ReadOverview:
    """Builds the overview of these queues: the workers' and all dead-letter queues."""
    workers = packaged_topology().workers
    urls = {name: box.source_url for name, box in boxes.items() if name in workers and box.source_url is not None}
    letters = SqsDeadLetterQueues(sqs, boxes, may_forward=None)
    return ReadOverview(SqsQueueDepths(sqs, urls), letters, outbox, figures, SystemClock())
