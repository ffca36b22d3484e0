"""The backends of the orders table's contract suites: the same ports over memory and over each emulator."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import uuid4

from orders.adapters.outbound.dynamodb.acceptances import DynamoAcceptances
from orders.adapters.outbound.dynamodb.events.event_archive import DynamoEventArchive
from orders.adapters.outbound.dynamodb.events.outbox import DynamoOutbox
from orders.adapters.outbound.dynamodb.items.attribute_values import to_wire
from orders.adapters.outbound.dynamodb.keys import acceptance_key, event_key, mail_key, order_key, suppression_key
from orders.adapters.outbound.dynamodb.mail_intents import DynamoMailIntents
from orders.adapters.outbound.dynamodb.order_numbers import DynamoOrderNumbers, RecentNumbers
from orders.adapters.outbound.dynamodb.order_repository import DynamoOrderRepository
from orders.adapters.outbound.dynamodb.ordering_tenants import DynamoOrderingTenants
from orders.adapters.outbound.dynamodb.orders_by_day import DynamoOrdersByDay
from orders.adapters.outbound.dynamodb.retained_items import DynamoRetainedItems
from orders.adapters.outbound.dynamodb.suppressions import DynamoSuppressions
from orders.adapters.outbound.dynamodb.unreadable_items import DynamoUnreadableItems
from orders.adapters.outbound.memory.acceptances import MemoryAcceptances
from orders.adapters.outbound.memory.event_archive import MemoryEventArchive
from orders.adapters.outbound.memory.mail_intents import MemoryMailIntents
from orders.adapters.outbound.memory.order_numbers import MemoryOrderNumbers
from orders.adapters.outbound.memory.order_repository import MemoryOrderRepository
from orders.adapters.outbound.memory.orders_by_day import MemoryOrdersByDay
from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.adapters.outbound.memory.outbox import MemoryOutbox
from orders.adapters.outbound.memory.retained_items import MemoryRetainedItems
from orders.adapters.outbound.memory.suppressions import MemorySuppressions
from orders.adapters.outbound.memory.tenant_files import MemoryOrderingTenants
from orders.adapters.outbound.memory.unreadable_items import MemoryUnreadableItems
from orders.adapters.outbound.memory.writer_leases import SetLease
from orders.bootstrap.resources.model import Changes
from orders.bootstrap.resources.table import ensure_table
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.domain.order import Change
from orders.ports.acceptances import Acceptances
from orders.ports.clock import Clock
from orders.ports.errors import ItemKind
from orders.ports.event_archive import EventArchive
from orders.ports.lease import WriterLease
from orders.ports.mail import MailIntents, MailReference
from orders.ports.order_numbers import OrderNumbers
from orders.ports.order_repository import OrderRepository
from orders.ports.orders_by_day import OrdersByDay
from orders.ports.outbox import EventLog, Outbox, OutboxEntry
from orders.ports.retention import RetainedItems
from orders.ports.suppressions import Suppressions
from orders.ports.tenants import OrderingTenants
from orders.ports.unreadable_items import UnreadableItems
from tests.contract.endpoints import Endpoint

SHARDS = 2
AT_LAST = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class EmulatorTable:
    """A table of the declared shape on an emulator."""

    endpoint: Endpoint
    name: str


class Damage(Protocol):
    """Makes items ones that can't be read, in whatever way the adapter has."""

    async def order(self, tenant_id: str, order_id: str) -> None:
        """The order, as a later release would write it."""
        ...

    async def event(self, tenant_id: str, order_id: str, sequence: int) -> None:
        """An event of the order, wherever it is."""
        ...

    async def acceptance(self, tenant_id: str, order_id: str) -> None:
        """The acceptance under that id."""
        ...

    async def mail(self, mail: MailReference) -> None:
        """The record of a mail."""
        ...

    async def suppression(self, tenant_id: str, recipient_hash: str) -> None:
        """A suppressed address's entry."""
        ...


class MemoryDamage:
    """``Damage`` in memory."""

    def __init__(self, table: MemoryTable, mails: MemoryMailIntents, suppressions: MemorySuppressions) -> None:
        self._table = table
        self._mails = mails
        self._suppressions = suppressions

    async def order(self, tenant_id: str, order_id: str) -> None:
        self._table.damage(ItemKind.ORDER, tenant_id, order_id)

    async def event(self, tenant_id: str, order_id: str, sequence: int) -> None:
        self._table.damage(ItemKind.EVENT, tenant_id, order_id, sequence)

    async def acceptance(self, tenant_id: str, order_id: str) -> None:
        self._table.damage(ItemKind.ACCEPTANCE, tenant_id, order_id)

    async def mail(self, mail: MailReference) -> None:
        self._mails.damage(mail)

    async def suppression(self, tenant_id: str, recipient_hash: str) -> None:
        self._suppressions.damage(tenant_id, recipient_hash)


