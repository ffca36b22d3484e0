"""The whole service over in-memory adapters: what application and HTTP tests drive."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from orders.adapters.inbound.http.app import HttpDependencies
from orders.adapters.inbound.http.representations.redaction import redacted_body
from orders.adapters.inbound.http.security.api_keys import ApiKeyGuard, ApiKeys
from orders.adapters.inbound.http.security.auth import Authenticator
from orders.adapters.inbound.http.security.claims import TokenRules
from orders.adapters.inbound.http.security.cursor import CursorCodec
from orders.adapters.inbound.http.security.cursor_keys import GivenCursorKeys
from orders.adapters.outbound.memory.acceptances import MemoryAcceptances, MemoryOrderCommands
from orders.adapters.outbound.memory.audit_trail import MemoryAuditTrail
from orders.adapters.outbound.memory.clock import SequentialOrderIds, SteppingClock
from orders.adapters.outbound.memory.counters import MemoryCounters
from orders.adapters.outbound.memory.document_requests import MemoryDocumentRequests
from orders.adapters.outbound.memory.document_store import MemoryDocumentStore
from orders.adapters.outbound.memory.event_archive import MemoryEventArchive
from orders.adapters.outbound.memory.event_publisher import MemoryEventPublisher
from orders.adapters.outbound.memory.mail_intents import MemoryMailIntents
from orders.adapters.outbound.memory.mail_sender import MemoryMailSender
from orders.adapters.outbound.memory.order_repository import MemoryOrderRepository
from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.adapters.outbound.memory.outbox import MemoryOutbox
from orders.adapters.outbound.memory.report_returns import MemoryReportReturns
from orders.adapters.outbound.memory.scrub_requests import MemoryScrubRequests
from orders.adapters.outbound.memory.suppressions import MemorySuppressions
from orders.adapters.outbound.memory.tenant_files import MemoryOrderingTenants
from orders.adapters.outbound.memory.unreadable_items import MemoryUnreadableItems
from orders.application.documents.render_document import LinkDocument, RenderDocument, RequestDocument
from orders.application.events.apply_external_event import ApplyExternalEvent
from orders.application.events.publish_events import EventFastPath, PublishEvents
from orders.application.events.relay_outbox import RelayOutbox
from orders.application.mail.notify_customer import NotifyCustomer
from orders.application.mail.notify_staff import NotifyStaff
from orders.application.mail.record_mail_feedback import RecordMailFeedback
from orders.application.mail.send_mail import SendMail
from orders.application.operations.check_health import CheckHealth
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
from orders.application.orders.read_history import ReadHistory
from orders.application.orders.scrub_order import PersonalDataStores, ScrubOrder
from orders.application.orders.update_order import DeleteOrder, UpdateOrder
from orders.application.policy.audit import Audit
from orders.application.policy.caller import Caller
from orders.application.policy.idempotency import Replays
from orders.domain.lifecycle import Role
from orders.domain.order import Order
from orders.ports.campaigns import Campaigns
from orders.ports.documents import DocumentStore
from orders.ports.errors import PortError, TransientPortError
from orders.ports.mail import MailContent, MailTemplate, OrderTrouble
from orders.ports.outbox import EventLog, Outbox
from orders.ports.products import ProductCatalogue
from orders.ports.tenants import TenantProfile
from tests.contract.order_stores import MemoryDamage, Store
from tests.support.builders import NOON, a_tenant
from tests.support.event_contract import check_event

LEASE = timedelta(seconds=45)
HOLD = timedelta(seconds=30)
"""The age at which a failed payment is believed."""


class PlainRenderer:
    """A ``DocumentRenderer`` whose documents say which order and tenant they show; ``failures`` go first."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.rendered = 0

    async def render(self, order: Order, tenant: TenantProfile) -> bytes:
        if self.failures:
            raise self.failures.pop(0)
        self.rendered += 1
        return f"%PDF {order.order_number} {order.totals.total} {tenant.name}".encode()


