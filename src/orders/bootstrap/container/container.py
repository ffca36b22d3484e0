"""Everything wired together, once and plainly: what is given, what is made of it, and nothing clever."""

from datetime import timedelta
from typing import Any

from dependency_injector import containers, providers

from orders.adapters.inbound.http.representations.redaction import redacted_body
from orders.adapters.inbound.periodic import Periodic
from orders.adapters.inbound.relay import RelayLoop
from orders.adapters.inbound.sqs.workers.customer_notifier import CustomerNotifier
from orders.adapters.inbound.sqs.workers.event_processor import EventProcessor
from orders.adapters.inbound.sqs.workers.internal_notifier import InternalNotifier
from orders.adapters.inbound.sqs.workers.mail_feedback import MailFeedbackHandler
from orders.adapters.inbound.sqs.workers.pdf_creator import PdfCreator
from orders.adapters.inbound.sqs.workers.record_creator import RecordCreator
from orders.adapters.outbound.audit_log import LogAuditTrail
from orders.adapters.outbound.aws.event_bridge import EventBridgePublisher
from orders.adapters.outbound.aws.s3_documents import S3DocumentStore
from orders.adapters.outbound.aws.secrets_manager import SecretsManager
from orders.adapters.outbound.dynamodb.acceptances import DynamoAcceptances
from orders.adapters.outbound.dynamodb.mail_intents import DynamoMailIntents
from orders.adapters.outbound.dynamodb.order_repository import DynamoOrderRepository
from orders.adapters.outbound.dynamodb.outbox import DynamoOutbox
from orders.adapters.outbound.dynamodb.suppressions import DynamoSuppressions
from orders.adapters.outbound.memory.counters import MemoryCounters
from orders.adapters.outbound.rendering.mail_composer import JinjaMailComposer
from orders.adapters.outbound.rendering.pdf.renderer import RendererProbe
from orders.adapters.outbound.system import RandomOrderIds, SystemClock
from orders.application.documents.render_document import LinkDocument, RenderDocument, RequestDocument
from orders.application.events.apply_external_event import ApplyExternalEvent
from orders.application.events.publish_events import EventFastPath, PublishEvents
from orders.application.events.relay_outbox import RelayOutbox
from orders.application.mail.notify_customer import NotifyCustomer
from orders.application.mail.notify_dead_letters import NotifyDeadLetters
from orders.application.mail.notify_staff import NotifyStaff
from orders.application.mail.record_mail_feedback import RecordMailFeedback
from orders.application.mail.send_mail import SendMail
from orders.application.mail.watch_mail_quota import WatchMailQuota
from orders.application.operations.check_health import CheckHealth
from orders.application.orders.accept_order import AcceptOrder, PlaceAccepted
from orders.application.orders.change_order import OrderChanger
from orders.application.orders.change_status import ChangeStatus
from orders.application.orders.check_offers import CheckOffers
from orders.application.orders.erase_personal_data import ErasePersonalData
from orders.application.orders.first_answer import FirstAnswer
from orders.application.orders.fulfil_order import DeliverParcel, FulfilOrder
from orders.application.orders.list_orders import ListOrders
from orders.application.orders.open_order import OpenOrder
from orders.application.orders.place_order import PlaceOrder
from orders.application.orders.place_queued import PlaceQueued
from orders.application.orders.price_terms import PriceTerms
from orders.application.orders.queue_accepted import QueueAccepted
from orders.application.orders.read_history import ReadHistory
from orders.application.orders.scrub_order import PersonalDataStores, ScrubOrder
from orders.application.orders.update_order import DeleteOrder, UpdateOrder
from orders.application.policy.audit import Audit
from orders.application.policy.idempotency import Replays
from orders.bootstrap.aws import AwsClients
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.container.adapter_factories import (
    as_timedelta,
    dead_letters,
    document_requests,
    health_probes,
    mail_probe,
    mail_sender,
    order_commands,
    order_senders,
    pace,
    report_returns,
    scrub_requests,
    template_store,
    tenant_directory,
)
from orders.bootstrap.container.pollers import (
    creation_poller,
    events_poller,
    feedback_poller,
    mail_poller,
    mail_tokens,
    pdf_poller,
)
from orders.bootstrap.container.services import NO_SERVICES, Services
from orders.bootstrap.container.templates import shop_templates
from orders.bootstrap.resources.addresses import Addresses

MAIL_QUOTA_LOOKED_AT_EVERY = timedelta(minutes=5)
"""Of each notifier's task: SES answers one such question in a second for all of them."""

