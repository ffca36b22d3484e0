"""Confirmations to write alone, in the region's own table of orders. Contract: ports/regions.py."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from orders.adapters.outbound.dynamodb.items.attribute_values import Item
from orders.adapters.outbound.dynamodb.items.instants import instant_text, parse_instant
from orders.adapters.outbound.dynamodb.items.schema import item_reader
from orders.adapters.outbound.dynamodb.keys import Key
from orders.adapters.outbound.dynamodb.table import ConditionFailed, OrdersTable, Placeholders
from orders.ports.errors import ItemKind
from orders.ports.lease import WriterLease
from orders.ports.regions import AloneConfirmation, ConfirmationChanged

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

_ATTRIBUTES = ("region", "epoch", "askedBy", "confirmedBy", "until")


class DynamoAloneConfirmations:
    """``AloneConfirmations`` as one item a region, which the other region gets a copy of and never asks for."""

    def __init__(self, client: "DynamoDBClient", table_name: str, lease: WriterLease | None = None) -> None:
        """``client`` is one of the region whose confirmation is asked for; ``lease`` as ``OrdersTable`` takes it.

        Operators write it whoever holds the lease: it is for when nobody does.
        """
        self._table = OrdersTable(client, table_name, lease)

    async def read(self, region: str) -> AloneConfirmation | None:
        """See ``AloneConfirmations.read``."""
        item = await self._table.get(_key(region))
        return None if item is None else _confirmation(item)

    async def keep(self, confirmation: AloneConfirmation, *, seen: AloneConfirmation | None) -> None:
        """See ``AloneConfirmations.keep``."""
        place = Placeholders()
        if seen is None:
            condition = f"attribute_not_exists({place.name('PK')})"
        else:
            known = _item(seen)
            condition = " AND ".join(
                f"{place.name(name)} = {place.value(known[name])}"
                if name in known
                else f"attribute_not_exists({place.name(name)})"
                for name in _ATTRIBUTES
            )
        try:
            await self._table.put(_key(confirmation.region) | _item(confirmation), condition=condition, place=place)
        except ConditionFailed as refused:
            raise ConfirmationChanged from refused


def _key(region: str) -> Key:
    """Returns the key: no tenant's, and each region's own, so that no two regions write one item."""
    return {"PK": f"CONTROL#ALONE#{region}", "SK": "ALONE"}


def _item(confirmation: AloneConfirmation) -> Item:
    item: Item = {
        "region": confirmation.region,
        "epoch": confirmation.epoch,
        "askedBy": confirmation.asked_by,
        "until": instant_text(confirmation.until),
    }
    return item if confirmation.confirmed_by is None else item | {"confirmedBy": confirmation.confirmed_by}


@item_reader(ItemKind.CONTROL, AloneConfirmation)
def _confirmation(item: Mapping[str, Any]) -> AloneConfirmation:
    return AloneConfirmation(
        region=item["region"],
        epoch=item["epoch"],
        asked_by=item["askedBy"],
        confirmed_by=item.get("confirmedBy"),
        until=parse_instant(item["until"]),
    )
