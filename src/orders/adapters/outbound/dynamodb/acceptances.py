"""Acceptances in DynamoDB, each an item in its order's partition. Contract: ports/acceptances.py ([API-7]).

An acceptance's item does not have the order's key: what keeps an order and an acceptance of one id apart is the claim
that the acceptance puts under the order's key (``claim_items.py``).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from orders.adapters.outbound.dynamodb.items.attribute_values import Item, from_wire, to_wire
from orders.adapters.outbound.dynamodb.items.claim_items import (
    claim_from_item,
    claim_to_item,
    closing,
    faults_from_item,
    faults_to_item,
    is_claim,
)
from orders.adapters.outbound.dynamodb.items.draft_items import draft_from_item, draft_to_item
from orders.adapters.outbound.dynamodb.items.event_items import EPOCH, receipt_from_item, receipt_to_item
from orders.adapters.outbound.dynamodb.items.instants import instant_text, parse_instant
from orders.adapters.outbound.dynamodb.items.item_size import item_bytes
from orders.adapters.outbound.dynamodb.items.order_items import order_from_item
from orders.adapters.outbound.dynamodb.items.part_items import present
from orders.adapters.outbound.dynamodb.items.schema import SCHEMA_ATTRIBUTE, SCHEMA_VERSION, item_reader
from orders.adapters.outbound.dynamodb.keys import acceptance_key, number_key, order_key, outbox_shard, shard_of
from orders.adapters.outbound.dynamodb.order_numbers import RecentNumbers
from orders.adapters.outbound.dynamodb.table import ConditionFailed, OrdersTable, Placeholders
from orders.domain.errors import Fault
from orders.domain.events import Receipt
from orders.domain.lifecycle import Role
from orders.ports.acceptances import Acceptance, AcceptanceState, KeyClaim
from orders.ports.clock import Clock
from orders.ports.errors import AcceptanceExists, ItemKind, OrderClaimed, OrderExists, OrderTooLarge
from orders.ports.lease import WriterLease
from orders.ports.order_repository import MAX_ORDER_BYTES

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

_MARKERS = ("outboxShard", "outboxSince")


class DynamoAcceptances:
    """``Acceptances``; an attribute puts each into the index of its region's relay until its command is queued."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        lease: WriterLease,
        *,
        region: str,
        outbox_shards: int,
        clock: Clock | None = None,
        written: RecentNumbers | None = None,
    ) -> None:
        """See ``DynamoOrderRepository``."""
        self._table = OrdersTable(client, table_name, lease, clock=clock)
        self._region = region
        self._shards = outbox_shards
        self._written = written or RecentNumbers()

    async def add(self, acceptance: Acceptance) -> None:
        """See ``Acceptances.add``."""
        item = acceptance_to_item(acceptance)
        size = item_bytes(item)
        if size > MAX_ORDER_BYTES:
            raise OrderTooLarge(size, MAX_ORDER_BYTES)
        if acceptance.receipt is not None:
            await self._claim(KeyClaim(acceptance.tenant_id, acceptance.order_id, acceptance.receipt))
        marker = outbox_shard(self._region, shard_of(acceptance.order_id, self._shards))
        try:
            waiting = {"outboxShard": marker, "outboxSince": item["acceptedAt"]}
            await self._table.put_new(item | waiting | {EPOCH: self._table.lease.check()})
            self._written.note(item["numberKey"])
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
            return  # recorded before

    async def finish(
        self, tenant_id: str, order_id: str, state: AcceptanceState, faults: tuple[Fault, ...] = ()
    ) -> None:
        """See ``Acceptances.finish``."""
        if state is AcceptanceState.REJECTED and not await self._close(tenant_id, order_id, faults):
            state, faults = AcceptanceState.PLACED, ()
        place = Placeholders()
        recorded = place.name("state")
        noted = place.value(faults_to_item(faults))
        gone = ", ".join(map(place.name, ("draft", *_MARKERS)))
        placed, noting = place.value(AcceptanceState.PLACED), place.value(state)
        try:
            await self._table.update(
                acceptance_key(tenant_id, order_id),
                change=(f"SET {recorded} = {noting}, {place.name('faults')} = {noted} REMOVE {gone}"),
                condition=f"attribute_exists({place.name('PK')}) AND {recorded} <> {placed} AND {recorded} <> {noting}",
                place=place,
            )
        except ConditionFailed:
            return  # recorded before, or placed, which is final

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
            return  # no acceptance has this id

    async def _claim(self, claim: KeyClaim) -> None:
        """Claims the order's key for the acceptance. Raises: OrderExists, OrderClaimed."""
        try:
            await self._table.put_new(claim_to_item(claim) | {EPOCH: self._table.lease.check()})
        except ConditionFailed as refused:
            if not is_claim(refused.found):
                raise OrderExists(order_from_item(refused.found)) from refused
            existing = claim_from_item(refused.found)
            if not claim.same_request(existing):
                raise OrderClaimed(existing) from refused

    async def _close(self, tenant_id: str, order_id: str, faults: tuple[Fault, ...]) -> bool:
        """Blocks the order's key permanently; returns ``False`` if the order exists."""
        place = Placeholders()
        change, condition = closing(faults, place)
        try:
            await self._table.update(order_key(tenant_id, order_id), change=change, condition=condition, place=place)
        except ConditionFailed:
            return False
        return True


def acceptance_to_item(acceptance: Acceptance) -> Item:
    """Converts the acceptance to its item, keys included."""
    return acceptance_key(acceptance.tenant_id, acceptance.order_id) | present(
        **{SCHEMA_ATTRIBUTE: SCHEMA_VERSION},
        tenantId=acceptance.tenant_id,
        orderId=acceptance.order_id,
        # In the index before there is an order: its caller has the number already.
        numberKey=number_key(acceptance.tenant_id, acceptance.order_number),
        customerId=acceptance.customer_id,
        principal=acceptance.principal,
        roles=sorted(acceptance.roles),
        acceptedAt=instant_text(acceptance.accepted_at),
        draft=acceptance.draft and draft_to_item(acceptance.draft),
        callerCustomerId=acceptance.caller_customer_id,
        traceparent=acceptance.traceparent,
        receipt=acceptance.receipt and receipt_to_item(acceptance.receipt),
        state=acceptance.state,
        faults=faults_to_item(acceptance.faults),
    )


@item_reader(ItemKind.ACCEPTANCE, Acceptance)
def acceptance_from_item(item: Mapping[str, Any]) -> Acceptance:
    """Parses the item of ``acceptance_to_item``. Raises: UnreadableItem."""
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
        faults=faults_from_item(item["faults"]),
    )
