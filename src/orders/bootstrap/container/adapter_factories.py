"""Builds adapters that need more than what the container holds: queue URLs by worker, settings in other units."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from orders.adapters.inbound.sqs.rate import TokenBucket
from orders.adapters.inbound.sqs.workers.event_processor import EventProcessor
from orders.adapters.inbound.sqs.workers.pdf_creator import PdfCreator
from orders.adapters.inbound.sqs.workers.record_creator import ANY, RecordCreator, Senders
from orders.adapters.outbound.aws.document_requests import SqsDocumentRequests
from orders.adapters.outbound.aws.mail_message import build_mime
from orders.adapters.outbound.aws.order_commands import SqsOrderCommands
from orders.adapters.outbound.aws.probes import MailProbe, QueueProbe
from orders.adapters.outbound.aws.report_returns import SqsReportReturns
from orders.adapters.outbound.aws.s3_templates import S3TemplateStore
from orders.adapters.outbound.aws.s3_tenants import S3TenantDirectory
from orders.adapters.outbound.aws.scrub_requests import SqsScrubRequests
from orders.adapters.outbound.aws.ses_mail import SesMailSender
from orders.adapters.outbound.aws.sqs_dead_letters import Mailbox, SqsDeadLetterQueues
from orders.adapters.outbound.dynamodb.probe import DynamoProbe
from orders.adapters.outbound.local.mail_archive import ArchivingMailSender
from orders.application.mail.notify_dead_letters import HELD_FOR
from orders.application.mail.notify_staff import Pace
from orders.application.operations.dead_letters import DeadLetterService
from orders.bootstrap.aws import AwsClients
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.dev.demo import default_profile
from orders.bootstrap.resources.addresses import Addresses
from orders.ports.clock import Clock
from orders.ports.health import Probe
from orders.ports.mail import MailSender
from orders.ports.metrics import Counters
from orders.ports.tenants import TenantProfile

PROFILES_CACHED_FOR = timedelta(minutes=1)


def as_timedelta(value: float) -> timedelta:
    """Converts a setting in seconds."""
    return timedelta(seconds=value)


def tenant_directory(
    clients: AwsClients, addresses: Addresses, settings: Settings, counters: Counters
) -> S3TenantDirectory:
    """Builds the directory of tenants' profiles; locally a tenant without one gets a default."""

    def default(tenant_id: str) -> TenantProfile:
        return default_profile(tenant_id, settings.staff_address_fallback)

    return S3TenantDirectory(clients.s3, addresses.templates_bucket, default, PROFILES_CACHED_FOR, counters)


def template_store(clients: AwsClients, addresses: Addresses, settings: Settings) -> S3TemplateStore:
    """Builds the store of shops' own templates."""
    return S3TemplateStore(clients.s3, addresses.templates_bucket, as_timedelta(settings.templates_fresh_seconds))


def order_commands(clients: AwsClients, addresses: Addresses) -> SqsOrderCommands:
    """Builds the sender of commands to the record-creator's queue."""
    return SqsOrderCommands(clients.sqs, addresses.queues[RecordCreator.name].url)


def order_senders(settings: Settings) -> Senders:
    """Reads who may put orders on the queue, and for whom; locally everybody for any tenant."""
    if not settings.order_senders and settings.environment == "local":
        return Senders({ANY: ANY})
    return Senders(settings.order_senders)


def document_requests(clients: AwsClients, addresses: Addresses) -> SqsDocumentRequests:
    """Builds the sender of requests to the pdf-creator's queue."""
    return SqsDocumentRequests(clients.sqs, addresses.queues[PdfCreator.name].url)


def scrub_requests(clients: AwsClients, addresses: Addresses) -> SqsScrubRequests:
    """Builds the sender of second passes to the event-processor's queue."""
    return SqsScrubRequests(clients.sqs, addresses.queues[EventProcessor.name].url)


def report_returns(clients: AwsClients, addresses: Addresses) -> SqsReportReturns:
    """Builds what sends reports that came too early back to the event-processor's queue."""
    return SqsReportReturns(clients.sqs, addresses.queues[EventProcessor.name].url)


def mail_sender(clients: AwsClients, settings: Settings, archive: Path | None) -> MailSender:
    """Builds the mail sender; with an archive, it keeps a copy of each mail there."""
    ses = SesMailSender(clients.ses, settings.mail_from, settings.mail_configuration_set)
    if archive is None:
        return ses
    return ArchivingMailSender(
        ses, archive, lambda mail, at: build_mime(mail, from_address=settings.mail_from, date=at).as_bytes()
    )


def health_probes(clients: AwsClients, addresses: Addresses) -> list[Probe]:
    """Builds the probes of what the API needs: the table, and every worker's queue."""
    queues = [QueueProbe(clients.sqs, address.url, f"{worker} queue") for worker, address in addresses.queues.items()]
    return [DynamoProbe(clients.dynamodb, addresses.table), *queues]


def mail_probe(clients: AwsClients, settings: Settings) -> MailProbe:
    """Builds the probe of the mail service and of its quota for the day."""
    return MailProbe(clients.ses, allowed=settings.mail_daily_quota)


def dead_letters(
    clients: AwsClients, mailboxes: Mapping[str, Mailbox], settings: Settings, clock: Clock
) -> DeadLetterService:
    """Builds the operators' service over the dead-letter queues in ``mailboxes``."""
    queues = SqsDeadLetterQueues(clients.sqs, mailboxes, may_forward=order_senders(settings).may_forward)
    return DeadLetterService(queues, clock, hold=HELD_FOR)


def pace(tokens: TokenBucket) -> Pace:
    """Makes a pace of mails out of a token bucket: one token a mail."""

    async def one_more() -> None:
        await tokens.take(1)

    return one_more