_NOTHING: providers.Object[Any] = providers.Object(None)  # a plain None would mean that there is no default
_NO_MAILBOXES: providers.Object[Any] = providers.Object({})
_NO_SERVICES: providers.Object[Services] = providers.Object(NO_SERVICES)


class Container(containers.DeclarativeContainer):
    """The service without its HTTP API: what workers and relay need, and what ``ApiContainer`` adds to.

    Given from outside: settings, open clients, addresses; what only some processes have (a renderer, a directory for
    sent mails) is given where it is needed.
    """

    settings = providers.Dependency(instance_of=Settings)
    clients = providers.Dependency(instance_of=AwsClients)
    addresses = providers.Dependency(instance_of=Addresses)
    renderer: providers.Dependency[Any] = providers.Dependency()
    mail_archive_dir: providers.Dependency[Any] = providers.Dependency(default=_NOTHING)
    services = providers.Dependency(instance_of=Services, default=_NO_SERVICES)
    counters: providers.Dependency[Any] = providers.Dependency(default=providers.Singleton(MemoryCounters))

    clock = providers.Singleton(SystemClock)
    ids = providers.Singleton(RandomOrderIds)

    repository = providers.Singleton(
        DynamoOrderRepository,
        clients.provided.dynamodb,
        addresses.provided.table,
        region=settings.provided.aws_region,
        outbox_shards=settings.provided.outbox_shards,
    )
    acceptances = providers.Singleton(
        DynamoAcceptances,
        clients.provided.dynamodb,
        addresses.provided.table,
        region=settings.provided.aws_region,
        outbox_shards=settings.provided.outbox_shards,
    )
    outbox = providers.Singleton(
        DynamoOutbox,
        clients.provided.dynamodb,
        addresses.provided.table,
        region=settings.provided.aws_region,
        outbox_shards=settings.provided.outbox_shards,
    )
    mail_intents = providers.Singleton(DynamoMailIntents, clients.provided.dynamodb, addresses.provided.table)
    suppressions = providers.Singleton(DynamoSuppressions, clients.provided.dynamodb, addresses.provided.table)
    publisher = providers.Singleton(EventBridgePublisher, clients.provided.events, addresses.provided.bus)
    documents = providers.Singleton(
        S3DocumentStore,
        clients.provided.s3,
        addresses.provided.documents_bucket,
        presign_client=clients.provided.s3_links,
    )
    tenants = providers.Singleton(tenant_directory, clients, addresses, settings, counters)
    order_commands = providers.Singleton(order_commands, clients, addresses)
    document_requests = providers.Singleton(document_requests, clients, addresses)
    mail_sender = providers.Singleton(mail_sender, clients, settings, mail_archive_dir)
    template_store = providers.Singleton(template_store, clients, addresses, settings)
    templates = providers.Singleton(shop_templates, template_store, counters, settings)
    composer = providers.Singleton(JinjaMailComposer, templates)
    probes = providers.Singleton(health_probes, clients, addresses)

    publish_events = providers.Singleton(PublishEvents, outbox, publisher)
    fast_path = providers.Singleton(EventFastPath, publish_events)
    queue_accepted = providers.Singleton(QueueAccepted, acceptances, order_commands)
    relay = providers.Singleton(
        RelayOutbox,
        outbox,
        publish_events,
        queue_accepted,
        clock,
        counters,
        lag=providers.Factory(as_timedelta, settings.provided.relay_lag_seconds),
    )
    relay_loop = providers.Singleton(
        RelayLoop,
        relay,
        settings.provided.outbox_shards,
        interval=providers.Factory(as_timedelta, settings.provided.relay_interval_seconds),
    )

    replays = providers.Singleton(Replays, outbox, redacted_body)
    changer = providers.Singleton(OrderChanger, repository, clock, fast_path, replays)
    consult_services = providers.Singleton(
        CheckOffers, services.provided.products, services.provided.campaigns, counters
    )
    first_answer = providers.Singleton(FirstAnswer, repository, acceptances, queue_accepted, clock, fast_path, replays)
    price_terms = providers.Singleton(
        PriceTerms, tenants, prices_must_be_settled=settings.provided.prices_must_be_settled
    )
    place_order = providers.Singleton(
        PlaceOrder,
        repository,
        tenants,
        clock,
        ids,
        fast_path,
        replays,
        consult_services,
        first_answer,
        price_terms,
    )
    accept_order = providers.Singleton(AcceptOrder, place_order, first_answer, clock, ids)
    place_accepted = providers.Singleton(PlaceAccepted, place_order, repository, acceptances, fast_path)
    place_queued = providers.Singleton(PlaceQueued, place_order)
    open_order = providers.Singleton(OpenOrder, repository, acceptances, counters)
    list_orders = providers.Singleton(ListOrders, repository, counters)
    change_status = providers.Singleton(ChangeStatus, changer)
    fulfil_order = providers.Singleton(FulfilOrder, changer)
    deliver_parcel = providers.Singleton(DeliverParcel, changer)
    update_order = providers.Singleton(UpdateOrder, changer, consult_services, price_terms)
    delete_order = providers.Singleton(DeleteOrder, changer)
    erase_personal_data = providers.Singleton(ErasePersonalData, changer)
    read_history = providers.Singleton(ReadHistory, outbox, mail_intents, counters)
    request_document = providers.Singleton(RequestDocument, document_requests, clock)
    link_document = providers.Singleton(LinkDocument, documents, request_document, clock)
    check_health = providers.Singleton(CheckHealth, probes, clock)
    render_document = providers.Singleton(RenderDocument, repository, tenants, renderer, documents, changer, clock)
    send_mail = providers.Singleton(
        SendMail, mail_intents, suppressions, mail_sender, clock, lease=settings.provided.mail_lease
    )
    note_mail_feedback = providers.Singleton(RecordMailFeedback, mail_intents, suppressions, counters, clock)
    notify_customer = providers.Singleton(
        NotifyCustomer, repository, tenants, composer, documents, request_document, send_mail
    )
    mail_tokens = providers.Singleton(mail_tokens, settings)
    notify_staff = providers.Singleton(
        NotifyStaff, repository, tenants, composer, send_mail, providers.Singleton(pace, mail_tokens)
    )

    scrub_order = providers.Singleton(
        ScrubOrder,
        repository,
        providers.Singleton(
            PersonalDataStores, log=outbox, acceptances=acceptances, intents=mail_intents, documents=documents
        ),
        publish_events,
        providers.Singleton(scrub_requests, clients, addresses),
        redacted_body,
    )

    hear_report = providers.Singleton(
        ApplyExternalEvent,
        repository,
        acceptances,
        changer,
        providers.Singleton(report_returns, clients, addresses),
        clock,
        hold=settings.provided.payment_failure_hold,
    )

    audit_trail = providers.Singleton(LogAuditTrail, counters)
    audit = providers.Singleton(Audit, audit_trail, clock)
    secrets = providers.Singleton(SecretsManager, clients.provided.secretsmanager)

    creation_poller = providers.Singleton(
        creation_poller,
        clients,
        addresses,
        settings,
        audit,
        providers.Singleton(RecordCreator, place_accepted, place_queued, providers.Singleton(order_senders, settings)),
        services.provided.probes,
    )
    events_poller = providers.Singleton(
        events_poller,
        clients,
        addresses,
        settings,
        audit,
        providers.Singleton(EventProcessor, scrub_order, hear_report, counters),
    )
    feedback_poller = providers.Singleton(
        feedback_poller,
        clients,
        addresses,
        settings,
        audit,
        providers.Singleton(MailFeedbackHandler, note_mail_feedback, counters),
    )
    pdf_poller = providers.Singleton(
        pdf_poller,
        clients,
        addresses,
        settings,
        audit,
        providers.Singleton(PdfCreator, render_document),
        providers.Singleton(RendererProbe, renderer),
    )
    mail_probe = providers.Singleton(mail_probe, clients, settings)
    quota_watch = providers.Singleton(
        Periodic,
        "mail quota",
        providers.Singleton(WatchMailQuota, mail_probe, counters).provided.execute,
        MAIL_QUOTA_LOOKED_AT_EVERY,
    )
    customer_poller = providers.Singleton(
        mail_poller,
        clients,
        addresses,
        settings,
        audit,
        providers.Singleton(CustomerNotifier, notify_customer),
        mail_probe,
        mail_tokens,
    )
    internal_poller = providers.Singleton(
        mail_poller,
        clients,
        addresses,
        settings,
        audit,
        providers.Singleton(InternalNotifier, notify_staff),
        mail_probe,
        mail_tokens,
    )
    mailboxes: providers.Dependency[Any] = providers.Dependency(default=_NO_MAILBOXES)
    dead_letter_watch = providers.Singleton(
        Periodic,
        "mails about dead letters",
        providers.Singleton(
            NotifyDeadLetters,
            providers.Singleton(dead_letters, clients, mailboxes, settings, clock),
            tenants,
            composer,
            send_mail,
            providers.Singleton(pace, mail_tokens),
            audit,
            counters,
        ).provided.execute,
        providers.Factory(as_timedelta, settings.provided.dead_letters_interval_seconds),
    )
