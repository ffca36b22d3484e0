"""Accepted orders in DynamoDB, each an item in its order's partition. Contract: ports/acceptances.py ([API-7])."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from orders.adapters.outbound.dynamodb.draft_items import draft_from_item, draft_to_item
from orders.adapters.outbound.dynamodb.event_items import receipt_from_item, receipt_to_item
from orders.adapters.outbound.dynamodb.instants import instant_text, parse_instant
from orders.adapters.outbound.dynamodb.item_size import item_bytes
from orders.adapters.outbound.dynamodb.keys import acceptance_key, outbox_shard, shard_of
from orders.adapters.outbound.dynamodb.part_items import present
from orders.adapters.outbound.dynamodb.schema import SCHEMA_ATTRIBUTE, SCHEMA_VERSION, item_reader
from orders.adapters.outbound.dynamodb.table import ConditionFailed, OrdersTable, Placeholders
from orders.adapters.outbound.dynamodb.wire import Item, from_wire, to_wire
from orders.domain.errors import Fault
from orders.domain.events import Receipt
from orders.domain.lifecycle import Role
from orders.ports.acceptances import Acceptance, AcceptanceState
from orders.ports.errors import AcceptanceExists, ItemKind, OrderTooLarge
from orders.ports.order_repository import MAX_ORDER_BYTES

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

_MARKERS = ("outboxShard", "outboxSince")


class DynamoAcceptances:
    """Acceptances, with the marker that puts them into the index of their region's relay until they are queued."""

    def __init__(self, client: "DynamoDBClient", table_name: str, *, region: str, outbox_shards: int) -> None:
        """See ``DynamoOrderRepository``."""
        self._table = OrdersTable(client, table_name)
        self._region = region
        self._shards = outbox_shards

    async def add(self, acceptance: Acceptance) -> None:
        """See ``Acceptances.add``."""
        item = acceptance_to_item(acceptance)
        size = item_bytes(item)
        if size > MAX_ORDER_BYTES:
            raise OrderTooLarge(size, MAX_ORDER_BYTES)
        marker = outbox_shard(self._region, shard_of(acceptance.order_id, self._shards))
        try:
            await self._table.put_new(item | {"outboxShard": marker, "outboxSince": item["acceptedAt"]})
        except ConditionFailed as refused:
            existing = acceptance_from_item(refused.found)
            if existing != acceptance_from_item(from_wire(to_wire(item))):
                raise AcceptanceExists(existing) from refused

    async def get(self, tenant_id: str, order_id: str) -> Acceptance | None:
        """See ``Acceptances.get``."""
        item = await self._table.get(acceptance_key(tenant_id, order_id))
        return None if item is None else acceptance_from_item(item)

    async def queued(self, tenant_id: str, order_id: str) -> None:
        """See ``Acceptances.queued``."""
        place = Placeholders()
        try:
            await self._table.update(
                acceptance_key(tenant_id, order_id),
                change=f"REMOVE {', '.join(map(place.name, _MARKERS))}",
                condition=f"attribute_exists({place.name(_MARKERS[0])})",
                place=place,
            )
        except ConditionFailed:
            return  # noted before

    async def finish(
        self, tenant_id: str, order_id: str, state: AcceptanceState, faults: tuple[Fault, ...] = ()
    ) -> None:
        """See ``Acceptances.finish``."""
        place = Placeholders()
        recorded = place.name("state")
        noted = place.value(_faults(faults))
        gone = ", ".join(map(place.name, ("draft", *_MARKERS)))
        placed = place.value(AcceptanceState.PLACED)
        try:
            await self._table.update(
                acceptance_key(tenant_id, order_id),
                change=(f"SET {recorded} = {place.value(state)}, {place.name('faults')} = {noted} REMOVE {gone}"),
                condition=f"attribute_exists({place.name('PK')}) AND {recorded} <> {placed}",
                place=place,
            )
        except ConditionFailed:
            return  # placed, which is final

    async def redact(self, tenant_id: str, order_id: str, receipt: Receipt | None) -> None:
        """See ``Acceptances.redact``."""
        place = Placeholders()
        kept = f", {place.name('receipt')} = {place.value(receipt_to_item(receipt))}" if receipt else ""
        gone = ", ".join(map(place.name, ("draft", *_MARKERS, *(() if receipt else ("receipt",)))))
        try:
            await self._table.update(
                acceptance_key(tenant_id, order_id),
                change=f"SET {place.name('state')} = {place.value(AcceptanceState.PLACED)}{kept} REMOVE {gone}",
                condition=f"attribute_exists({place.name('PK')})",
                place=place,
            )
        except ConditionFailed:
            return  # nothing was accepted under this id


def acceptance_to_item(acceptance: Acceptance) -> Item:
    """The acceptance as it is stored, keys included."""
    return acceptance_key(acceptance.tenant_id, acceptance.order_id) | present(
        **{SCHEMA_ATTRIBUTE: SCHEMA_VERSION},
        tenantId=acceptance.tenant_id,
        orderId=acceptance.order_id,
        customerId=acceptance.customer_id,
        principal=acceptance.principal,
        roles=sorted(acceptance.roles),
        acceptedAt=instant_text(acceptance.accepted_at),
        draft=acceptance.draft and draft_to_item(acceptance.draft),
        callerCustomerId=acceptance.caller_customer_id,
        traceparent=acceptance.traceparent,
        receipt=acceptance.receipt and receipt_to_item(acceptance.receipt),
        state=acceptance.state,
        faults=_faults(acceptance.faults),
    )


def _faults(faults: Iterable[Fault]) -> list[Item]:
    return [{"pointer": fault.pointer, "code": fault.code, "message": fault.message} for fault in faults]


@item_reader(ItemKind.ACCEPTANCE, Acceptance)
def acceptance_from_item(item: Mapping[str, Any]) -> Acceptance:
    """The acceptance that ``acceptance_to_item`` wrote. Raises: UnreadableItem."""
    draft, receipt = item.get("draft"), item.get("receipt")
    return Acceptance(
        tenant_id=item["tenantId"],
        order_id=item["orderId"],
        customer_id=item["customerId"],
        principal=item["principal"],
        roles=frozenset(map(Role, item["roles"])),
        accepted_at=parse_instant(item["acceptedAt"]),
        draft=draft and draft_from_item(draft),
        caller_customer_id=item.get("callerCustomerId"),
        traceparent=item.get("traceparent"),
        receipt=receipt and receipt_from_item(receipt),
        state=AcceptanceState(item["state"]),
        faults=tuple(Fault(**fault) for fault in item["faults"]),
    )
