"""The whole service over in-memory adapters: what application and HTTP tests drive."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from orders.adapters.inbound.http.security.api_keys import ApiKeyGuard, ApiKeys
from orders.adapters.inbound.http.security.auth import Authenticator
from orders.adapters.inbound.http.security.claims import TokenRules
from orders.adapters.inbound.http.security.cursor import CursorCodec
from orders.adapters.inbound.http.security.cursor_keys import GivenCursorKeys
from orders.adapters.inbound.http.supplied import Dependencies
from orders.adapters.outbound.memory.acceptances import MemoryAcceptances, MemoryOrderCommands
from orders.adapters.outbound.memory.audit_trail import MemoryAuditTrail
from orders.adapters.outbound.memory.clock import SequentialOrderIds, SteppingClock
from orders.adapters.outbound.memory.dead_letters import MemoryDeadLetterQueues
from orders.adapters.outbound.memory.document_requests import MemoryDocumentRequests
from orders.adapters.outbound.memory.document_store import MemoryDocumentStore
from orders.adapters.outbound.memory.erasure_ledger import MemoryErasureLedger
from orders.adapters.outbound.memory.event_archive import MemoryEventArchive
from orders.adapters.outbound.memory.event_publisher import MemoryEventPublisher
from orders.adapters.outbound.memory.mail_intents import MemoryMailIntents
from orders.adapters.outbound.memory.mail_sender import MemoryMailSender
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.adapters.outbound.memory.order_numbers import MemoryOrderNumbers
from orders.adapters.outbound.memory.order_repository import MemoryOrderRepository
from orders.adapters.outbound.memory.orders_by_day import MemoryOrdersByDay
from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.adapters.outbound.memory.outbox import MemoryOutbox
from orders.adapters.outbound.memory.report_returns import MemoryReportReturns
from orders.adapters.outbound.memory.retained_items import MemoryRetainedItems
from orders.adapters.outbound.memory.scrub_requests import MemoryScrubRequests
from orders.adapters.outbound.memory.suppressions import MemorySuppressions
from orders.adapters.outbound.memory.tenant_files import MemoryOrderingTenants
from orders.adapters.outbound.memory.unreadable_items import MemoryUnreadableItems
from orders.adapters.wire.answer_redaction import redacted_answer
from orders.application.events.relay_outbox import RelayOutbox
from orders.application.operations.find_order import FindOrder
from orders.application.orders.check_offers import Consulted
from orders.application.policy.caller import Caller
from orders.bootstrap.container.api_container import http_dependencies
from orders.bootstrap.container.use_cases import UseCases
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.domain.lifecycle import Role
from orders.domain.order import Order
from orders.ports.campaigns import Campaigns
from orders.ports.documents import DocumentStore, DocumentVersions
from orders.ports.erasure_ledger import ErasureLedger
from orders.ports.errors import PortError, TransientPortError
from orders.ports.health import Probe
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


class Bucket(DocumentStore, DocumentVersions, Protocol):
    """A bucket with versions: every adapter of one is an adapter of the other."""


@dataclass
class Service:
    """Every use case over one set of in-memory adapters.

    Attributes:
        over: the ports of the table, where they are not to be in memory; then ``table`` and ``intents`` stay empty.
        bucket: the same for ``documents``.
        elsewhere: the other region's bucket, if there are two.
        ledger: the ledger of erasures.
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
    queues: tuple[Probe, ...] = ()
    region_probes: tuple[Probe, ...] = ()
    products: Consulted[ProductCatalogue] | None = None
    campaigns: Consulted[Campaigns] | None = None
    prices_must_be_settled: bool = False
    start: datetime = NOON
    over: Store | None = None
    bucket: Bucket | None = None
    elsewhere: DocumentVersions | None = None
    ledger: ErasureLedger = field(default_factory=MemoryErasureLedger)

    def __post_init__(self) -> None:
        self.clock, self.ids = SteppingClock(self.start), SequentialOrderIds()
        self.counters = MemoryMetrics()
        self.trail = MemoryAuditTrail(self.counters)
        self.commands = MemoryOrderCommands()
        self.letters = MemoryDeadLetterQueues(self.clock, [*packaged_topology().workers, "rule:bbws-order-erasure"])
        self.scrub_requests, self.report_returns = MemoryScrubRequests(), MemoryReportReturns()
        self.retain_requests = MemoryScrubRequests()
        table = self.over or self._in_memory()
        self.repository, self.acceptances, self.suppressions = table.orders, table.acceptances, table.suppressions
        self.outbox = cast("Events", table.outbox)
        self.find_order = FindOrder(table.numbers)
        made = self.use_cases = UseCases(
            clock=self.clock,
            lease=table.lease,
            ids=self.ids,
            counters=self.counters,
            gauges=self.counters,
            audit_trail=self.trail,
            probes=[self.dependency, *self.queues, *self.region_probes],
            region_probes=[self.dependency, *self.region_probes],
            repository=self.repository,
            acceptances=self.acceptances,
            numbers=table.numbers,
            outbox=self.outbox,
            event_log=table.log,
            publisher=self.publisher,
            order_commands=self.commands,
            tenants=self.tenants,
            products=self.products,
            campaigns=self.campaigns,
            documents=self.bucket or self.documents,
            document_versions=[each for each in (self.bucket or self.documents, self.elsewhere) if each is not None],
            erasure_ledger=self.ledger,
            dead_letter_queues=self.letters,
            purged_queues=self.letters,
            document_requests=self.requests,
            renderer=self.renderer,
            composer=PlainComposer(),
            mail_sender=self.sender,
            mail_intents=table.mails,
            suppressions=self.suppressions,
            scrub_requests=self.scrub_requests,
            retained_items=table.retained,
            retain_requests=self.retain_requests,
            report_returns=self.report_returns,
            redact_answer=redacted_answer,
            mail_lease=LEASE,
            payment_failure_hold=HOLD,
            relay_lag=timedelta(0),
            prices_must_be_settled=self.prices_must_be_settled,
        )
        self.audit = made.audit()
        self.publish_events, self.fast_path = made.publish_events(), made.fast_path()
        self.replays, self.order_changer = made.replays(), made.order_changer()
        self.check_offers, self.price_terms = made.check_offers(), made.price_terms()
        self.queue_accepted, self.first_answer = made.queue_accepted(), made.first_answer()
        self.place_order, self.accept_order = made.place_order(), made.accept_order()
        self.place_accepted, self.place_queued = made.place_accepted(), made.place_queued()
        self.open_order, self.list_orders = made.open_order(), made.list_orders()
        self.read_history, self.check_health = made.read_history(), made.check_health()
        self.change_status, self.update_order = made.change_status(), made.update_order()
        self.fulfil_order, self.deliver_parcel = made.fulfil_order(), made.deliver_parcel()
        self.delete_order, self.erase_personal_data = made.delete_order(), made.erase_personal_data()
        self.scrub_order, self.apply_external_event = made.scrub_order(), made.apply_external_event()
        self.request_document, self.link_document = made.request_document(), made.link_document()
        self.render_document = made.render_document()
        self.send_mail, self.record_mail_feedback = made.send_mail(), made.record_mail_feedback()
        self.notify_customer, self.notify_staff = made.notify_customer(), made.notify_staff()

    def _in_memory(self) -> Store:
        outbox = MemoryOutbox(self.table)
        acceptances = MemoryAcceptances(self.table)
        archive = MemoryEventArchive(self.table)
        orders, suppressions = MemoryOrderRepository(self.table), MemorySuppressions(self.table.lease)
        ordering = MemoryOrderingTenants(self.table)
        damage = MemoryDamage(self.table, self.intents, suppressions)
        unreadable = self.unreadable = MemoryUnreadableItems(self.table, self.intents, suppressions)
        return Store(
            orders,
            outbox,
            outbox,
            self.intents,
            acceptances,
            archive,
            suppressions,
            ordering,
            damage,
            unreadable,
            self.table.lease,
            MemoryOrdersByDay(self.table),
            MemoryRetainedItems(self.table, self.intents),
            MemoryOrderNumbers(self.table),
        )

    def relay(self, lag: timedelta = timedelta(0)) -> RelayOutbox:
        """A relay over this service's outbox."""
        return RelayOutbox(self.outbox, self.publish_events, self.queue_accepted, self.clock, self.counters, lag=lag)

    def served(self, keys: Any, rules: TokenRules, api_keys: ApiKeys | None = None) -> Dependencies:
        """Returns the dependencies of an HTTP application."""
        guard, authenticator = ApiKeyGuard(api_keys), Authenticator(keys, rules)
        cursors = CursorCodec(GivenCursorKeys([b"k" * 32]))
        return http_dependencies(
            self.use_cases, api_keys=lambda: guard, authenticator=lambda: authenticator, cursors=lambda: cursors
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
