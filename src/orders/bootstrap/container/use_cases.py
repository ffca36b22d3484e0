"""Assembles the use cases over ports: once, whether the ports are AWS's or in memory."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from dependency_injector import containers, providers

from orders.application.documents.render_document import LinkDocument, RenderDocument, RequestDocument
from orders.application.events.apply_external_event import ApplyExternalEvent
from orders.application.events.publish_events import EventFastPath, PublishEvents
from orders.application.events.relay_outbox import RelayOutbox
from orders.application.events.watch_outbox import WatchOutbox
from orders.application.mail.notify_customer import NotifyCustomer
from orders.application.mail.notify_dead_letters import HELD_FOR, NotifyDeadLetters
from orders.application.mail.notify_staff import NotifyStaff, Pace, unhurried
from orders.application.mail.record_mail_feedback import RecordMailFeedback
from orders.application.mail.send_mail import SendMail
from orders.application.mail.watch_mail_quota import WatchMailQuota
from orders.application.operations.check_health import CheckHealth
from orders.application.operations.dead_letters import DeadLetterService
from orders.application.operations.reapply_erasures import ReapplyErasures
from orders.application.orders.accept_order import AcceptOrder, PlaceAccepted
from orders.application.orders.change_order import OrderChanger
from orders.application.orders.change_status import ChangeStatus
from orders.application.orders.check_offers import CheckOffers, Consulted
from orders.application.orders.erase_personal_data import ErasePersonalData
from orders.application.orders.first_answer import FirstAnswer
from orders.application.orders.fulfil_order import DeliverParcel, FulfilOrder
from orders.application.orders.list_orders import ListOrders
from orders.application.orders.open_order import OpenOrder
from orders.application.orders.place_order import PlaceOrder
from orders.application.orders.place_queued import PlaceQueued
from orders.application.orders.price_terms import PriceTerms
from orders.application.orders.queue_accepted import QueueAccepted
from orders.application.orders.quote_order import QuoteOrder
from orders.application.orders.read_history import ReadHistory
from orders.application.orders.retain_order import RetainedStores, RetainOrder
from orders.application.orders.scrub_order import PersonalDataStores, ScrubOrder
from orders.application.orders.update_order import DeleteOrder, UpdateOrder
from orders.application.policy.audit import Audit
from orders.application.policy.idempotency import Replays
from orders.ports.acceptances import Acceptances, OrderCommands
from orders.ports.audit import AuditTrail
from orders.ports.campaigns import Campaigns
from orders.ports.clock import Clock, OrderIds
from orders.ports.dead_letters import DeadLetterQueues
from orders.ports.documents import DocumentRenderer, DocumentRequests, DocumentStore, DocumentVersions
from orders.ports.erasing import ScrubRequests
from orders.ports.erasure_ledger import ErasureLedger
from orders.ports.event_publisher import EventPublisher
from orders.ports.health import Probe
from orders.ports.lease import WriterLease
from orders.ports.mail import MailComposer, MailIntents, MailQuotas, MailSender
from orders.ports.metrics import Counters, Gauges
from orders.ports.order_numbers import OrderNumbers
from orders.ports.order_repository import OrderRepository
from orders.ports.outbox import EventLog, Outbox
from orders.ports.products import ProductCatalogue
from orders.ports.reports import ReportReturns
from orders.ports.retention import RetainedItems, RetainRequests
from orders.ports.suppressions import Suppressions
from orders.ports.tenants import TenantDirectory

_NOT_ASKED: providers.Object[None] = providers.Object(None)  # a plain None would mean that there is no default


def retained_stores(outbox: Outbox, items: RetainedItems, documents: Sequence[DocumentVersions]) -> RetainedStores:
    """Puts together the stores of what goes with an order; this region's documents are the first."""
    own, *copies = documents
    return RetainedStores(outbox, items, own, copies)


