"""What templates see: ready-made strings and nothing to call.

A template, whoever wrote it, can print these and choose between them; it can't reckon, fetch or reach an order's
methods. Texts that may be missing are ``""``, so that a template can test and print them alike.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShopView:
    """The shop, as customers know it.

    Attributes:
        accent: the shop's colour; ``accent_text`` reads on white, ``accent_dark`` on a dark card, ``on_accent`` on
            the colour itself. All are ``#rrggbb``.
        logo: a ``data:`` URI for documents, or ``""``.
        mail_logo: the same if mail programs can show it, or ``""``.
        website: as printed; ``website_link`` where it leads, or ``""``.
        contact: how to reach it: ``hello@example.com or +27 21 555 0199``.
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
    """One product in the order.

    Attributes:
        number: 1 for the first line.
        name: the product's name, its id where it has none.
        reference: SKU and product id, as far as they are not the name already.
        discount: ``""`` when there is none.
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
        lines: as they are printed, the country by its English name.
        country: its ISO 3166-1 code, for templates in other languages; ``""`` where none is given.
    """

    heading: str
    lines: tuple[str, ...]
    country: str = ""


@dataclass(frozen=True, slots=True)
class PackedView:
    """So many units of a product, in a parcel or still to come."""

    name: str
    reference: str
    quantity: str


@dataclass(frozen=True, slots=True)
class ParcelView:
    """A parcel on its way.

    Attributes:
        tracking_url: where it leads, ``http`` or ``https``; ``""`` when there is none that a mail may link to.
        delivered_at: ``""`` until it has arrived.
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
    """Something that could not be done with an order.

    Attributes:
        order_number: ``""`` for an order that was never placed.
        what: what it was, as a sentence; ``consequence`` what follows from it.
        since: when it was put aside.
        reference: by which operators find it.
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
        revision: the version that last changed what is printed; ``""`` for an order never changed.
        units: how many units it has in all, in words: ``2 items``.
        has_discounts: whether any line is discounted.
        has_long_amounts: whether any line's figures are too long for columns made for usual ones.
        total: with the currency's code in front: ``ZAR 59.98``.
        addresses: billing and shipping, in one when they are the same; none, one or two.
        outstanding: what no parcel holds yet.
        erased_on: when its personal data was erased; ``""`` as long as it was not.
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
