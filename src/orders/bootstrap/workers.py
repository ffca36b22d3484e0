"""Table of the workers: one row each, with everything in which they differ."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from orders.adapters.inbound.periodic import Periodic
from orders.adapters.inbound.sqs.gate import DependencyGate
from orders.adapters.inbound.sqs.measuring import DeliveryMeter, OrderDeliveryMeter
from orders.adapters.inbound.sqs.message_handler import AuditedHandler
from orders.adapters.inbound.sqs.poller import Poller, PollerSettings
from orders.adapters.inbound.sqs.queue import SqsQueue, nobody
from orders.adapters.inbound.sqs.retry_policy import RetryPolicy
from orders.adapters.inbound.sqs.worker import QueueWorker
from orders.adapters.inbound.sqs.workers.customer_notifier import CustomerNotifier
from orders.adapters.inbound.sqs.workers.event_processor import EventProcessor
from orders.adapters.inbound.sqs.workers.internal_notifier import InternalNotifier
from orders.adapters.inbound.sqs.workers.mail_feedback import MailFeedbackHandler
from orders.adapters.inbound.sqs.workers.pdf_creator import PdfCreator
from orders.adapters.inbound.sqs.workers.record_creator import RecordCreator
from orders.bootstrap.aws import S3_OTHER_REGION
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.container.container import Container
from orders.ports.health import Probe

MAIL_QUOTA_INTERVAL = timedelta(minutes=5)
"""Interval per notifier task: SES allows one such request per second across all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker's dependencies and settings.

    Attributes:
        name: the worker's name in commands, logs and audit; ``topology.yaml`` assigns its queue.
        build: builds the handler of its messages.
        aws_services: the AWS clients that its process opens.
        needs: builds the probes of dependencies that must be up for messages to be received.
        concurrency: returns the maximum number of concurrent handlers.
        sends_mail: each message takes a permit of this task's share of the mail rate, and nothing is received until the
            mail service has reported remaining quota.
        renders_documents: its process opens the PDF renderer.
        reads_dead_letters: its process looks up the dead-letter queues.
        mails_staff: its process knows the address of staff of shops that name none.
        places_orders: its process opens the services that orders are checked with.
        may_forward: builds the predicate of senders trusted to name a message's original sender, see ``SqsQueue``.
        periodic: builds the periodic tasks that run beside its queue.
    """

    name: str
    build: Callable[[Container], QueueWorker]
    aws_services: tuple[str, ...]
    needs: Callable[[Container], Sequence[Probe]]
    concurrency: Callable[[Settings], int] = lambda settings: settings.worker_concurrency
    sends_mail: bool = False
    renders_documents: bool = False
    reads_dead_letters: bool = False
    mails_staff: bool = False
    places_orders: bool = False
    may_forward: Callable[[Container], Callable[[str], bool]] = lambda _: nobody
    periodic: Callable[[Container], Sequence[Periodic]] = lambda _: ()

    @property
    def publishes(self) -> bool:
        """True if its work publishes events."""
        return "events" in self.aws_services

    def poller(self, container: Container) -> Poller:
        """Builds the poller of the worker's queue."""
        settings, address = container.settings(), container.addresses().queues[self.name]
        asked_first = (container.mail_probe().name,) if self.sends_mail else ()
        return Poller(
            SqsQueue(
                container.clients().sqs, address.url, address.dead_letter_url, may_forward=self.may_forward(container)
            ),
            AuditedHandler(self.build(container), container.use_cases().audit(), container.tracing()),
            PollerSettings(
                concurrency=self.concurrency(settings),
                wait=timedelta(seconds=settings.queue_wait_seconds),
                grace=timedelta(seconds=settings.worker_grace_seconds),
                retries=RetryPolicy(visibility=settings.queue_visibility),
            ),
            meter=self._meter(container),
            # One per poller: a dependency that one worker finds down must not pause another.
            gate=DependencyGate(self.needs(container), ask_first=asked_first, lease=container.lease()),
            admission=container.mail_tokens() if self.sends_mail else None,
        )

    def _meter(self, container: Container) -> DeliveryMeter:
        if not (self.places_orders or self.renders_documents):
            return DeliveryMeter(self.name, container.counters())
        receives = container.addresses().names.topology.queue_settings.max_receive_count
        return OrderDeliveryMeter(self.name, container.counters(), max_receives=receives)


def _all_stores(container: Container) -> tuple[Probe, ...]:
    return container.table_probe(), container.documents_probe(), container.templates_probe()


def _mail_quota(container: Container) -> Periodic:
    return Periodic("mail quota", container.use_cases().watch_mail_quota().execute, MAIL_QUOTA_INTERVAL)


def _dead_letters(container: Container) -> Periodic:
    interval = timedelta(seconds=container.settings().dead_letters_interval_seconds)
    lease = container.lease()
    return Periodic(
        "mails about dead letters",
        container.use_cases().notify_dead_letters().execute,
        interval,
        due=lambda: lease.remaining() > 0,
    )


_ROWS = (
    Worker(
        name=RecordCreator.name,
        build=lambda made: RecordCreator(
            made.use_cases().place_accepted(), made.use_cases().place_queued(), made.order_senders()
        ),
        aws_services=("dynamodb", "sqs", "events", "s3"),
        needs=lambda made: (made.table_probe(), made.templates_probe(), *made.services().probes),
        may_forward=lambda made: made.order_senders().may_forward,
        places_orders=True,
    ),
    Worker(
        name=PdfCreator.name,
        build=lambda made: PdfCreator(made.use_cases().render_document()),
        aws_services=("dynamodb", "sqs", "events", "s3"),
        needs=lambda made: (*_all_stores(made), made.renderer_probe()),
        # Not many more documents at once than processes: the others would only wait here.
        concurrency=lambda settings: settings.pdf_processes * 2,
        renders_documents=True,
    ),
    Worker(
        name=InternalNotifier.name,
        build=lambda made: InternalNotifier(made.use_cases().notify_staff()),
        aws_services=("dynamodb", "sqs", "s3", "ses"),
        # Staff's mails have no documents.
        needs=lambda made: (made.table_probe(), made.templates_probe(), made.mail_probe()),
        sends_mail=True,
        reads_dead_letters=True,
        mails_staff=True,
        periodic=lambda made: (_dead_letters(made),),
    ),
    Worker(
        name=CustomerNotifier.name,
        build=lambda made: CustomerNotifier(made.use_cases().notify_customer()),
        aws_services=("dynamodb", "sqs", "s3", "ses"),
        needs=lambda made: (*_all_stores(made), made.mail_probe()),
        sends_mail=True,
        periodic=lambda made: (_mail_quota(made),),
    ),
    Worker(
        name=EventProcessor.name,
        build=lambda made: EventProcessor(
            made.use_cases().scrub_order(),
            made.use_cases().apply_external_event(),
            made.use_cases().retain_order(),
            made.counters(),
        ),
        aws_services=("dynamodb", "sqs", "events", "s3", S3_OTHER_REGION),
        # The bucket is needed for erasure and retention only; the other region's is waited for by neither.
        needs=lambda made: (made.table_probe(), made.documents_probe()),
        reads_dead_letters=True,
    ),
    Worker(
        name=MailFeedbackHandler.name,
        build=lambda made: MailFeedbackHandler(made.use_cases().record_mail_feedback(), made.counters()),
        aws_services=("dynamodb", "sqs"),
        needs=lambda made: (made.table_probe(),),
    ),
)
WORKERS = MappingProxyType({worker.name: worker for worker in _ROWS})
"""All workers by name."""
