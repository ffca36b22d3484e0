"""The parts of an order: lines, parcels, addresses, particulars of people, the record of the document."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from orders.domain.canonical import is_same
from orders.domain.pricing.money import Money, line_net, line_tax


@dataclass(frozen=True, slots=True)
class Line:
    """One product in an order.

    Attributes:
        line_id: unique within the order, never reused.
        price: of one unit, tax excluded.
        discount: off the whole line, tax excluded.
        tax_rate: fraction of the net amount, 0 to 1.
    """

    line_id: str
    product_id: str
    quantity: int
    price: Money
    discount: Money
    tax_rate: Decimal = Decimal(0)
    name: str | None = field(default=None, repr=False)
    sku: str | None = None

    @property
    def net(self) -> Money:
        """``price × quantity − discount``."""
        return line_net(self)

    @property
    def tax(self) -> Money:
        """Rounded half-even to the minor unit."""
        return line_tax(self)

    def comes_back_as(self, agreed: "Line | None") -> bool:
        """Returns whether the line has the same product, quantity and prices as an agreed one; name and sku don't
        matter.
        """
        return agreed is not None and self._terms == agreed._terms

    @property
    def _terms(self) -> tuple[object, ...]:
        return (self.line_id, self.product_id, self.quantity, self.price, self.discount, self.tax_rate)


@dataclass(frozen=True, slots=True)
class ParcelLine:
    """Number of units of an order line in a parcel."""

    line_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """A shipment of some of an order's outstanding quantities.

    Attributes:
        delivered_in: the sequence of the event that recorded its delivery; ``None`` if unknown.
    """

    parcel_id: str
    carrier: str
    tracking_number: str = field(repr=False)
    lines: tuple[ParcelLine, ...]
    shipped_at: datetime
    tracking_url: str | None = field(default=None, repr=False)
    delivered_at: datetime | None = None
    delivered_in: int | None = None

    @property
    def lines_by_id(self) -> dict[str, int]:
        """The quantities by line id; equal for duplicates of a shipment."""
        return {line.line_id: line.quantity for line in self.lines}

    def is_known_as(self, carrier: str, tracking_number: str) -> bool:
        """Returns whether carrier and tracking number match, in canonical form ([DOM-6])."""
        return is_same(self.tracking_number, tracking_number) and is_same(self.carrier, carrier)


def parcels_known_as(parcels: Iterable[Parcel], carrier: str | None, tracking_number: str | None) -> tuple[Parcel, ...]:
    """Returns that carrier's parcels with that number: exact matches if there are any, else canonical ones.

    There can be several in orders from before numbers were compared in canonical form.
    """
    carrier, number = carrier or "", tracking_number or ""
    alike = tuple(parcel for parcel in parcels if parcel.is_known_as(carrier, number))
    return tuple(parcel for parcel in alike if parcel.tracking_number == number) or alike


@dataclass(frozen=True, slots=True)
class Customer:
    """The customer's particulars. Personal data."""

    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address. Personal data; ``country`` is ISO 3166-1 alpha-2."""

    name: str | None = field(default=None, repr=False)
    line1: str | None = field(default=None, repr=False)
    line2: str | None = field(default=None, repr=False)
    city: str | None = field(default=None, repr=False)
    region: str | None = field(default=None, repr=False)
    postal_code: str | None = field(default=None, repr=False)
    country: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Payment:
    """Payment data from a gateway; never a card number."""

    method: str | None = None
    token: str | None = field(default=None, repr=False)
    brand: str | None = field(default=None, repr=False)
    last4: str | None = field(default=None, repr=False)


class DocumentStatus(StrEnum):
    """The result of a rendering."""

    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Document:
    """The record of an order's PDF.

    Attributes:
        version: the order's version that it shows.
        key: its key in the documents bucket; ``None`` if rendering failed.
        sha256: hex digest of its bytes.
        size_bytes: its size.
    """

    status: DocumentStatus
    version: int
    at: datetime
    key: str | None = None
    sha256: str | None = None
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Deletion:
    """The time and actor of an order's soft deletion."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Erasure:
    """The time and actor of the erasure of an order's personal data."""

    at: datetime
    by: str
