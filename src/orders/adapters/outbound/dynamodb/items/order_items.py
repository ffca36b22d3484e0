"""Maps orders to and from items, including the key attributes of every index."""

from collections.abc import Mapping
from typing import Any

from orders.adapters.outbound.dynamodb.items.attribute_values import Item
from orders.adapters.outbound.dynamodb.items.instants import (
    epoch_seconds,
    instant_text,
    parse_epoch_seconds,
    parse_instant,
)
from orders.adapters.outbound.dynamodb.items.part_items import (
    details_from_item,
    details_to_item,
    document_from_item,
    document_to_item,
    line_from_item,
    line_to_item,
    parcel_from_item,
    parcel_to_item,
    present,
    totals_from_item,
    totals_to_item,
)
from orders.adapters.outbound.dynamodb.items.report_items import (
    REPORTED_ATTRIBUTES,
    reported_from_item,
    reported_to_item,
)
from orders.adapters.outbound.dynamodb.items.schema import EXPIRY, SCHEMA_ATTRIBUTE, SCHEMA_VERSION, item_reader
from orders.adapters.outbound.dynamodb.keys import (
    DAY_SHARDS,
    customer_key,
    day_shard,
    number_key,
    order_key,
    position_of,
    shard_of,
    status_key,
)
from orders.domain.lifecycle import Status
from orders.domain.order import Order
from orders.domain.parts import Deletion, Erasure
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.ports.errors import ItemKind

_UNCHECKED = "unchecked"
KEY_ATTRIBUTES = frozenset({"PK", "SK"})

OPTIONAL_ATTRIBUTES = REPORTED_ATTRIBUTES | {
    "document", "deletedAt", "deletedBy", "erasedAt", "erasedBy", "recentKeys", "campaignDiscount", "prices",
    "mailFault", EXPIRY,
}  # fmt: skip
"""Attributes of ``order_to_item`` that an order can lose or gain: a change removes those that it has not."""

LISTED_ATTRIBUTES = frozenset(
    {
        "orderId", "orderNumber", "tenantId", "customerId", "status", "version", "sequence", "currency", "lines",
        "totals", "parcels", "createdAt", "updatedAt", "deletedAt", "erasedAt", EXPIRY, "schemaVersion",
    }
)  # fmt: skip
"""Attributes that the listing indexes project (``order_summary`` in topology.yaml)."""


def order_to_item(order: Order) -> Item:
    """Converts the order to its item, keys included, without the events waiting in it."""
    tenant_id, order_id, at = order.tenant_id, order.order_id, order.created_at
    return order_key(tenant_id, order_id) | present(
        **{SCHEMA_ATTRIBUTE: SCHEMA_VERSION, EXPIRY: order.expires_at and epoch_seconds(order.expires_at)},
        orderId=order_id,
        orderNumber=order.order_number,
        tenantId=tenant_id,
        customerId=order.customer_id,
        status=order.status,
        version=order.version,
        sequence=order.sequence,
        printedVersion=order.printed_version,
        linesEver=order.lines_ever,
        currency=order.currency,
        lines=[line_to_item(line) for line in order.lines],
        totals=totals_to_item(order.totals),
        parcels=[parcel_to_item(parcel) for parcel in order.parcels],
        details=details_to_item(order),
        # Not in the totals: an earlier release rewrites them without attributes that it does not know.
        campaignDiscount=order.campaign_discount and order.campaign_discount.minor,
        # Not personal; outside the details, which an earlier release rewrites without unknown attributes.
        mailFault=order.notification_fault,
        prices=_UNCHECKED if order.prices_unchecked else None,
        document=order.document and document_to_item(order.document),
        createdAt=instant_text(at),
        updatedAt=instant_text(order.updated_at),
        deletedAt=order.deletion and instant_text(order.deletion.at),
        deletedBy=order.deletion and order.deletion.by,
        erasedAt=order.erasure and instant_text(order.erasure.at),
        erasedBy=order.erasure and order.erasure.by,
        recentKeys=[[key, sequence] for key, sequence in order.recent_keys] or None,
        **reported_to_item(order.reported),
        createdAtId=position_of(at, order_id),
        customerKey=customer_key(tenant_id, order.customer_id),
        statusKey=status_key(tenant_id, order.status),
        numberKey=number_key(tenant_id, order.order_number),
        dayShard=day_shard(at, shard_of(order_id, DAY_SHARDS)),
    )


@item_reader(ItemKind.ORDER, Order)
def order_from_item(item: Mapping[str, Any]) -> Order:
    """Parses the item of ``order_to_item``, or an index's projection of it, which has what listings show.

    Unknown attributes are ignored; ones added by this release have defaults.

    Raises:
        UnreadableItem: it has a later schema, or it is damaged.
    """
    currency = Currency.of(item["currency"])
    document, campaign_discount = item.get("document"), item.get("campaignDiscount")
    order = Order(
        tenant_id=item["tenantId"],
        order_id=item["orderId"],
        order_number=item["orderNumber"],
        customer_id=item["customerId"],
        status=Status(item["status"]),
        version=item["version"],
        sequence=item["sequence"],
        printed_version=item.get("printedVersion", 1),
        lines_ever=item.get("linesEver", 0),
        lines=tuple(line_from_item(line, currency) for line in item["lines"]),
        totals=totals_from_item(item["totals"], currency),
        parcels=tuple(map(parcel_from_item, item["parcels"])),
        campaign_discount=None if campaign_discount is None else Money(campaign_discount, currency),
        notification_fault=item.get("mailFault"),
        prices_unchecked=item.get("prices") == _UNCHECKED,
        document=document and document_from_item(document),
        created_at=parse_instant(item["createdAt"]),
        updated_at=parse_instant(item["updatedAt"]),
        deletion=_deletion(item),
        erasure=_erasure(item),
        recent_keys=tuple((key, sequence) for key, sequence in item.get("recentKeys", ())),
        reported=reported_from_item(item),
        expires_at=parse_epoch_seconds(item[EXPIRY]) if EXPIRY in item else None,
        **(details_from_item(item["details"]) if "details" in item else {}),
    )
    if order.parcels:
        # A parcel refers to missing lines, on which all code that reads the order relies.
        order.open_quantities()
    return order


def listed(item: Mapping[str, Any]) -> Item:
    """Reduces a whole item to what an index would have projected."""
    return {name: value for name, value in item.items() if name in LISTED_ATTRIBUTES}


def _deletion(item: Mapping[str, Any]) -> Deletion | None:
    deleted_at = item.get("deletedAt")
    if deleted_at is None:
        return None
    # The actor is not projected: listings show that an order is deleted, not by whom.
    return Deletion(at=parse_instant(deleted_at), by=item.get("deletedBy", ""))


def _erasure(item: Mapping[str, Any]) -> Erasure | None:
    erased_at = item.get("erasedAt")
    return None if erased_at is None else Erasure(at=parse_instant(erased_at), by=item.get("erasedBy", ""))
