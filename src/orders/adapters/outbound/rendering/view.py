"""The views that templates see: formatted strings and nothing to call.

A template can print them and choose between them; it can't compute, fetch or call an order's methods. Optional texts
are ``""`` when missing, so that a template can test and print them alike.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShopView:
    """The shop, as customers know it.

    Attributes:
        accent: the shop's colour; ``accent_text`` is readable on white, ``accent_dark`` on a dark card, ``on_accent``
            on
            the colour itself. All are ``#rrggbb``.
        logo: a ``data:`` URI for documents, or ``""``.
        mail_logo: the logo if mail programs can show it, or ``""``.
        website: as printed; ``website_link`` is its URL, or ``""``.
        contact: such as ``hello@example.com or +27 21 555 0199``.
    """

    name: str
    accent: str
    accent_text: str
    accent_dark: str
    on_accent: str
    logo: str
    mail_logo: str
    website: str
    website_link: str
    email: str
    phone: str
    contact: str
    address: tuple[str, ...]
    tax_number: str


@dataclass(frozen=True, slots=True)
class LineView:
    """An order line.

    Attributes:
        number: 1 for the first line.
        name: the product's name, or its id if it has none.
        reference: SKU and product id, unless the name contains them.
        discount: ``""`` if there is none.
        tax_rate: such as ``15%``.
    """

    number: int
    name: str
    reference: str
    quantity: str
    price: str
    discount: str
    tax: str
    tax_rate: str
    net: str


@dataclass(frozen=True, slots=True)
class FigureView:
    """A row of the totals.

    ``key`` is the figure's name in the domain: subtotal, tax, shipping, discount, campaign_discount (a part of the row
    above it), total.
    """

    key: str
    label: str
    amount: str


@dataclass(frozen=True, slots=True)
class AddressView:
    """A postal address under its heading.

    Attributes:
        lines: as printed, the country by its English name.
        country: its ISO 3166-1 code, for templates in other languages; ``""`` if missing.
    """

    heading: str
    lines: tuple[str, ...]
    country: str = ""


@dataclass(frozen=True, slots=True)
class PackedView:
    """A quantity of a product, in a parcel or outstanding."""

    name: str
    reference: str
    quantity: str


@dataclass(frozen=True, slots=True)
class ParcelView:
    """A dispatched parcel.

    Attributes:
        tracking_url: an ``http`` or ``https`` URL; ``""`` if there is none that a mail may link to.
        delivered_at: ``""`` until it is delivered.
    """

    parcel_id: str
    carrier: str
    tracking_number: str
    tracking_url: str
    shipped_at: str
    delivered_at: str
    contents: tuple[PackedView, ...]


@dataclass(frozen=True, slots=True)
class TroubleView:
    """A dead letter about an order.

    Attributes:
        order_number: ``""`` for an order that was never placed.
        what: the failed operation, as a sentence; ``consequence`` is its effect.
        since: when it was dead-lettered.
        reference: the identifier by which operators find it.
    """

    order_number: str
    what: str
    consequence: str
    since: str
    reference: str


@dataclass(frozen=True, slots=True)
class OrderView:
    """The order.

    Attributes:
        revision: the version that last changed printed content; ``""`` for an order never changed.
        units: the total quantity in words: ``2 items``.
        has_discounts: true if any line is discounted.
        has_long_amounts: true if any line's figures are too long for the usual columns.
        total: with the currency's code in front: ``ZAR 59.98``.
        addresses: billing and shipping, in one when they are equal; none, one or two.
        outstanding: quantities not in any parcel yet.
        erased_on: when its personal data was erased; ``""`` if it was not.
        reason: why it was cancelled or rejected.
        called_off: ``cancelled`` or ``rejected``; ``""`` for any other order.
    """

    number: str
    placed_at: str
    placed_on: str
    revision: str
    currency: str
    units: str
    lines: tuple[LineView, ...]
    has_discounts: bool
    has_long_amounts: bool
    figures: tuple[FigureView, ...]
    total: str
    customer_id: str
    customer_name: str
    customer_email: str
    customer_phone: str
    addresses: tuple[AddressView, ...]
    payment: str
    campaign_code: str
    notes: tuple[str, ...]
    reason: str
    parcels: tuple[ParcelView, ...]
    outstanding: tuple[PackedView, ...]
    erased_on: str = ""
    called_off: str = ""
