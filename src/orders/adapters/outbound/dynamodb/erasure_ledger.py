"""The ledger of erasures in DynamoDB, in a table of its own. Contract: ports/erasure_ledger.py.

No entry is changed or deleted by anybody: it holds nothing personal, and must outlive every backup of its order.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from orders.adapters.outbound.botocore_errors import translated
from orders.adapters.outbound.dynamodb.items.attribute_values import Item, from_wire, to_wire
from orders.adapters.outbound.dynamodb.items.instants import instant_text, parse_instant
from orders.adapters.outbound.dynamodb.items.schema import SCHEMA_ATTRIBUTE, SCHEMA_VERSION, item_reader
from orders.adapters.outbound.dynamodb.table import ConditionFailed, OrdersTable, Placeholders
from orders.ports.erasure_ledger import LedgerEntry, LedgerPage
from orders.ports.errors import ItemKind, PassedOver, UnreadableItem
from orders.ports.lease import WriterLease

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

DEPENDENCY = "erasure ledger"

_PARTITION = re.compile(r"TENANT#([^#]+)")
_SORT = re.compile(r"ORDER#([^#]+)")


class DynamoErasureLedger:
    """``ErasureLedger`` with one partition for each tenant, and one item for each order."""

    def __init__(self, client: "DynamoDBClient", table_name: str, lease: WriterLease | None = None) -> None:
        """``lease`` is that of who enters; without one it can be read only."""
        self._client: Any = client
        self._name = table_name
        self._table = OrdersTable(client, table_name, lease, dependency=DEPENDENCY)

    async def enter(self, entry: LedgerEntry) -> None:
        """See ``ErasureLedger.enter``."""
        try:
            await self._table.put_new(entry_to_item(entry))
        except ConditionFailed:
            return  # entered before

    async def page(
        self,
        *,
        tenant_id: str | None = None,
        after: str | None = None,
        limit: int = 100,
        passed_over: PassedOver | None = None,
    ) -> LedgerPage:
        """See ``ErasureLedger.page``."""
        start = None if after is None else to_wire(_key_at(after))
        items, resume = await (self._all(limit, start) if tenant_id is None else self._of(tenant_id, limit, start))
        found: list[LedgerEntry] = []
        for item in items:
            try:
                found.append(entry_from_item(item))
            except UnreadableItem as error:
                if passed_over is None:
                    raise
                passed_over(error)
        return LedgerPage(found, None if resume is None else _position(from_wire(resume)))

    async def _of(
        self, tenant_id: str, limit: int, start: Mapping[str, Any] | None
    ) -> tuple[list[Item], Mapping[str, Any] | None]:
        place = Placeholders()
        condition = f"{place.name('PK')} = {place.value(f'TENANT#{tenant_id}')}"
        page = await self._table.query(condition, place, limit=limit, resume=start)
        return list(page.items), page.resume

    async def _all(self, limit: int, start: Mapping[str, Any] | None) -> tuple[list[Item], Mapping[str, Any] | None]:
        # The whole ledger is what is asked for, so a scan reads nothing in vain.
        resume = {} if start is None else {"ExclusiveStartKey": start}
        with translated(DEPENDENCY):
            answer = await self._client.scan(TableName=self._name, Limit=limit, ConsistentRead=True, **resume)
        return [from_wire(item) for item in answer["Items"]], answer.get("LastEvaluatedKey")


def entry_to_item(entry: LedgerEntry) -> Item:
    """Converts the entry to its item, keys included."""
    return {
        "PK": f"TENANT#{entry.tenant_id}",
        "SK": f"ORDER#{entry.order_id}",
        SCHEMA_ATTRIBUTE: SCHEMA_VERSION,
        "at": instant_text(entry.at),
        "by": entry.by,
    }


@item_reader(ItemKind.ERASURE, LedgerEntry)
def entry_from_item(item: Mapping[str, Any]) -> LedgerEntry:
    """Parses the item of ``entry_to_item``. Raises: UnreadableItem."""
    partition, sort = _PARTITION.fullmatch(item["PK"]), _SORT.fullmatch(item["SK"])
    if not partition or not sort:
        raise ValueError("no key of the ledger")
    return LedgerEntry(partition[1], sort[1], at=parse_instant(item["at"]), by=item["by"])


def _position(key: Mapping[str, str]) -> str:
    return f"{key['PK']}|{key['SK']}"


def _key_at(position: str) -> dict[str, str]:
    partition, between, sort = position.partition("|")
    if not between:
        raise ValueError(f"{position[:80]!r} is no position in the ledger")
    return {"PK": partition, "SK": sort}
