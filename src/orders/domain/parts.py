"""What an order consists of: lines, parcels, addresses, the people's particulars, the document on record."""

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
        line_id: unique within the order, never used again.
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
        """Whether it sells the same for the same as a line that was agreed on: its name and sku don't matter."""
        return agreed is not None and self._terms == agreed._terms

    @property
    def _terms(self) -> tuple[object, ...]:
        return (self.line_id, self.product_id, self.quantity, self.price, self.discount, self.tax_rate)


@dataclass(frozen=True, slots=True)
class ParcelLine:
    """How many units of a line a parcel carries."""

    line_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """One shipment of some of an order's open quantity.

    Attributes:
        delivered_in: the sequence of the event that recorded its arrival; ``None`` where that is not known.
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
        """Quantity by line id: two parcels are the same shipment when this is the same."""
        return {line.line_id: line.quantity for line in self.lines}

    def is_known_as(self, carrier: str, tracking_number: str) -> bool:
        """Whether this is that carrier's parcel of that number, however either is written ([DOM-6])."""
        return is_same(self.tracking_number, tracking_number) and is_same(self.carrier, carrier)


def parcels_known_as(parcels: Iterable[Parcel], carrier: str | None, tracking_number: str | None) -> tuple[Parcel, ...]:
    """That carrier's parcels of that number: those with that very number if there are any, else those with one alike.

    There can be several in orders from before numbers were compared in one form.
    """
    carrier, number = carrier or "", tracking_number or ""
    alike = tuple(parcel for parcel in parcels if parcel.is_known_as(carrier, number))
    return tuple(parcel for parcel in alike if parcel.tracking_number == number) or alike


@dataclass(frozen=True, slots=True)
class Customer:
    """Whom the order is for. Personal data."""

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
    """What a gateway told us about a payment; never a card number."""

    method: str | None = None
    token: str | None = field(default=None, repr=False)
    brand: str | None = field(default=None, repr=False)
    last4: str | None = field(default=None, repr=False)


class DocumentStatus(StrEnum):
    """What became of a rendering."""

    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Document:
    """The PDF on record.

    Attributes:
        version: the order's version that it shows.
        key: where it lies in the documents bucket; ``None`` when rendering failed.
        sha256: hex digest of its bytes.
        size_bytes: its length.
    """

    status: DocumentStatus
    version: int
    at: datetime
    key: str | None = None
    sha256: str | None = None
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Deletion:
    """When and by whom an order was deleted (softly)."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Erasure:
    """When and by whom an order's personal data was erased."""

    at: datetime
    by: str
