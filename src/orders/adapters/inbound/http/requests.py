"""The bodies that the API takes."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from orders.adapters.inbound.http.fields import (
    Country,
    CurrencyCode,
    Email,
    Key,
    Last4,
    Locale,
    Long,
    Moment,
    Name,
    Notes,
    Number,
    Phone,
    PostalCode,
    Quantity,
    RequestModel,
    Short,
    TrackingNumber,
    Url,
)
from orders.domain.errors import Fault
from orders.domain.money import MAX_UNIT_PRICE_MINOR
from orders.domain.order import Shipment
from orders.domain.parts import Address, Customer, ParcelLine, Payment
from orders.domain.placing import MAX_LINES, Draft, DraftLine, amount_faults

_ZERO = Decimal(0)


class CustomerBody(RequestModel):
    """Whom the order is for."""

    name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None

    def to_domain(self) -> Customer:
        """The same in the domain's terms."""
        return Customer(name=self.name, email=self.email, phone=self.phone)


class AddressBody(RequestModel):
    """A postal address; ``country`` is ISO 3166-1 alpha-2."""

    name: Name | None = None
    line1: Name | None = None
    line2: Name | None = None
    city: Short | None = None
    region: Short | None = None
    postal_code: PostalCode | None = None
    country: Country | None = None
    phone: Phone | None = None

    def to_domain(self) -> Address:
        """The same in the domain's terms."""
        return Address(**self.model_dump())


class PaymentBody(RequestModel):
    """What a payment gateway told the caller; never a card number."""

    method: Short | None = None
    token: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,255}$")] | None = None
    brand: Short | None = None
    last4: Last4 | None = None

    def to_domain(self) -> Payment:
        """The same in the domain's terms."""
        return Payment(**self.model_dump())


class ItemBody(RequestModel):
    """A line: ``price`` of one unit and ``discount`` off the line, both tax excluded; ``tax_rate`` 0 to 1."""

    product_id: Key
    quantity: Quantity
    price: Number
    discount: Number = _ZERO
    tax_rate: Number = _ZERO
    name: Name | None = None
    sku: Short | None = None

    def to_domain(self) -> DraftLine:
        """The same in the domain's terms."""
        return DraftLine(**self.model_dump())


MetadataKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class CreateOrderBody(RequestModel):
    """What ``POST /v1.0/orders`` takes."""

    customer_id: Key
    items: Annotated[list[ItemBody], Field(min_length=1, max_length=MAX_LINES)]
    total: Number
    currency: CurrencyCode | None = None
    customer: CustomerBody | None = None
    billing_address: AddressBody | None = None
    shipping_address: AddressBody | None = None
    shipping: Number = _ZERO
    discount: Number = _ZERO
    campaign_code: Key | None = None
    payment: PaymentBody | None = None
    notes: Notes | None = None
    metadata: Annotated[dict[MetadataKey, Long], Field(max_length=20)] = Field(default_factory=dict)
    locale: Locale | None = None

    def to_draft(self) -> Draft:
        """The same in the domain's terms; an absent currency is ``""``, for the tenant's to be put there."""
        return Draft(
            customer_id=self.customer_id,
            lines=tuple(item.to_domain() for item in self.items),
            total=self.total,
            currency=self.currency or "",
            shipping=self.shipping,
            discount=self.discount,
            customer=None if self.customer is None else self.customer.to_domain(),
            billing_address=None if self.billing_address is None else self.billing_address.to_domain(),
            shipping_address=None if self.shipping_address is None else self.shipping_address.to_domain(),
            payment=None if self.payment is None else self.payment.to_domain(),
            campaign_code=self.campaign_code,
            notes=self.notes,
            metadata=tuple(self.metadata.items()),
            locale=self.locale,
        )


def faults_of_amounts(body: Mapping[str, Any], known: Collection[str]) -> list[Fault]:
    """What the currency has to say about the amounts of a body that has other faults, at ``known`` pointers.

    So that callers hear of everything at once; an absent currency is not judged by, for it is the tenant's.
    """
    currency = body.get("currency")
    if not isinstance(currency, str) or "/currency" in known:
        return []
    amounts: list[tuple[str, Any, int | None]] = [
        (f"/{name}", body.get(name), None) for name in ("shipping", "discount", "total")
    ]
    rates: list[tuple[str, Any]] = []
    items = body.get("items")
    for index, item in enumerate(items[:MAX_LINES] if isinstance(items, list) else []):
        if isinstance(item, dict):
            amounts.append((f"/items/{index}/price", item.get("price"), MAX_UNIT_PRICE_MINOR))
            amounts.append((f"/items/{index}/discount", item.get("discount"), None))
            rates.append((f"/items/{index}/tax_rate", item.get("tax_rate")))

    def judged(pointer: str, value: Any) -> bool:
        return pointer not in known and isinstance(value, int | Decimal) and not isinstance(value, bool)

    return amount_faults(
        currency,
        [(pointer, Decimal(value), most) for pointer, value, most in amounts if judged(pointer, value)],
        [(pointer, Decimal(value)) for pointer, value in rates if judged(pointer, value)],
    )


class StatusBody(RequestModel):
    """What ``PUT /v1.0/orders/{order_id}/status`` takes; ``reason`` with rejected and cancelled."""

    # The fulfilled ones are known here so that the answer can say how they are reached.
    status: Literal["processing", "rejected", "cancelled", "completed", "partially_fulfilled", "fulfilled"]
    reason: Long | None = None


class CancelBody(RequestModel):
    """What ``POST /v1.0/orders/{order_id}/cancel`` takes."""

    reason: Long | None = None


class ParcelLineBody(RequestModel):
    """How many units of a line a parcel carries."""

    line_id: Key
    quantity: Quantity


class FulfilBody(RequestModel):
    """What ``POST /v1.0/orders/{order_id}/fulfill`` takes: a parcel; without ``lines`` it carries all that is open."""

    carrier: Short
    tracking_number: TrackingNumber
    tracking_url: Url | None = None
    lines: Annotated[list[ParcelLineBody], Field(min_length=1, max_length=MAX_LINES)] | None = None
    shipped_at: Moment | None = None

    def to_domain(self) -> Shipment:
        """The same in the domain's terms."""
        return Shipment(
            carrier=self.carrier,
            tracking_number=self.tracking_number,
            tracking_url=self.tracking_url,
            lines=None if self.lines is None else tuple(ParcelLine(**line.model_dump()) for line in self.lines),
            shipped_at=self.shipped_at,
        )


class DeliverBody(RequestModel):
    """What ``POST /v1.0/orders/{order_id}/parcels/{parcel_id}/deliver`` takes; without a time it is now."""

    delivered_at: Moment | None = None
