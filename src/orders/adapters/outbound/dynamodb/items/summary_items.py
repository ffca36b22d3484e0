"""Reads what listings show of an order from an item in the client's format.

A page has up to a hundred items, so they are not converted attribute by attribute: msgspec checks and takes what is
needed in one step. That reads what this release writes, strictly. Whatever it refuses (attributes in another form that
is readable too, a later schema, damage) is read as any order is, which decides what it is and says what is wrong.
"""

from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from orders.adapters.outbound.dynamodb.items.attribute_values import WireItem, from_wire
from orders.adapters.outbound.dynamodb.items.instants import FIRST_SECOND, LAST_SECOND, parse_instant
from orders.adapters.outbound.dynamodb.items.order_items import listed, order_from_item
from orders.adapters.outbound.dynamodb.items.schema import MISREADING, SCHEMA_VERSION
from orders.domain.lifecycle import Status
from orders.domain.order_summary import OrderSummary
from orders.domain.parts import Line, Parcel, ParcelLine
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money, Totals


class _Text(Struct, gc=False):
    S: str


class _Status(Struct, gc=False):
    S: Status


class _Rate(Struct, gc=False):
    S: Decimal


class _Whole(Struct, gc=False):
    N: int


class _Version(Struct, gc=False):
    N: Annotated[int, Meta(le=SCHEMA_VERSION)]


class _Expiry(Struct, gc=False):
    N: Annotated[int, Meta(ge=FIRST_SECOND, le=LAST_SECOND)]


class _Line(Struct, rename="camel", gc=False):
    line_id: _Text
    product_id: _Text
    quantity: _Whole
    price: _Whole
    discount: _Whole
    tax_rate: _Rate
    name: _Text | None = None
    sku: _Text | None = None


class _LineMap(Struct, gc=False):
    M: _Line


class _Lines(Struct, gc=False):
    L: list[_LineMap]


class _Totals(Struct, gc=False):
    subtotal: _Whole
    tax: _Whole
    shipping: _Whole
    discount: _Whole
    total: _Whole


class _TotalsMap(Struct, gc=False):
    M: _Totals


class _ParcelLine(Struct, rename="camel", gc=False):
    line_id: _Text
    quantity: _Whole


class _ParcelLineMap(Struct, gc=False):
    M: _ParcelLine


class _ParcelLines(Struct, gc=False):
    L: list[_ParcelLineMap]


class _Parcel(Struct, rename="camel", gc=False):
    parcel_id: _Text
    carrier: _Text
    tracking_number: _Text
    lines: _ParcelLines
    shipped_at: _Text
    tracking_url: _Text | None = None
    delivered_at: _Text | None = None
    delivered_in: _Whole | None = None


class _ParcelMap(Struct, gc=False):
    M: _Parcel


class _Parcels(Struct, gc=False):
    L: list[_ParcelMap]


class _Listed(Struct, rename="camel", gc=False):
    """The attributes of ``LISTED_ATTRIBUTES`` as ``order_to_item`` writes them; others are ignored."""

    order_id: _Text
    order_number: _Text
    tenant_id: _Text
    customer_id: _Text
    status: _Status
    version: _Whole
    sequence: _Whole
    currency: _Text
    lines: _Lines
    totals: _TotalsMap
    parcels: _Parcels
    created_at: _Text
    updated_at: _Text
    deleted_at: _Text | None = None
    erased_at: _Text | None = None
    expires_at: _Expiry | None = None
    schema_version: _Version | None = None


_REFUSED = (*MISREADING, msgspec.ValidationError)


def summary_from_wire(item: WireItem) -> OrderSummary:
    """Parses the wire form of an order's item, or an index's projection of it.

    Raises:
        UnreadableItem: it has a later schema, or it is damaged.
    """
    try:
        return strictly_read(item)
    except _REFUSED:
        return OrderSummary.of(order_from_item(listed(from_wire(item))))


def strictly_read(wire_item: WireItem) -> OrderSummary:
    """Parses an item in exactly the form that this release writes.

    Raises: LookupError, ValueError, ArithmeticError, DomainError, msgspec.ValidationError: it has another.
    """
    # Not strict about numbers only: DynamoDB's are texts. Everything else that is read is a text too.
    item = msgspec.convert(wire_item, _Listed, strict=False)
    currency = Currency.of(item.currency.S)
    summary = OrderSummary(
        item.tenant_id.S,
        item.order_id.S,
        item.order_number.S,
        item.customer_id.S,
        item.status.S,
        item.version.N,
        item.sequence.N,
        tuple([_line(each.M, currency) for each in item.lines.L]),
        _totals(item.totals.M, currency),
        tuple([_parcel(each.M) for each in item.parcels.L]),
        parse_instant(item.created_at.S),
        parse_instant(item.updated_at.S),
        None if item.deleted_at is None else parse_instant(item.deleted_at.S),
        None if item.erased_at is None else parse_instant(item.erased_at.S),
    )
    if summary.parcels:
        # As in ``order_from_item``: a parcel may have lines that the order has not.
        summary.open_quantities()
    return summary


def _line(line: _Line, currency: Currency) -> Line:
    rate = line.tax_rate.S
    if not rate.is_finite():
        raise ValueError("a rate is a finite number")
    return Line(
        line.line_id.S,
        line.product_id.S,
        line.quantity.N,
        Money(line.price.N, currency),
        Money(line.discount.N, currency),
        rate,
        None if line.name is None else line.name.S,
        None if line.sku is None else line.sku.S,
    )


def _totals(totals: _Totals, currency: Currency) -> Totals:
    return Totals(
        Money(totals.subtotal.N, currency),
        Money(totals.tax.N, currency),
        Money(totals.shipping.N, currency),
        Money(totals.discount.N, currency),
        Money(totals.total.N, currency),
    )


def _parcel(parcel: _Parcel) -> Parcel:
    return Parcel(
        parcel_id=parcel.parcel_id.S,
        carrier=parcel.carrier.S,
        tracking_number=parcel.tracking_number.S,
        tracking_url=None if parcel.tracking_url is None else parcel.tracking_url.S,
        lines=tuple([ParcelLine(each.M.line_id.S, each.M.quantity.N) for each in parcel.lines.L]),
        shipped_at=parse_instant(parcel.shipped_at.S),
        delivered_at=None if parcel.delivered_at is None else parse_instant(parcel.delivered_at.S),
        delivered_in=None if parcel.delivered_in is None else parcel.delivered_in.N,
    )
