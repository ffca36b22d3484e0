"""Maps the parts of an order to and from attribute values: money in minor units, instants as text, ``None`` absent."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeVar

from orders.adapters.outbound.dynamodb.items.attribute_values import Item
from orders.adapters.outbound.dynamodb.items.instants import instant_text, parse_instant
from orders.domain.order import Order
from orders.domain.parts import Address, Customer, Document, DocumentStatus, Line, Parcel, ParcelLine, Payment
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money, Totals

_TOTALS = tuple(each.name for each in fields(Totals))
_PARTICULARS: Mapping[type[Any], tuple[str, ...]] = MappingProxyType(
    {kind: tuple(each.name for each in fields(kind)) for kind in (Customer, Address, Payment)}
)
"""The fields of each, which are attributes by the same names."""
_Particulars = TypeVar("_Particulars", Customer, Address, Payment)


def present(**attributes: Any) -> Item:
    """Returns the attributes that have a value."""
    return {name: value for name, value in attributes.items() if value is not None}


def line_to_item(line: Line) -> Item:
    """Converts a line; its amounts are in the order's currency."""
    return present(
        lineId=line.line_id,
        productId=line.product_id,
        quantity=line.quantity,
        price=line.price.minor,
        discount=line.discount.minor,
        # As text: 0.150 and 0.15 are equal rates but are printed differently.
        taxRate=str(line.tax_rate),
        name=line.name,
        sku=line.sku,
    )


def line_from_item(item: Mapping[str, Any], currency: Currency) -> Line:
    """Parses the values of ``line_to_item``."""
    return Line(
        line_id=item["lineId"],
        product_id=item["productId"],
        quantity=item["quantity"],
        price=Money(item["price"], currency),
        discount=Money(item["discount"], currency),
        tax_rate=Decimal(item["taxRate"]),
        name=item.get("name"),
        sku=item.get("sku"),
    )


def totals_to_item(totals: Totals) -> Item:
    """Converts the order's totals, in minor units."""
    return {name: getattr(totals, name).minor for name in _TOTALS}


def totals_from_item(item: Mapping[str, Any], currency: Currency) -> Totals:
    """Parses the values of ``totals_to_item``."""
    return Totals(*(Money(item[name], currency) for name in _TOTALS))


def parcel_to_item(parcel: Parcel) -> Item:
    """Converts a parcel."""
    return present(
        parcelId=parcel.parcel_id,
        carrier=parcel.carrier,
        trackingNumber=parcel.tracking_number,
        trackingUrl=parcel.tracking_url,
        lines=[{"lineId": line.line_id, "quantity": line.quantity} for line in parcel.lines],
        shippedAt=instant_text(parcel.shipped_at),
        deliveredAt=parcel.delivered_at and instant_text(parcel.delivered_at),
        deliveredIn=parcel.delivered_in,
    )


def parcel_from_item(item: Mapping[str, Any]) -> Parcel:
    """Parses the values of ``parcel_to_item``."""
    delivered_at = item.get("deliveredAt")
    return Parcel(
        parcel_id=item["parcelId"],
        carrier=item["carrier"],
        tracking_number=item["trackingNumber"],
        tracking_url=item.get("trackingUrl"),
        lines=tuple(ParcelLine(line["lineId"], line["quantity"]) for line in item["lines"]),
        shipped_at=parse_instant(item["shippedAt"]),
        delivered_at=delivered_at and parse_instant(delivered_at),
        delivered_in=item.get("deliveredIn"),
    )


def document_to_item(document: Document) -> Item:
    """Converts the record of the order's document."""
    return present(
        status=document.status,
        version=document.version,
        at=instant_text(document.at),
        key=document.key,
        sha256=document.sha256,
        sizeBytes=document.size_bytes,
    )


def document_from_item(item: Mapping[str, Any]) -> Document:
    """Parses the values of ``document_to_item``."""
    return Document(
        status=DocumentStatus(item["status"]),
        version=item["version"],
        at=parse_instant(item["at"]),
        key=item.get("key"),
        sha256=item.get("sha256"),
        size_bytes=item.get("sizeBytes", 0),
    )


def details_to_item(order: Order) -> Item:
    """Converts what listings omit, most of it personal: one attribute, which no index projects."""
    return present(
        customer=particulars_to_item(order.customer),
        notificationEmail=order.notification_email,
        billingAddress=particulars_to_item(order.billing_address),
        shippingAddress=particulars_to_item(order.shipping_address),
        payment=particulars_to_item(order.payment),
        campaignCode=order.campaign_code,
        notes=order.notes,
        # Pairs, because a map would lose their order.
        metadata=[[name, value] for name, value in order.metadata] or None,
        locale=order.locale,
        reason=order.reason,
    )


def details_from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Parses the values of ``details_to_item`` to the order's fields by their names in ``Order``."""
    return {
        "customer": particulars_from_item(Customer, item.get("customer")),
        "notification_email": item.get("notificationEmail"),
        "billing_address": particulars_from_item(Address, item.get("billingAddress")),
        "shipping_address": particulars_from_item(Address, item.get("shippingAddress")),
        "payment": particulars_from_item(Payment, item.get("payment")),
        "campaign_code": item.get("campaignCode"),
        "notes": item.get("notes"),
        "metadata": tuple((name, value) for name, value in _pairs(item.get("metadata"))),
        "locale": item.get("locale"),
        "reason": item.get("reason"),
    }


def _pairs(metadata: Iterable[list[str]] | None) -> Iterable[list[str]]:
    return metadata or ()


def particulars_to_item(particulars: Customer | Address | Payment | None) -> Item | None:
    """Converts a person's particulars, without missing ones."""
    if particulars is None:
        return None
    return present(**{name: getattr(particulars, name) for name in _PARTICULARS[type(particulars)]})


def particulars_from_item(kind: type[_Particulars], item: Mapping[str, Any] | None) -> _Particulars | None:
    """Parses the values of ``particulars_to_item``."""
    if item is None:
        return None
    return kind(*map(item.get, _PARTICULARS[kind]))
