"""Builds adapters from settings, clients and addresses where a constructor's arguments have to be derived first."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from orders.adapters.inbound.sqs.rate import TokenBucket
from orders.adapters.inbound.sqs.workers.record_creator import ANY, Senders
from orders.adapters.outbound.aws.mail.mail_message import build_mime
from orders.adapters.outbound.aws.mail.ses_mail import SesMailSender
from orders.adapters.outbound.aws.probes import QueueProbe
from orders.adapters.outbound.aws.s3.documents import S3DocumentStore
from orders.adapters.outbound.aws.s3.templates import S3TemplateStore
from orders.adapters.outbound.aws.s3.tenants import S3TenantDirectory
from orders.adapters.outbound.local.mail_archive import ArchivingMailSender
from orders.application.mail.notify_staff import Pace
from orders.bootstrap.aws import AwsClients
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.dev.demo import default_profile
from orders.bootstrap.resources.addresses import Addresses
from orders.ports.documents import DocumentVersions
from orders.ports.health import Probe
from orders.ports.lease import WriterLease
from orders.ports.mail import MailSender
from orders.ports.metrics import Counters
from orders.ports.tenants import TenantProfile

PROFILES_CACHED_FOR = timedelta(minutes=1)


def as_timedelta(seconds: float) -> timedelta:
    """Converts a setting in seconds to a ``timedelta``."""
    return timedelta(seconds=seconds)


def queue_url(addresses: Addresses, worker: str) -> str:
    """Finds the URL of a worker's queue."""
    return addresses.queues[worker].url


def tenant_directory(
    clients: AwsClients, addresses: Addresses, staff_address_fallback: str | None, counters: Counters
) -> S3TenantDirectory:
    """Builds the directory of tenants' profiles; locally a tenant without one gets a default."""

    def default(tenant_id: str) -> TenantProfile:
        return default_profile(tenant_id, staff_address_fallback)

    return S3TenantDirectory(clients.s3, addresses.templates_bucket, default, PROFILES_CACHED_FOR, counters)


def document_versions(clients: AwsClients, addresses: Addresses, lease: WriterLease) -> Sequence[DocumentVersions]:
    """Builds what reaches the versions of documents in this region's bucket and, if there is one, in the other's."""
    own = S3DocumentStore(clients.s3, addresses.documents_bucket, lease)
    other = addresses.other_documents_bucket
    return [own] if other is None else [own, S3DocumentStore(clients.s3_other_region, other, lease)]


def template_store(clients: AwsClients, addresses: Addresses, settings: Settings) -> S3TemplateStore:
    """Builds the store of shops' own templates."""
    return S3TemplateStore(clients.s3, addresses.templates_bucket, as_timedelta(settings.templates_fresh_seconds))


def order_senders(settings: Settings) -> Senders:
    """Reads the permitted senders of orders and their tenants; by default locally, every sender for any tenant."""
    if not settings.order_senders and settings.environment == "local":
        return Senders({ANY: ANY})
    return Senders(settings.order_senders)


def mail_sender(clients: AwsClients, settings: Settings, lease: WriterLease, archive: Path | None) -> MailSender:
    """Builds the mail sender; with an archive, it keeps a copy of each mail there."""
    ses = SesMailSender(clients.ses, settings.mail_from, lease, settings.mail_configuration_set)
    if archive is None:
        return ses
    return ArchivingMailSender(
        ses, archive, lambda mail, at: build_mime(mail, from_address=settings.mail_from, date=at).as_bytes()
    )


def region_health(table: Probe, region: Sequence[Probe]) -> list[Probe]:
    """Lists the probes of whether this region can serve: what decides where traffic goes."""
    return [table, *region]


def health_probes(clients: AwsClients, addresses: Addresses, table: Probe, region: Sequence[Probe]) -> list[Probe]:
    """Builds the probes of the API's dependencies: those of the region, and every worker's queue."""
    queues = [QueueProbe(clients.sqs, address.url, f"{worker} queue") for worker, address in addresses.queues.items()]
    return [*region_health(table, region), *queues]


def mail_tokens(settings: Settings) -> TokenBucket:
    """Builds the token bucket of this task's share of the mail rate."""
    return TokenBucket(per_second=settings.mail_rate, burst=settings.mail_burst)


def mail_pace(tokens: TokenBucket) -> Pace:
    """Makes the pace of mails from a token bucket: one token per mail."""

    async def take_one() -> None:
        await tokens.take(1)

    return take_one