class PlainComposer:
    """A ``MailComposer`` whose mails name their template, order and parcel."""

    async def compose(
        self, template: MailTemplate, order: Order, tenant: TenantProfile, *, parcel_id: str | None = None
    ) -> MailContent:
        return MailContent(f"{template} {order.order_number}", f"parcel {parcel_id}", f"<p>{tenant.name}</p>")

    async def compose_trouble(self, trouble: OrderTrouble, tenant: TenantProfile) -> MailContent:
        return MailContent(f"stuck {trouble.order_number}", f"at {trouble.where}", f"<p>{tenant.name}</p>")


class Tenants:
    """A ``TenantDirectory`` of shops that differ only in id, currency and staff."""

    def __init__(self) -> None:
        self.profiles: dict[str, TenantProfile] = {}

    async def profile(self, tenant_id: str) -> TenantProfile:
        return self.profiles.get(tenant_id) or a_tenant(tenant_id=tenant_id)


@dataclass
class Dependency:
    """A ``Probe`` that can be told to fail."""

    name: str
    fault: PortError | None = None
    asked: int = 0

    async def check(self) -> None:
        self.asked += 1
        if self.fault is not None:
            raise self.fault

    def fail(self) -> None:
        self.fault = TransientPortError(self.name, "connection refused")


class Events(Outbox, EventLog, Protocol):
    """Waiting events and the log of all: every adapter of one is an adapter of the other."""


