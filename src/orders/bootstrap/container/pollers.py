"""A poller for each kind of worker: how much it does at once, and what it needs to be up."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from orders.adapters.inbound.sqs.auditing import AuditedHandler
from orders.adapters.inbound.sqs.gate import DependencyGate
from orders.adapters.inbound.sqs.poller import Poller, PollerSettings
from orders.adapters.inbound.sqs.queue import SqsQueue, nobody
from orders.adapters.inbound.sqs.rate import TokenBucket
from orders.adapters.inbound.sqs.retry_policy import RetryPolicy
from orders.adapters.inbound.sqs.workers.customer_notifier import CustomerNotifier
from orders.adapters.inbound.sqs.workers.event_processor import EventProcessor
from orders.adapters.inbound.sqs.workers.internal_notifier import InternalNotifier
from orders.adapters.inbound.sqs.workers.mail_feedback import MailFeedbackHandler
from orders.adapters.inbound.sqs.workers.pdf_creator import PdfCreator
from orders.adapters.inbound.sqs.workers.record_creator import RecordCreator
from orders.adapters.outbound.aws.probes import BucketProbe
from orders.adapters.outbound.dynamodb.probe import DynamoProbe
from orders.application.policy.audit import Audit
from orders.bootstrap.aws import AwsClients
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.resources.addresses import Addresses
from orders.ports.health import Probe

Handler = PdfCreator | CustomerNotifier | InternalNotifier | RecordCreator | EventProcessor | MailFeedbackHandler


def creation_poller(
    clients: AwsClients,
    addresses: Addresses,
    settings: Settings,
    audit: Audit,
    handler: RecordCreator,
    services: Sequence[Probe],
) -> Poller:
    """Orders from the queue need the table, the tenants' profiles, and the services that are asked about them."""
    probes = [_table(clients, addresses), _templates(clients, addresses), *services]
    return _poller(
        clients,
        addresses,
        settings,
        audit,
        handler,
        DependencyGate(probes),
        concurrency=settings.worker_concurrency,
        may_forward=handler.senders.may_forward,
    )


def events_poller(
    clients: AwsClients, addresses: Addresses, settings: Settings, audit: Audit, handler: EventProcessor
) -> Poller:
    """What other services tell needs the table; erasing, the documents as well."""
    probes = [_table(clients, addresses), _documents(clients, addresses)]
    return _poller(
        clients, addresses, settings, audit, handler, DependencyGate(probes), concurrency=settings.worker_concurrency
    )


def feedback_poller(
    clients: AwsClients, addresses: Addresses, settings: Settings, audit: Audit, handler: MailFeedbackHandler
) -> Poller:
    """What comes back of mails needs the table."""
    gate = DependencyGate([_table(clients, addresses)])
    return _poller(clients, addresses, settings, audit, handler, gate, concurrency=settings.worker_concurrency)


def pdf_poller(
    clients: AwsClients,
    addresses: Addresses,
    settings: Settings,
    audit: Audit,
    handler: PdfCreator,
    renderer: Probe,
) -> Poller:
    """Not many more documents at once than there are processes: the others would only wait in line here."""
    probes = [*_all_stores(clients, addresses), renderer]
    return _poller(
        clients, addresses, settings, audit, handler, DependencyGate(probes), concurrency=settings.pdf_processes * 2
    )


def mail_poller(
    clients: AwsClients,
    addresses: Addresses,
    settings: Settings,
    audit: Audit,
    handler: CustomerNotifier | InternalNotifier,
    mail: Probe,
    tokens: TokenBucket,
) -> Poller:
    """Mails go out at this task's share of the account's rate: a permit is taken before a message is received.

    The day's quota is asked for before the first is: a process that starts while it is used up receives nothing.
    """
    return _poller(
        clients,
        addresses,
        settings,
        audit,
        handler,
        DependencyGate([*_all_stores(clients, addresses), mail], ask_first=(mail.name,)),
        concurrency=settings.worker_concurrency,
        admission=tokens,
    )


def mail_tokens(settings: Settings) -> TokenBucket:
    """This task's share of the mails that may be sent per second."""
    return TokenBucket(per_second=settings.mail_rate, burst=settings.mail_burst)


def _poller(
    clients: AwsClients,
    addresses: Addresses,
    settings: Settings,
    audit: Audit,
    handler: Handler,
    gate: DependencyGate,
    *,
    concurrency: int,
    admission: TokenBucket | None = None,
    may_forward: Callable[[str], bool] = nobody,
) -> Poller:
    address = addresses.queues[handler.name]
    return Poller(
        SqsQueue(clients.sqs, address.url, address.dead_letter_url, may_forward=may_forward),
        AuditedHandler(handler, audit),
        PollerSettings(
            concurrency=concurrency,
            wait=timedelta(seconds=settings.queue_wait_seconds),
            grace=timedelta(seconds=settings.worker_grace_seconds),
            retries=RetryPolicy(visibility=settings.queue_visibility),
        ),
        # One for each poller: what one worker finds down is no reason for another to pause.
        gate=gate,
        admission=admission,
    )


def _table(clients: AwsClients, addresses: Addresses) -> Probe:
    return DynamoProbe(clients.dynamodb, addresses.table)


def _templates(clients: AwsClients, addresses: Addresses) -> Probe:
    return BucketProbe(clients.s3, addresses.templates_bucket, "templates bucket")


def _documents(clients: AwsClients, addresses: Addresses) -> Probe:
    return BucketProbe(clients.s3, addresses.documents_bucket, "documents bucket")


def _all_stores(clients: AwsClients, addresses: Addresses) -> list[Probe]:
    return [_table(clients, addresses), _documents(clients, addresses), _templates(clients, addresses)]