class DynamoDamage:
    """``Damage`` to a table's items: a later release's shape, or an attribute gone."""

    def __init__(self, client: Any, table_name: str) -> None:
        self._client = client
        self._table = table_name

    async def order(self, tenant_id: str, order_id: str) -> None:
        await self._update(order_key(tenant_id, order_id), "SET schemaVersion = :nine", {":nine": {"N": "9"}})

    async def event(self, tenant_id: str, order_id: str, sequence: int) -> None:
        names = {"#sequence": f"{sequence:010d}", "#type": "type"}
        waiting = "REMOVE pending.#sequence.#type"
        try:
            await self._update(order_key(tenant_id, order_id), waiting, names=names, where="pending.#sequence.#type")
        except self._client.exceptions.ConditionalCheckFailedException:
            published = event_key(tenant_id, order_id, sequence)
            await self._update(published, "REMOVE #type", names={"#type": "type"}, where="#type")

    async def acceptance(self, tenant_id: str, order_id: str) -> None:
        await self._update(acceptance_key(tenant_id, order_id), "REMOVE customerId")

    async def mail(self, mail: MailReference) -> None:
        await self._update(mail_key(mail), "SET #at = :text", {":text": {"S": "yesterday"}}, names={"#at": "at"})

    async def suppression(self, tenant_id: str, recipient_hash: str) -> None:
        await self._update(suppression_key(tenant_id, recipient_hash), "REMOVE reason")

    async def _update(
        self,
        key: dict[str, str],
        change: str,
        values: dict[str, Any] | None = None,
        *,
        names: dict[str, str] | None = None,
        where: str = "PK",
    ) -> None:
        given = {"ExpressionAttributeValues": values, "ExpressionAttributeNames": names}
        await self._client.update_item(
            TableName=self._table,
            Key=to_wire(key),
            UpdateExpression=change,
            ConditionExpression=f"attribute_exists({where})",
            **{name: value for name, value in given.items() if value},
        )


@dataclass(frozen=True, slots=True)
class Store:
    """The ports over one table, in a region that nobody else's orders are in."""

    orders: OrderRepository
    outbox: Outbox
    log: EventLog
    mails: MailIntents
    acceptances: Acceptances
    archive: EventArchive
    suppressions: Suppressions
    ordering: OrderingTenants
    damage: "Damage"
    unreadable: UnreadableItems
    lease: WriterLease
    days: OrdersByDay
    retained: RetainedItems
    numbers: OrderNumbers

    async def overdue(self, before: datetime = AT_LAST, limit: int = 1000) -> list[tuple[str, datetime]]:
        """Ids and times of all overdue orders, whatever their shard."""
        shards = await asyncio.gather(
            *(self.outbox.overdue(shard, before=before, limit=limit) for shard in range(self.outbox.shards))
        )
        return sorted((entry.order_id, entry.since) for entries in shards for entry in entries)

    async def waiting(self, shard: int) -> Sequence[OutboxEntry]:
        """All overdue entries of a shard."""
        return await self.outbox.overdue(shard, before=AT_LAST, limit=1000)

    async def history(self, *changes: Change) -> None:
        """Make changes durable one after the other, the first of them a new order."""
        first, *others = changes
        await self.orders.add(first)
        for change in others:
            await self.orders.save(change)


def memory_store(clock: Clock | None = None) -> Store:
    """The in-memory adapters over a new table."""
    lease = SetLease()
    table = MemoryTable(lease, clock)
    outbox = MemoryOutbox(table, shards=SHARDS)
    mails, suppressions = MemoryMailIntents(lease, clock), MemorySuppressions(lease)
    return Store(
        MemoryOrderRepository(table),
        outbox,
        outbox,
        mails,
        MemoryAcceptances(table),
        MemoryEventArchive(table),
        suppressions,
        MemoryOrderingTenants(table),
        MemoryDamage(table, mails, suppressions),
        MemoryUnreadableItems(table, mails, suppressions),
        lease,
        MemoryOrdersByDay(table),
        MemoryRetainedItems(table, mails),
        MemoryOrderNumbers(table),
    )


@asynccontextmanager
async def dynamo_store(table: EmulatorTable) -> AsyncIterator[Store]:
    """The DynamoDB adapters over an emulator's table."""
    async with table.endpoint.client("dynamodb") as client:
        yield store_over(client, table.name)


def store_over(
    client: Any,
    table_name: str,
    region: str | None = None,
    other_region: str | None = None,
    clock: Clock | None = None,
) -> Store:
    """The DynamoDB adapters over a client, in a region of its own unless one is given."""
    region, lease = region or f"region-{uuid4().hex[:8]}", SetLease()
    outbox = DynamoOutbox(
        client, table_name, lease, region=region, other_region=other_region, outbox_shards=SHARDS, clock=clock
    )
    written = RecentNumbers()
    orders = DynamoOrderRepository(
        client, table_name, lease, region=region, outbox_shards=SHARDS, clock=clock, written=written
    )
    acceptances = DynamoAcceptances(
        client, table_name, lease, region=region, outbox_shards=SHARDS, clock=clock, written=written
    )
    mails = DynamoMailIntents(client, table_name, lease, clock=clock)
    archive = DynamoEventArchive(client, table_name)
    suppressions = DynamoSuppressions(client, table_name, lease)
    ordering = DynamoOrderingTenants(client, table_name)
    damage = DynamoDamage(client, table_name)
    unreadable = DynamoUnreadableItems(
        client, table_name, region=region, other_region=other_region, outbox_shards=SHARDS
    )
    return Store(
        orders,
        outbox,
        outbox,
        mails,
        acceptances,
        archive,
        suppressions,
        ordering,
        damage,
        unreadable,
        lease,
        DynamoOrdersByDay(client, table_name),
        DynamoRetainedItems(client, table_name, lease, clock=clock),
        DynamoOrderNumbers(client, table_name, written, pause=_no_pause),
    )


async def _no_pause(_seconds: float) -> None:
    """Emulators' indexes show at once what was written."""


@contextmanager
def created_table(endpoint: Endpoint, environment: str, key: str = "orders") -> Iterator[EmulatorTable]:
    """A table as declared in topology.yaml, deleted in the end."""
    declared = packaged_topology()
    name = declared.table_name(environment, key)

    async def create() -> None:
        async with endpoint.client("dynamodb") as client:
            await ensure_table(client, declared.table_of(key), name, Changes())

    async def delete() -> None:
        async with endpoint.client("dynamodb") as client:
            await client.delete_table(TableName=name)

    asyncio.run(create())
    try:
        yield EmulatorTable(endpoint, name)
    finally:
        asyncio.run(delete())
