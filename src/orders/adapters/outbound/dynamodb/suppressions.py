"""Suppressed addresses in DynamoDB: one item for each, identified by a hash. Contract: ports/suppressions.py.

An address removed from the list keeps its item, marked as removed: no role may delete items, and late or repeated
feedback must be recognised as older than the removal.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orders.adapters.outbound.dynamodb.items.attribute_values import from_wire, to_wire
from orders.adapters.outbound.dynamodb.items.instants import instant_text, parse_instant
from orders.adapters.outbound.dynamodb.items.part_items import present
from orders.adapters.outbound.dynamodb.items.schema import SCHEMA_ATTRIBUTE, SCHEMA_VERSION, item_reader
from orders.adapters.outbound.dynamodb.keys import suppression_key, suppression_partition
from orders.adapters.outbound.dynamodb.table import ConditionFailed, OrdersTable, Placeholders
from orders.ports.errors import ItemKind, PassedOver, UnreadableItem
from orders.ports.lease import WriterLease
from orders.ports.suppressions import Suppression, SuppressionReason

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

_PAGE = 100


class DynamoSuppressions:
    """``Suppressions`` in one partition for each tenant."""

    def __init__(self, client: "DynamoDBClient", table_name: str, lease: WriterLease) -> None:
        self._table = OrdersTable(client, table_name, lease)

    async def add(self, suppression: Suppression) -> None:
        """See ``Suppressions.add``."""
        place = Placeholders()
        described = present(
            **{SCHEMA_ATTRIBUTE: SCHEMA_VERSION},
            reason=suppression.reason,
            at=instant_text(suppression.at),
            orderId=suppression.order_id,
            detail=suppression.detail,
        )
        change = ", ".join(f"{place.name(name)} = {place.value(value)}" for name, value in described.items())
        removed, at = place.name("removedAt"), place.value(instant_text(suppression.at))
        gone = [removed] if suppression.detail is not None else [removed, place.name("detail")]
        conditions = [f"attribute_not_exists({place.name('PK')})", f"{removed} < {at}"]
        if suppression.reason is SuppressionReason.COMPLAINED:
            bounced = place.value(SuppressionReason.BOUNCED)
            conditions.append(f"(attribute_not_exists({removed}) AND {place.name('reason')} = {bounced})")
        try:
            await self._table.update(
                suppression_key(suppression.tenant_id, suppression.recipient_hash),
                change=f"SET {change} REMOVE {', '.join(gone)}",
                condition=" OR ".join(conditions),
                place=place,
            )
        except ConditionFailed:
            return  # suppressed for this or a graver reason, or removed from the list since

    async def find(self, tenant_id: str, recipient_hash: str) -> Suppression | None:
        """See ``Suppressions.find``."""
        item = await self._table.get(suppression_key(tenant_id, recipient_hash))
        return None if item is None or "removedAt" in item else suppression_from_item(item)

    async def of_tenant(
        self, tenant_id: str, *, after: str | None = None, limit: int = 100, passed_over: PassedOver | None = None
    ) -> Sequence[Suppression]:
        """See ``Suppressions.of_tenant``."""
        found: list[Suppression] = []
        resume = None if after is None else suppression_key(tenant_id, after)
        while True:
            place = Placeholders()
            condition = f"{place.name('PK')} = {place.value(suppression_partition(tenant_id))}"
            # The client takes the start key in DynamoDB's form.
            page = await self._table.query(condition, place, limit=_PAGE, resume=resume and to_wire(resume))
            for item in page.items:
                try:
                    found += [suppression_from_item(item)] if "removedAt" not in item else []
                except UnreadableItem as error:
                    if passed_over is None:
                        raise
                    passed_over(error)
            if len(found) >= limit or page.resume is None:
                return found[:limit]
            resume = from_wire(page.resume)

    async def remove(self, tenant_id: str, recipient_hash: str, *, at: datetime) -> bool:
        """See ``Suppressions.remove``."""
        place = Placeholders()
        removed = place.name("removedAt")
        try:
            await self._table.update(
                suppression_key(tenant_id, recipient_hash),
                change=f"SET {removed} = {place.value(instant_text(at))}",
                condition=f"attribute_exists({place.name('PK')}) AND attribute_not_exists({removed})",
                place=place,
            )
        except ConditionFailed as refused:
            # This very write succeeded and its response got lost.
            return bool(refused.found.get("removedAt") == instant_text(at))
        return True


@item_reader(ItemKind.SUPPRESSION, Suppression)
def suppression_from_item(item: Mapping[str, Any]) -> Suppression:
    """Parses an item. Raises: UnreadableItem."""
    return Suppression(
        tenant_id=item["PK"].split("#")[1],
        recipient_hash=item["SK"],
        reason=SuppressionReason(item["reason"]),
        at=parse_instant(item["at"]),
        order_id=item["orderId"],
        detail=item.get("detail"),
    )