class UseCases(containers.DeclarativeContainer):
    """Every use case over the ports passed as keyword arguments.

    A process passes the ports of the use cases that it runs: one that renders nothing passes no renderer.
    """

    # Ports, and settings that differ between processes.
    clock: providers.Dependency[Clock] = providers.Dependency()
    lease: providers.Dependency[WriterLease] = providers.Dependency()
    ids: providers.Dependency[OrderIds] = providers.Dependency()
    counters: providers.Dependency[Counters] = providers.Dependency()
    gauges: providers.Dependency[Gauges] = providers.Dependency()
    audit_trail: providers.Dependency[AuditTrail] = providers.Dependency()
    probes: providers.Dependency[Sequence[Probe]] = providers.Dependency()
    region_probes: providers.Dependency[Sequence[Probe]] = providers.Dependency()
    repository: providers.Dependency[OrderRepository] = providers.Dependency()
    acceptances: providers.Dependency[Acceptances] = providers.Dependency()
    numbers: providers.Dependency[OrderNumbers] = providers.Dependency()
    outbox: providers.Dependency[Outbox] = providers.Dependency()
    event_log: providers.Dependency[EventLog] = providers.Dependency()
    publisher: providers.Dependency[EventPublisher] = providers.Dependency()
    order_commands: providers.Dependency[OrderCommands] = providers.Dependency()
    tenants: providers.Dependency[TenantDirectory] = providers.Dependency()
    products: providers.Dependency[Consulted[ProductCatalogue] | None] = providers.Dependency(default=_NOT_ASKED)
    campaigns: providers.Dependency[Consulted[Campaigns] | None] = providers.Dependency(default=_NOT_ASKED)
    documents: providers.Dependency[DocumentStore] = providers.Dependency()
    document_versions: providers.Dependency[Sequence[DocumentVersions]] = providers.Dependency()
    document_requests: providers.Dependency[DocumentRequests] = providers.Dependency()
    renderer: providers.Dependency[DocumentRenderer] = providers.Dependency()
    composer: providers.Dependency[MailComposer] = providers.Dependency()
    mail_sender: providers.Dependency[MailSender] = providers.Dependency()
    mail_intents: providers.Dependency[MailIntents] = providers.Dependency()
    mail_quotas: providers.Dependency[MailQuotas] = providers.Dependency()
    mail_pace: providers.Dependency[Pace] = providers.Dependency(default=providers.Object(unhurried))
    suppressions: providers.Dependency[Suppressions] = providers.Dependency()
    erasure_ledger: providers.Dependency[ErasureLedger] = providers.Dependency()
    scrub_requests: providers.Dependency[ScrubRequests] = providers.Dependency()
    retained_items: providers.Dependency[RetainedItems] = providers.Dependency()
    retain_requests: providers.Dependency[RetainRequests] = providers.Dependency()
    report_returns: providers.Dependency[ReportReturns] = providers.Dependency()
    dead_letter_queues: providers.Dependency[DeadLetterQueues] = providers.Dependency()
    purged_queues: providers.Dependency[DeadLetterQueues] = providers.Dependency()
    redact_answer: providers.Dependency[Callable[[bytes], bytes]] = providers.Dependency()
    mail_lease = providers.Dependency(instance_of=timedelta)
    payment_failure_hold = providers.Dependency(instance_of=timedelta)
    relay_lag = providers.Dependency(instance_of=timedelta)
    prices_must_be_settled = providers.Dependency(instance_of=bool, default=False)

    # Shared by several use cases.
    audit = providers.Singleton(Audit, trail=audit_trail, clock=clock)
    replays = providers.Singleton(Replays, log=event_log, redact_answer=redact_answer)
    publish_events = providers.Singleton(
        PublishEvents, outbox=outbox, publisher=publisher, counters=counters, lease=lease
    )
    fast_path = providers.Singleton(EventFastPath, publish=publish_events)
    order_changer = providers.Singleton(
        OrderChanger, repository=repository, clock=clock, fast_path=fast_path, replays=replays
    )
    check_offers = providers.Singleton(CheckOffers, products=products, campaigns=campaigns, counters=counters)
    price_terms = providers.Singleton(PriceTerms, tenants=tenants, prices_must_be_settled=prices_must_be_settled)
    queue_accepted = providers.Singleton(QueueAccepted, acceptances=acceptances, commands=order_commands)
    first_answer = providers.Singleton(
        FirstAnswer,
        repository=repository,
        acceptances=acceptances,
        queue=queue_accepted,
        clock=clock,
        fast_path=fast_path,
        replays=replays,
    )

    # Orders.
    place_order = providers.Singleton(
        PlaceOrder,
        repository=repository,
        tenants=tenants,
        clock=clock,
        ids=ids,
        fast_path=fast_path,
        replays=replays,
        services=check_offers,
        first_answer=first_answer,
        terms=price_terms,
    )
    accept_order = providers.Singleton(
        AcceptOrder, place_order=place_order, first_answer=first_answer, clock=clock, ids=ids
    )
    quote_order = providers.Singleton(QuoteOrder, place_order=place_order, repository=repository, clock=clock, ids=ids)
    place_accepted = providers.Singleton(
        PlaceAccepted, place_order=place_order, repository=repository, acceptances=acceptances, fast_path=fast_path
    )
    place_queued = providers.Singleton(PlaceQueued, place_order=place_order)
    open_order = providers.Singleton(
        OpenOrder, repository=repository, acceptances=acceptances, numbers=numbers, counters=counters
    )
    list_orders = providers.Singleton(ListOrders, repository=repository, counters=counters)
    read_history = providers.Singleton(ReadHistory, log=event_log, intents=mail_intents, counters=counters)
    change_status = providers.Singleton(ChangeStatus, changer=order_changer)
    fulfil_order = providers.Singleton(FulfilOrder, changer=order_changer)
    deliver_parcel = providers.Singleton(DeliverParcel, changer=order_changer)
    update_order = providers.Singleton(UpdateOrder, changer=order_changer, services=check_offers, terms=price_terms)
    delete_order = providers.Singleton(DeleteOrder, changer=order_changer)
    erase_personal_data = providers.Singleton(ErasePersonalData, changer=order_changer, ledger=erasure_ledger)
    dead_letters = providers.Singleton(DeadLetterService, queues=purged_queues, clock=clock, hold=HELD_FOR)
    personal_data = providers.Singleton(
        PersonalDataStores,
        log=event_log,
        acceptances=acceptances,
        intents=mail_intents,
        documents=document_versions,
        dead_letters=dead_letters,
        ledger=erasure_ledger,
    )
    scrub_order = providers.Singleton(
        ScrubOrder,
        repository=repository,
        kept=personal_data,
        publish=publish_events,
        requests=scrub_requests,
        redact_answer=redact_answer,
    )

    retain_order = providers.Singleton(
        RetainOrder,
        repository=repository,
        stores=providers.Singleton(retained_stores, outbox=outbox, items=retained_items, documents=document_versions),
        publish=publish_events,
        requests=retain_requests,
    )
    reapply_erasures = providers.Singleton(
        ReapplyErasures, repository=repository, kept=personal_data, scrub=scrub_order, publish=publish_events
    )

    # Documents.
    request_document = providers.Singleton(RequestDocument, requests=document_requests, clock=clock)
    link_document = providers.Singleton(LinkDocument, store=documents, request=request_document, clock=clock)
    render_document = providers.Singleton(
        RenderDocument,
        repository=repository,
        tenants=tenants,
        renderer=renderer,
        store=documents,
        changer=order_changer,
        clock=clock,
        counters=counters,
    )

    # Mail.
    send_mail = providers.Singleton(
        SendMail,
        intents=mail_intents,
        suppressions=suppressions,
        sender=mail_sender,
        clock=clock,
        counters=counters,
        lease=mail_lease,
    )
    notify_customer = providers.Singleton(
        NotifyCustomer,
        repository=repository,
        tenants=tenants,
        composer=composer,
        store=documents,
        request=request_document,
        send=send_mail,
    )
    notify_staff = providers.Singleton(
        NotifyStaff, repository=repository, tenants=tenants, composer=composer, send=send_mail, pace=mail_pace
    )
    notify_dead_letters = providers.Singleton(
        NotifyDeadLetters,
        service=providers.Singleton(DeadLetterService, queues=dead_letter_queues, clock=clock, hold=HELD_FOR),
        tenants=tenants,
        composer=composer,
        send=send_mail,
        pace=mail_pace,
        audit=audit,
        counters=counters,
        clock=clock,
    )
    record_mail_feedback = providers.Singleton(
        RecordMailFeedback, intents=mail_intents, suppressions=suppressions, counters=counters, clock=clock
    )
    watch_mail_quota = providers.Singleton(WatchMailQuota, quotas=mail_quotas, gauges=gauges)

    # Events.
    apply_external_event = providers.Singleton(
        ApplyExternalEvent,
        repository=repository,
        acceptances=acceptances,
        changer=order_changer,
        returns=report_returns,
        clock=clock,
        hold=payment_failure_hold,
    )
    relay_outbox = providers.Singleton(
        RelayOutbox,
        outbox=outbox,
        publish=publish_events,
        queue=queue_accepted,
        clock=clock,
        counters=counters,
        lag=relay_lag,
    )
    watch_outbox = providers.Singleton(WatchOutbox, outbox=outbox, clock=clock, gauges=gauges)

    # Operation.
    check_health = providers.Singleton(CheckHealth, probes=probes, clock=clock)
    check_region = providers.Singleton(CheckHealth, probes=region_probes, clock=clock)
