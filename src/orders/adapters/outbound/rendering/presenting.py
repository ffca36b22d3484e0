"""Converts an order and its shop to the views that templates see."""

import re
from urllib.parse import urlsplit

from orders.adapters.outbound.rendering import colours
from orders.adapters.outbound.rendering.countries import country_name
from orders.adapters.outbound.rendering.logos import document_logo, mail_logo
from orders.adapters.outbound.rendering.view import (
    AddressView,
    FigureView,
    LineView,
    OrderView,
    PackedView,
    ParcelView,
    ShopView,
)
from orders.adapters.outbound.rendering.wording import (
    amount,
    count,
    date_and_time,
    date_only,
    deduction,
    one_line,
    percentage,
    reason_in_words,
    several_lines,
)
from orders.domain.lifecycle import CALLED_OFF
from orders.domain.order import Order
from orders.domain.parts import Address, Line, Parcel, Payment
from orders.ports.tenants import TenantProfile

_USUAL_QUANTITY_CHARS = 6
_USUAL_AMOUNT_CHARS = 11
"""``12 000`` and ``−123 456.78``: what columns of fixed width have room for."""

_LINKABLE = re.compile(r"https?://[^\s<>\"'\\^`{|}]+", re.IGNORECASE)


def shop_view(tenant: TenantProfile) -> ShopView:
    """Returns the shop's view."""
    accent = colours.accent_or_default(tenant.accent)
    website = one_line(tenant.website)
    return ShopView(
        name=one_line(tenant.name) or one_line(tenant.tenant_id),
        accent=accent,
        accent_text=colours.readable_on_white(accent),
        accent_dark=colours.readable_on_dark(accent),
        on_accent=colours.text_on(accent),
        logo=document_logo(tenant.logo),
        mail_logo=mail_logo(tenant.logo),
        website=re.sub(r"^https?://|/$", "", website, flags=re.IGNORECASE),
        website_link=linkable(website),
        email=one_line(tenant.reply_to),
        phone=one_line(tenant.phone),
        contact=" or ".join(part for part in (one_line(tenant.reply_to), one_line(tenant.phone)) if part),
        address=tuple(line for line in map(one_line, tenant.address) if line),
        tax_number=one_line(tenant.tax_number),
    )


def order_view(order: Order) -> OrderView:
    """Returns the order's view; every figure is computed by the domain."""
    customer = order.customer
    by_id = {line.line_id: line for line in order.lines}
    lines = tuple(_line(number, line) for number, line in enumerate(order.lines, start=1))
    units = sum(line.quantity for line in order.lines)
    return OrderView(
        number=order.order_number,
        placed_at=date_and_time(order.created_at),
        placed_on=date_only(order.created_at),
        revision=str(order.printed_version) if order.printed_version > 1 else "",
        currency=order.currency,
        units=f"{count(units)} {'item' if units == 1 else 'items'}",
        lines=lines,
        has_discounts=any(line.discount for line in lines),
        has_long_amounts=any(_is_long(line) for line in lines),
        figures=_figures(order),
        total=f"{order.currency} {amount(order.totals.total)}",
        customer_id=order.customer_id,
        customer_name=one_line(customer.name) if customer else "",
        customer_email=one_line(customer.email) if customer else "",
        customer_phone=one_line(customer.phone) if customer else "",
        addresses=_addresses(order.billing_address, order.shipping_address),
        payment=_payment(order.payment),
        campaign_code=one_line(order.campaign_code),
        notes=several_lines(order.notes),
        reason=reason_in_words(order.reason),
        parcels=tuple(_parcel(parcel, by_id) for parcel in order.parcels),
        outstanding=tuple(
            _packed(by_id[line_id], quantity) for line_id, quantity in order.open_quantities().items() if quantity
        ),
        erased_on=date_only(order.erasure.at) if order.erasure else "",
        called_off=order.status.value if order.status in CALLED_OFF else "",
    )


