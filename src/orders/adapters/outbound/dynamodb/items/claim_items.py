"""Maps claims to and from the item that holds an order's key until the order replaces it ([API-4], [API-7])."""

from collections.abc import Iterable, Mapping
from typing import Any

from orders.adapters.outbound.dynamodb.items.attribute_values import Item
from orders.adapters.outbound.dynamodb.items.event_items import receipt_from_item, receipt_to_item
from orders.adapters.outbound.dynamodb.items.schema import SCHEMA_ATTRIBUTE, item_reader
from orders.adapters.outbound.dynamodb.keys import order_key, order_of_partition
from orders.adapters.outbound.dynamodb.table import Placeholders
from orders.adapters.wire.pointers import path_of, pointer_of
from orders.domain.errors import Fault, Path
from orders.ports.acceptances import KeyClaim
from orders.ports.errors import ItemKind

CLAIM = "claim"
"""The attribute that says that the item is a claim and no order: the receipt, empty without a key."""
FAULTS = "faults"

CLAIM_SCHEMA_VERSION = 2
"""Higher than any order's: a release that knows no claims refuses the item as a later release's, and nothing else."""

_MARKS: Mapping[str, Any] = {
    SCHEMA_ATTRIBUTE: CLAIM_SCHEMA_VERSION,
    # Before every event of an order. Releases that don't know claims compare it before they check the schema.
    "sequence": 0,
}


def claim_to_item(claim: KeyClaim) -> Item:
    """Converts the claim to its item, which has no attribute of an index."""
    receipt = {} if claim.receipt is None else receipt_to_item(claim.receipt)
    return order_key(claim.tenant_id, claim.order_id) | dict(_MARKS) | {CLAIM: receipt}


def is_claim(item: Mapping[str, Any]) -> bool:
    """Returns whether the item under an order's key is a claim."""
    return CLAIM in item


@item_reader(ItemKind.CLAIM, KeyClaim, known=CLAIM_SCHEMA_VERSION)
def claim_from_item(item: Mapping[str, Any]) -> KeyClaim:
    """Parses the claim. Raises: UnreadableItem."""
    tenant_id, order_id = order_of_partition(item["PK"])
    receipt = item[CLAIM]
    return KeyClaim(
        tenant_id, order_id, receipt_from_item(receipt) if receipt else None, faults_from_item(item.get(FAULTS, ()))
    )


def place_is_free(claimed_by: str | None, free: str, place: Placeholders) -> str:
    """Builds the condition that the order's key is free, or held by that idempotency key's claim and not rejected.

    ``free`` is the condition that it is free.
    """
    if claimed_by is None:
        return free
    own = f"{place.name(CLAIM, 'key')} = {place.value(claimed_by)}"
    return f"{free} OR ({own} AND attribute_not_exists({place.name(FAULTS)}))"


def closing(faults: Iterable[Fault], place: Placeholders) -> tuple[str, str]:
    """Builds the update and condition that block an order's key permanently unless the order exists; the first faults
    are kept.
    """
    settings = [f"{place.name(name)} = {place.value(value)}" for name, value in _MARKS.items()]
    settings += [
        f"{place.name(name)} = if_not_exists({place.name(name)}, {place.value(value)})"
        for name, value in ((CLAIM, {}), (FAULTS, faults_to_item(faults)))
    ]
    return (
        f"SET {', '.join(settings)}",
        f"attribute_not_exists({place.name('PK')}) OR attribute_exists({place.name(CLAIM)})",
    )


def faults_to_item(faults: Iterable[Fault]) -> list[Item]:
    """Converts faults to attribute values, their paths to JSON pointers."""
    return [{"pointer": pointer_of(fault.path), "code": fault.code, "message": fault.message} for fault in faults]


def faults_from_item(item: Iterable[Mapping[str, Any]]) -> tuple[Fault, ...]:
    """Parses the values of ``faults_to_item``, or ones with a list of their ``path`` in place of the pointer."""
    return tuple(Fault(_path_in(fault), fault["code"], fault["message"]) for fault in item)


def _path_in(fault: Mapping[str, Any]) -> Path:
    return tuple(fault["path"]) if "path" in fault else path_of(fault["pointer"])