@dataclass
class Service:
    """Every use case over one set of in-memory adapters.

    Attributes:
        over: the ports of the table, where they are not to be in memory; then ``table`` and ``intents`` stay empty.
        bucket: the same for ``documents``.
    """

    table: MemoryTable = field(default_factory=MemoryTable)
    publisher: MemoryEventPublisher = field(default_factory=lambda: MemoryEventPublisher(check=check_event))
    documents: MemoryDocumentStore = field(default_factory=MemoryDocumentStore)
    requests: MemoryDocumentRequests = field(default_factory=MemoryDocumentRequests)
    intents: MemoryMailIntents = field(default_factory=MemoryMailIntents)
    sender: MemoryMailSender = field(default_factory=MemoryMailSender)
    renderer: PlainRenderer = field(default_factory=PlainRenderer)
    tenants: Tenants = field(default_factory=Tenants)
    dependency: Dependency = field(default_factory=lambda: Dependency("orders table"))
    products: Consulted[ProductCatalogue] | None = None
    campaigns: Consulted[Campaigns] | None = None
    prices_must_be_settled: bool = False
    start: datetime = NOON
    over: Store | None = None
    bucket: DocumentStore | None = None

    def __post_init__(self) -> None:
        self.clock = SteppingClock(self.start)
        table = self.over or self._in_memory()
        documents: DocumentStore = self.bucket or self.documents
        self.repository, self.acceptances = table.orders, table.acceptances
        self.outbox = cast("Events", table.outbox)
        log, intents, self.suppressions = table.log, table.mails, table.suppressions
        self.publish_events = PublishEvents(self.outbox, self.publisher)
        self.fast_path = EventFastPath(self.publish_events)
        self.ids = SequentialOrderIds()
        self.replays = Replays(log, redacted_body)
        self.changer = OrderChanger(self.repository, self.clock, self.fast_path, self.replays)
        self.counters = MemoryCounters()
        self.consult_services = CheckOffers(self.products, self.campaigns, self.counters)
        self.commands = MemoryOrderCommands()
        self.queue_accepted = QueueAccepted(self.acceptances, self.commands)
        self.first_answer = FirstAnswer(
            self.repository, self.acceptances, self.queue_accepted, self.clock, self.fast_path, self.replays
        )
        self.price_terms = PriceTerms(self.tenants, prices_must_be_settled=self.prices_must_be_settled)
        self.place_order = PlaceOrder(
            self.repository,
            self.tenants,
            self.clock,
            self.ids,
            self.fast_path,
            self.replays,
            self.consult_services,
            self.first_answer,
            self.price_terms,
        )
        self.accept_order = AcceptOrder(self.place_order, self.first_answer, self.clock, self.ids)
        self.place_accepted = PlaceAccepted(self.place_order, self.repository, self.acceptances, self.fast_path)
        self.place_queued = PlaceQueued(self.place_order)
        self.open_order = OpenOrder(self.repository, self.acceptances, self.counters)
        self.change_status = ChangeStatus(self.changer)
        self.fulfil_order = FulfilOrder(self.changer)
        self.deliver_parcel = DeliverParcel(self.changer)
        self.update_order = UpdateOrder(self.changer, self.consult_services, self.price_terms)
        self.delete_order = DeleteOrder(self.changer)
        self.erase_personal_data = ErasePersonalData(self.changer)
        self.list_orders = ListOrders(self.repository, self.counters)
        self.read_history = ReadHistory(log, intents, self.counters)
        self.request_document = RequestDocument(self.requests, self.clock)
        self.link_document = LinkDocument(documents, self.request_document, self.clock)
        self.render_document = RenderDocument(
            self.repository, self.tenants, self.renderer, documents, self.changer, self.clock
        )
        self.send_mail = SendMail(intents, self.suppressions, self.sender, self.clock, lease=LEASE)
        self.note_mail_feedback = RecordMailFeedback(intents, self.suppressions, self.counters, self.clock)
        self.notify_customer = NotifyCustomer(
            self.repository, self.tenants, PlainComposer(), documents, self.request_document, self.send_mail
        )
        self.notify_staff = NotifyStaff(self.repository, self.tenants, PlainComposer(), self.send_mail)
        self.scrub_requests = MemoryScrubRequests()
        kept = PersonalDataStores(log, self.acceptances, intents, documents)
        self.scrub_order = ScrubOrder(self.repository, kept, self.publish_events, self.scrub_requests, redacted_body)
        self.report_returns = MemoryReportReturns()
        self.hear_report = ApplyExternalEvent(
            self.repository, self.acceptances, self.changer, self.report_returns, self.clock, hold=HOLD
        )
        self.check_health = CheckHealth([self.dependency], self.clock)
        self.trail = MemoryAuditTrail(self.counters)
        self.audit = Audit(self.trail, SteppingClock(self.start))

    def _in_memory(self) -> Store:
        outbox = MemoryOutbox(self.table)
        acceptances = MemoryAcceptances(self.table)
        archive = MemoryEventArchive(self.table)
        orders, suppressions = MemoryOrderRepository(self.table), MemorySuppressions()
        ordering = MemoryOrderingTenants(self.table)
        damage = MemoryDamage(self.table, self.intents, suppressions)
        unreadable = self.unreadable = MemoryUnreadableItems(self.table, self.intents, suppressions)
        return Store(
            orders, outbox, outbox, self.intents, acceptances, archive, suppressions, ordering, damage, unreadable
        )

    def relay(self, lag: timedelta = timedelta(0)) -> RelayOutbox:
        """A relay over this service's outbox."""
        return RelayOutbox(self.outbox, self.publish_events, self.queue_accepted, self.clock, self.counters, lag=lag)

    def served(self, keys: Any, rules: TokenRules, api_keys: ApiKeys | None = None) -> HttpDependencies:
        """What an HTTP application needs."""
        return HttpDependencies(
            api_keys=ApiKeyGuard(api_keys),
            audit=self.audit,
            authenticator=Authenticator(keys, rules),
            cursors=CursorCodec(GivenCursorKeys([b"k" * 32])),
            place_order=self.place_order,
            accept_order=self.accept_order,
            open_order=self.open_order,
            list_orders=self.list_orders,
            change_status=self.change_status,
            fulfil_order=self.fulfil_order,
            deliver_parcel=self.deliver_parcel,
            update_order=self.update_order,
            delete_order=self.delete_order,
            erase_personal_data=self.erase_personal_data,
            read_history=self.read_history,
            link_document=self.link_document,
            check_health=self.check_health,
        )


def a_caller(role: Role = Role.CUSTOMER, *, tenant_id: str = "tenant_a", customer_id: str = "cust_test_001") -> Caller:
    """Somebody with one role in a tenant."""
    return Caller(
        tenant_id=tenant_id,
        principal=f"{role}-principal",
        roles=frozenset({role}),
        customer_id=customer_id if role is Role.CUSTOMER else None,
        email="token@example.com",
    )