def linkable(url: str | None) -> str:
    """Returns the address if it is an absolute ``http`` or ``https`` URL, else ``""``."""
    text = one_line(url)
    if not _LINKABLE.fullmatch(text):
        return ""
    try:
        return text if urlsplit(text).hostname else ""
    except ValueError:
        return ""


def _line(number: int, line: Line) -> LineView:
    return LineView(
        number=number,
        name=_name(line),
        reference=_reference(line),
        quantity=count(line.quantity),
        price=amount(line.price),
        discount=deduction(line.discount) if line.discount.minor else "",
        tax=amount(line.tax),
        tax_rate=percentage(line.tax_rate),
        net=amount(line.net),
    )


def _is_long(line: LineView) -> bool:
    longest = max(len(figure) for figure in (line.price, line.discount, line.tax, line.net))
    return len(line.quantity) > _USUAL_QUANTITY_CHARS or longest > _USUAL_AMOUNT_CHARS


def _name(line: Line) -> str:
    return one_line(line.name) or line.product_id


def _reference(line: Line) -> str:
    """Returns SKU and product id without duplicates and without what the name already contains."""
    parts = dict.fromkeys(part for part in (one_line(line.sku), line.product_id) if part and part != _name(line))
    return " · ".join(parts)


def _figures(order: Order) -> tuple[FigureView, ...]:
    totals, campaign = order.totals, order.campaign_discount
    of_campaign: tuple[FigureView, ...] = ()
    if campaign is not None and campaign.minor:
        of_campaign = (FigureView("campaign_discount", "of which campaign", deduction(campaign)),)
    return (
        FigureView("subtotal", "Subtotal", amount(totals.subtotal)),
        FigureView("tax", "Tax", amount(totals.tax)),
        FigureView("shipping", "Shipping", amount(totals.shipping)),
        FigureView("discount", "Discount", deduction(totals.discount)),
        *of_campaign,
        FigureView("total", "Total", amount(totals.total)),
    )


def _addresses(billing: Address | None, shipping: Address | None) -> tuple[AddressView, ...]:
    if _address_lines(billing) == _address_lines(shipping):
        both = [_address("Billing and delivery address", billing)]
    else:
        both = [_address("Billing address", billing), _address("Delivery address", shipping)]
    return tuple(address for address in both if address.lines)


def _address(heading: str, address: Address | None) -> AddressView:
    country = one_line(address.country) if address else ""
    return AddressView(heading, _address_lines(address), country)


def _address_lines(address: Address | None) -> tuple[str, ...]:
    if address is None:
        return ()
    place = ", ".join(part for part in (one_line(address.city), one_line(address.region)) if part)
    town = f"{place} {one_line(address.postal_code)}".strip()
    lines = (address.name, address.line1, address.line2, town, country_name(address.country or ""), address.phone)
    return tuple(line for line in map(one_line, lines) if line)


def _payment(payment: Payment | None) -> str:
    if payment is None:
        return ""
    named = one_line(payment.brand) or one_line(payment.method).replace("_", " ")
    named = named[:1].upper() + named[1:]
    ending = f"ending in {one_line(payment.last4)}" if payment.last4 else ""
    return f"{named} {ending}".strip()


def _parcel(parcel: Parcel, by_id: dict[str, Line]) -> ParcelView:
    return ParcelView(
        parcel_id=parcel.parcel_id,
        carrier=one_line(parcel.carrier),
        tracking_number=one_line(parcel.tracking_number),
        tracking_url=linkable(parcel.tracking_url),
        shipped_at=date_and_time(parcel.shipped_at),
        delivered_at=date_and_time(parcel.delivered_at) if parcel.delivered_at else "",
        contents=tuple(_packed(by_id[each.line_id], each.quantity) for each in parcel.lines),
    )


def _packed(line: Line, quantity: int) -> PackedView:
    return PackedView(name=_name(line), reference=_reference(line), quantity=count(quantity))
