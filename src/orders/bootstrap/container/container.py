"""Builds the adapters of a process over AWS, and the use cases over them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from dependency_injector import containers, providers

from orders.adapters.inbound.sqs.workers.event_processor import EventProcessor
from orders.adapters.inbound.sqs.workers.pdf_creator import PdfCreator
from orders.adapters.inbound.sqs.workers.record_creator import RecordCreator
from orders.adapters.outbound.audit_log import LogAuditTrail
from orders.adapters.outbound.aws.event_bridge import EventBridgePublisher
from orders.adapters.outbound.aws.probes import BucketProbe, MailProbe
from orders.adapters.outbound.aws.s3.documents import S3DocumentStore
from orders.adapters.outbound.aws.secrets_manager import SecretsManager
from orders.adapters.outbound.aws.sqs.dead_letters import Mailbox, SqsDeadLetterQueues
from orders.adapters.outbound.aws.sqs.document_requests import SqsDocumentRequests
from orders.adapters.outbound.aws.sqs.order_commands import SqsOrderCommands
from orders.adapters.outbound.aws.sqs.report_returns import SqsReportReturns
from orders.adapters.outbound.aws.sqs.scrub_requests import SqsRetainRequests, SqsScrubRequests
from orders.adapters.outbound.dynamodb.acceptances import DynamoAcceptances
from orders.adapters.outbound.dynamodb.erasure_ledger import DynamoErasureLedger
from orders.adapters.outbound.dynamodb.events.outbox import DynamoOutbox
from orders.adapters.outbound.dynamodb.mail_intents import DynamoMailIntents
from orders.adapters.outbound.dynamodb.order_numbers import DynamoOrderNumbers, RecentNumbers
from orders.adapters.outbound.dynamodb.order_repository import DynamoOrderRepository
from orders.adapters.outbound.dynamodb.probe import DynamoProbe
from orders.adapters.outbound.dynamodb.retained_items import DynamoRetainedItems
from orders.adapters.outbound.dynamodb.suppressions import DynamoSuppressions
from orders.adapters.outbound.memory.metrics import NoMetrics
from orders.adapters.outbound.rendering.mail_composer import JinjaMailComposer
from orders.adapters.outbound.rendering.overrides import Templates
from orders.adapters.outbound.rendering.pdf.renderer import PdfRenderer, RendererProbe
from orders.adapters.outbound.system import RandomOrderIds, SystemClock
from orders.adapters.trace_context import PassOnTracing
from orders.adapters.wire.answer_redaction import redacted_answer
from orders.bootstrap.aws import AwsClients
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.container.adapter_factories import (
    as_timedelta,
    document_versions,
    health_probes,
    mail_pace,
    mail_sender,
    mail_tokens,
    order_senders,
    queue_url,
    region_health,
    tenant_directory,
)
from orders.bootstrap.container.services import NO_SERVICES, Services
from orders.bootstrap.container.use_cases import UseCases
from orders.bootstrap.resources.addresses import Addresses
from orders.ports.health import Probe
from orders.ports.lease import WriterLease
from orders.ports.metrics import Metrics
from orders.ports.tracing import Tracing

_NONE: providers.Object[None] = providers.Object(None)  # a plain None would mean that there is no default
_NO_MAILBOXES: providers.Object[Mapping[str, Mailbox]] = providers.Object(MappingProxyType({}))
_NO_PROBES: providers.Object[Sequence[Probe]] = providers.Object(())
_NO_SERVICES: providers.Object[Services] = providers.Object(NO_SERVICES)


class Container(containers.DeclarativeContainer):
    """Adapters and use cases of a process, built over its opened clients.

    Each process passes what its use cases need: workers that render or send mail pass ``templates``, the pdf-creator a
    ``renderer``, processes that handle dead letters ``mailboxes``, those that mail staff ``staff_address_fallback``.
    """

    settings = providers.Dependency(instance_of=Settings)
    clients = providers.Dependency(instance_of=AwsClients)
    addresses = providers.Dependency(instance_of=Addresses)
    lease: providers.Dependency[WriterLease] = providers.Dependency()
    region_probes: providers.Dependency[Sequence[Probe]] = providers.Dependency(default=_NO_PROBES)
    counters: providers.Dependency[Metrics] = providers.Dependency(default=providers.Singleton(NoMetrics))
    tracing: providers.Dependency[Tracing] = providers.Dependency(default=providers.Singleton(PassOnTracing))
    services = providers.Dependency(instance_of=Services, default=_NO_SERVICES)
    templates: providers.Dependency[Templates] = providers.Dependency()
    renderer: providers.Dependency[PdfRenderer] = providers.Dependency()
    mailboxes: providers.Dependency[Mapping[str, Mailbox]] = providers.Dependency(default=_NO_MAILBOXES)
    mail_archive_dir: providers.Dependency[Path | None] = providers.Dependency(default=_NONE)
    staff_address_fallback: providers.Dependency[str | None] = providers.Dependency(default=_NONE)

    clock = providers.Singleton(SystemClock)
    secrets = providers.Singleton(SecretsManager, client=clients.provided.secretsmanager)
    order_senders = providers.Singleton(order_senders, settings=settings)
    mail_tokens = providers.Singleton(mail_tokens, settings=settings)

    written_numbers = providers.Singleton(RecentNumbers)
    repository = providers.Singleton(
        DynamoOrderRepository,
        client=clients.provided.dynamodb,
        table_name=addresses.provided.table,
        lease=lease,
        region=settings.provided.aws_region,
        outbox_shards=settings.provided.outbox_shards,
        written=written_numbers,
    )
    acceptances = providers.Singleton(
        DynamoAcceptances,
        client=clients.provided.dynamodb,
        table_name=addresses.provided.table,
        lease=lease,
        region=settings.provided.aws_region,
        outbox_shards=settings.provided.outbox_shards,
        written=written_numbers,
    )
    outbox = providers.Singleton(
        DynamoOutbox,
        client=clients.provided.dynamodb,
        table_name=addresses.provided.table,
        lease=lease,
        region=settings.provided.aws_region,
        other_region=settings.provided.other_region,
        outbox_shards=settings.provided.outbox_shards,
    )

    table_probe = providers.Singleton(
        DynamoProbe, client=clients.provided.dynamodb, table_name=addresses.provided.table
    )
    documents_probe = providers.Singleton(
        BucketProbe, client=clients.provided.s3, bucket=addresses.provided.documents_bucket, name="documents bucket"
    )
    templates_probe = providers.Singleton(
        BucketProbe, client=clients.provided.s3, bucket=addresses.provided.templates_bucket, name="templates bucket"
    )
    mail_probe = providers.Singleton(MailProbe, client=clients.provided.ses, allowed=settings.provided.mail_daily_quota)
    renderer_probe = providers.Singleton(RendererProbe, renderer=renderer)

    use_cases = providers.Container(
        UseCases,
        clock=clock,
        lease=lease,
        ids=providers.Singleton(RandomOrderIds),
        counters=counters,
        gauges=counters,
        audit_trail=providers.Singleton(LogAuditTrail, counters=counters),
        probes=providers.Singleton(
            health_probes, clients=clients, addresses=addresses, table=table_probe, region=region_probes
        ),
        region_probes=providers.Singleton(region_health, table=table_probe, region=region_probes),
        repository=repository,
        acceptances=acceptances,
        numbers=providers.Singleton(
            DynamoOrderNumbers,
            client=clients.provided.dynamodb,
            table_name=addresses.provided.table,
            written=written_numbers,
        ),
        outbox=outbox,
        event_log=outbox,
        publisher=providers.Singleton(
            EventBridgePublisher, client=clients.provided.events, bus_name=addresses.provided.bus, tracing=tracing
        ),
        order_commands=providers.Singleton(
            SqsOrderCommands,
            client=clients.provided.sqs,
            queue_url=providers.Factory(queue_url, addresses=addresses, worker=RecordCreator.name),
        ),
        tenants=providers.Singleton(
            tenant_directory,
            clients=clients,
            addresses=addresses,
            staff_address_fallback=staff_address_fallback,
            counters=counters,
        ),
        products=services.provided.products,
        campaigns=services.provided.campaigns,
        documents=providers.Singleton(
            S3DocumentStore,
            client=clients.provided.s3,
            bucket=addresses.provided.documents_bucket,
            lease=lease,
            presign_client=clients.provided.s3_links,
        ),
        document_versions=providers.Singleton(document_versions, clients=clients, addresses=addresses, lease=lease),
        document_requests=providers.Singleton(
            SqsDocumentRequests,
            client=clients.provided.sqs,
            queue_url=providers.Factory(queue_url, addresses=addresses, worker=PdfCreator.name),
        ),
        renderer=renderer,
        composer=providers.Singleton(JinjaMailComposer, templates=templates),
        mail_sender=providers.Singleton(
            mail_sender, clients=clients, settings=settings, lease=lease, archive=mail_archive_dir
        ),
        mail_intents=providers.Singleton(
            DynamoMailIntents, client=clients.provided.dynamodb, table_name=addresses.provided.table, lease=lease
        ),
        mail_quotas=mail_probe,
        mail_pace=providers.Singleton(mail_pace, tokens=mail_tokens),
        suppressions=providers.Singleton(
            DynamoSuppressions, client=clients.provided.dynamodb, table_name=addresses.provided.table, lease=lease
        ),
        erasure_ledger=providers.Singleton(
            DynamoErasureLedger,
            client=clients.provided.dynamodb,
            table_name=addresses.provided.erasure_ledger_table,
            lease=lease,
        ),
        scrub_requests=providers.Singleton(
            SqsScrubRequests,
            client=clients.provided.sqs,
            queue_url=providers.Factory(queue_url, addresses=addresses, worker=EventProcessor.name),
        ),
        retained_items=providers.Singleton(
            DynamoRetainedItems, client=clients.provided.dynamodb, table_name=addresses.provided.table, lease=lease
        ),
        retain_requests=providers.Singleton(
            SqsRetainRequests,
            client=clients.provided.sqs,
            queue_url=providers.Factory(queue_url, addresses=addresses, worker=EventProcessor.name),
        ),
        report_returns=providers.Singleton(
            SqsReportReturns,
            client=clients.provided.sqs,
            queue_url=providers.Factory(queue_url, addresses=addresses, worker=EventProcessor.name),
        ),
        dead_letter_queues=providers.Singleton(
            SqsDeadLetterQueues,
            client=clients.provided.sqs,
            mailboxes=mailboxes,
            may_forward=order_senders.provided.may_forward,
            tracing=tracing,
        ),
        # Nothing is sent back from these, so who may send is of no concern.
        purged_queues=providers.Singleton(
            SqsDeadLetterQueues, client=clients.provided.sqs, mailboxes=mailboxes, may_forward=_NONE
        ),
        redact_answer=providers.Object(redacted_answer),
        mail_lease=settings.provided.mail_lease,
        payment_failure_hold=settings.provided.payment_failure_hold,
        relay_lag=providers.Factory(as_timedelta, settings.provided.relay_lag_seconds),
        prices_must_be_settled=settings.provided.prices_must_be_settled,
    )
