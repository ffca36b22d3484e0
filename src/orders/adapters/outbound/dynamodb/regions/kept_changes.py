"""Looks up what became of changes, and keeps what was found, in DynamoDB. Contracts: ports/region_changes.py."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from orders.adapters.outbound.dynamodb.items.attribute_values import Item
from orders.adapters.outbound.dynamodb.items.claim_items import CLAIM, is_claim
from orders.adapters.outbound.dynamodb.items.event_items import EPOCH, FIRST_EPOCH
from orders.adapters.outbound.dynamodb.items.instants import instant_text, parse_instant
from orders.adapters.outbound.dynamodb.items.schema import item_reader
from orders.adapters.outbound.dynamodb.keys import (
    Key,
    acceptance_key,
    event_key,
    mail_partition,
    order_key,
    sequence_text,
)
from orders.adapters.outbound.dynamodb.regions.region_stream import event_change
from orders.adapters.outbound.dynamodb.table import ConditionFailed, OrdersTable, Placeholders
from orders.ports.errors import ItemKind
from orders.ports.lease import WriterLease
from orders.ports.region_changes import ChangeKind, Fate, Finding, StoredChange

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

_PARTITION = "CONTROL#FINDINGS"


class DynamoKeptChanges:
    """``KeptChanges`` by consistent reads."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._table = OrdersTable(client, table_name)

    async def fate(self, change: StoredChange) -> Fate:
        """See ``KeptChanges.fate``."""
        match change.kind:
            case ChangeKind.EVENT:
                return await self._event(change)
            case ChangeKind.ORDER:
                return await self._order(change)
            case ChangeKind.ACCEPTANCE:
                return await self._acceptance(change)
            case ChangeKind.MAIL:
                key = {"PK": mail_partition(change.tenant_id, change.order_id), "SK": change.what}
                return Fate.MISSING if await self._table.get(key, only=("PK",)) is None else Fate.KEPT

    async def _event(self, change: StoredChange) -> Fate:
        key = event_key(change.tenant_id, change.order_id, change.sequence)
        found: list[Item] = []
        # The log twice: it may have been published after the first look, and so be waiting no more at the second.
        for look in (partial(self._logged, key), partial(self._waiting, change), partial(self._logged, key)):
            item = await look()
            if item is not None and _is(change, item):
                return Fate.KEPT
            found += [] if item is None else [item]
        return Fate.OVERWRITTEN if found else Fate.MISSING

    async def _logged(self, key: Key) -> Item | None:
        return await self._table.get(key, only=(EPOCH, "type", "at"))

    async def _waiting(self, change: StoredChange) -> Item | None:
        order = await self._table.get(order_key(change.tenant_id, change.order_id), only=("pending",))
        pending = (order or {}).get("pending")
        event = pending.get(sequence_text(change.sequence)) if isinstance(pending, dict) else None
        return event if isinstance(event, dict) else None

    async def _order(self, change: StoredChange) -> Fate:
        key = order_key(change.tenant_id, change.order_id)
        item = await self._table.get(key, only=("sequence", EPOCH, CLAIM))
        if item is None or is_claim(item):
            return Fate.MISSING
        now = (_number(item.get("sequence"), 0), _number(item.get(EPOCH), FIRST_EPOCH))
        return Fate.KEPT if now >= (change.sequence, change.epoch) else Fate.OVERWRITTEN

    async def _acceptance(self, change: StoredChange) -> Fate:
        # It has become an order, or is there still.
        for key in (acceptance_key, order_key):
            if await self._table.get(key(change.tenant_id, change.order_id), only=("PK",)) is not None:
                return Fate.KEPT
        return Fate.MISSING


class DynamoFindings:
    """``Findings`` as items of one partition: there are few, or something is very wrong."""

    def __init__(self, client: "DynamoDBClient", table_name: str, lease: WriterLease) -> None:
        self._table = OrdersTable(client, table_name, lease)

    async def add(self, finding: Finding) -> None:
        """See ``Findings.add``."""
        try:
            await self._table.put_new(_key(finding.finding_id) | _item(finding))
        except ConditionFailed:
            return

    async def all(self) -> Sequence[Finding]:
        """See ``Findings.all``."""
        place = Placeholders()
        condition = f"{place.name('PK')} = {place.value(_PARTITION)}"
        found: list[Finding] = []
        resume: Mapping[str, Any] | None = None
        while True:
            page = await self._table.query(condition, place, resume=resume)
            found.extend(_finding(item) for item in page.items if not item.get("arrived"))
            resume = page.resume
            if resume is None:
                return found

    async def acknowledge(self, finding_id: str, *, by: str, at: datetime) -> bool:
        """See ``Findings.acknowledge``."""
        place = Placeholders()
        who, when = place.name("acknowledgedBy"), place.name("acknowledgedAt")
        try:
            await self._table.update(
                _key(finding_id),
                change=f"SET {who} = {place.value(by)}, {when} = {place.value(instant_text(at))}",
                condition=f"attribute_exists({place.name('PK')}) AND attribute_not_exists({who})",
                place=place,
            )
        except ConditionFailed as refused:
            return bool(refused.found)
        return True

    async def remove(self, finding_id: str) -> None:
        """See ``Findings.remove``. It is marked, since nobody but erasure deletes items of this table."""
        place = Placeholders()
        try:
            await self._table.update(
                _key(finding_id),
                change=f"SET {place.name('arrived')} = {place.value(True)}",
                condition=f"attribute_exists({place.name('PK')})",
                place=place,
            )
        except ConditionFailed:
            return


def _is(change: StoredChange, event: Mapping[str, Any]) -> bool:
    return event_change(change.tenant_id, change.order_id, sequence_text(change.sequence), event) == change


def _number(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise


def _key(finding_id: str) -> Key:
    """Returns the key: no tenant's."""
    return {"PK": _PARTITION, "SK": finding_id}


def _item(finding: Finding) -> Item:
    change = finding.change
    return {
        "kind": change.kind.value,
        "tenant": change.tenant_id,
        "order": change.order_id,
        "sequence": change.sequence,
        "epoch": change.epoch,
        "what": change.what,
        "changedAt": change.at,
        "fate": finding.fate.value,
        "region": finding.region,
        "foundAt": instant_text(finding.found_at),
    }


@item_reader(ItemKind.CONTROL, Finding)
def _finding(item: Mapping[str, Any]) -> Finding:
    at = item.get("acknowledgedAt")
    return Finding(
        StoredChange(
            ChangeKind(item["kind"]),
            item["tenant"],
            item["order"],
            item["sequence"],
            item["epoch"],
            item["what"],
            item["changedAt"],
        ),
        Fate(item["fate"]),
        item["region"],
        parse_instant(item["foundAt"]),
        item.get("acknowledgedBy"),
        None if at is None else parse_instant(at),
    )
