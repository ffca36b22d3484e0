"""Defines the bodies that the API takes."""

from decimal import Decimal
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from orders.adapters.wire.fields import (
    Amount,
    Carrier,
    Country,
    CurrencyCode,
    Email,
    JsonSchemaExtra,
    Key,
    Last4,
    Locale,
    Long,
    Metadata,
    Moment,
    Name,
    Notes,
    Phone,
    PostalCode,
    ProductId,
    Quantity,
    Rate,
    RequestModel,
    Short,
    Sku,
    Token,
    TrackingNumber,
    UnitPrice,
    Url,
    without_card,
)
from orders.domain.cards import holds_card_number
from orders.domain.parts import Address, Customer, ParcelLine, Payment
from orders.domain.placing import MAX_LINES, Draft, DraftLine
from orders.domain.shipping import Shipment

_ZERO = Decimal(0)


class CustomerBody(RequestModel):
    """The customer that the order is for; without any member it counts as left out."""

    name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None

    def to_domain(self) -> Customer:
        """Converts to the domain's type."""
        return Customer(name=self.name, email=self.email, phone=self.phone)


class AddressBody(RequestModel):
    """A postal address; without any member it counts as left out."""

    name: Name | None = None
    line1: Name | None = None
    line2: Name | None = None
    city: Short | None = None
    region: Short | None = None
    postal_code: PostalCode | None = None
    country: Country | None = None
    """ISO 3166-1 alpha-2."""
    phone: Phone | None = None

    def to_domain(self) -> Address:
        """Converts to the domain's type."""
        return Address(**self.model_dump())


class PaymentBody(RequestModel):
    """Payment details from the caller's payment gateway; never a card number. An empty object counts as left out."""

    method: Short | None = None
    token: Token | None = None
    """The gateway's token for the payment."""
    brand: Short | None = None
    last4: Last4 | None = None

    def to_domain(self) -> Payment:
        """Converts to the domain's type."""
        return Payment(**self.model_dump())


Particulars = TypeVar("Particulars", CustomerBody, AddressBody, PaymentBody)


def _something(given: Particulars | None) -> Particulars | None:
    """Returns the object, or ``None`` if none of its members has a value: that means the same as its absence."""
    return given if given is not None and any(value is not None for _, value in given) else None


SomeCustomer = Annotated[CustomerBody | None, AfterValidator(_something)]
SomeAddress = Annotated[AddressBody | None, AfterValidator(_something)]
SomePayment = Annotated[PaymentBody | None, AfterValidator(_something)]


class ItemBody(RequestModel):
    """A line of an order."""

    SET_BY_SERVICE = frozenset({"line_id", "net", "open_quantity", "tax"})

    product_id: ProductId
    quantity: Quantity
    price: UnitPrice
    """Of one unit, tax excluded; with at most the currency's digits. The maximum counts the currency's smallest units,
    1,000,000,000 of them: 10,000,000.00 ZAR, 1,000,000,000 JPY.
    """
    discount: Amount = _ZERO
    """Off the whole line, tax excluded."""
    tax_rate: Rate = _ZERO
    """A fraction of `price` × `quantity` − `discount`: 0.15 is 15 %."""
    name: Name | None = None
    sku: Sku | None = None

    def to_domain(self) -> DraftLine:
        """Converts to the domain's type."""
        # Field by field: dumping a model takes ten times as long.
        return DraftLine(
            product_id=self.product_id,
            quantity=self.quantity,
            price=self.price,
            discount=self.discount,
            tax_rate=self.tax_rate,
            name=self.name,
            sku=self.sku,
        )


class CreateOrderBody(RequestModel):
    """An order to be placed."""

    SET_BY_SERVICE = frozenset(
        {
            "_links", "allowed_actions", "campaign_discount", "created_at", "deleted_at", "erased_at", "order_id",
            "order_number", "parcels", "prices", "reason", "status", "subtotal", "tax", "tenant_id", "updated_at",
            "version",
        }
    )  # fmt: skip

    customer_id: Key
    """Whose order it is; customers place orders for themselves only."""
    items: Annotated[list[ItemBody], Field(min_length=1, max_length=MAX_LINES)]
    total: Amount
    """Must be what the items, tax, shipping and discount come to, exactly."""
    currency: CurrencyCode | None = None
    """The shop's own where it is left out."""
    customer: SomeCustomer = None
    billing_address: SomeAddress = None
    shipping_address: SomeAddress = None
    shipping: Amount = _ZERO
    """Untaxed."""
    discount: Amount = _ZERO
    """Off the whole order, after tax; a campaign's discount comes on top."""
    campaign_code: Key | None = None
    """What it takes off, where the shop has a campaigns service, must be in `total`; elsewhere it is noted, no more."""
    payment: SomePayment = None
    notes: Notes | None = None
    metadata: Metadata = Field(default_factory=dict)
    """Whatever the caller wants to find on the order again."""
    locale: Locale | None = None
    """BCP 47, such as `en-ZA`."""

    def to_draft(self) -> Draft:
        """Converts to a draft; an absent currency becomes ``""``, which the tenant's currency replaces later."""
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


class StatusBody(RequestModel):
    """The status that an order is to get."""

    # The fulfilled statuses are accepted here so that the response can explain how to reach them; they aren't offered.
    status: Annotated[
        Literal["processing", "rejected", "cancelled", "completed", "partially_fulfilled", "fulfilled"],
        JsonSchemaExtra({"enum": ["processing", "rejected", "cancelled", "completed"]}),
    ]
    """Orders become `partially_fulfilled` and `fulfilled` by their parcels: see `/fulfill`."""
    reason: Long | None = None
    """Needed with `rejected` and `cancelled`; the others take none."""


class CancelBody(RequestModel):
    """Why an order is called off."""

    reason: Long | None = None


class EraseBody(RequestModel):
    """The body of ``POST /v1.0/orders/{order_id}/erase``: empty, for all personal data is erased."""


class ParcelLineBody(RequestModel):
    """Units of a line in a parcel."""

    line_id: Key
    quantity: Quantity


class FulfilBody(RequestModel):
    """A parcel that has been shipped."""

    SET_BY_SERVICE = frozenset({"delivered_at", "parcel_id"})

    carrier: Carrier
    """Compared in any case, width and kind of hyphen: `dhl` is `DHL`. Shown as it was written first."""
    tracking_number: TrackingNumber
    """Compared as `carrier` is, and without characters that nobody sees: pasted again, it is the same parcel."""
    tracking_url: Url | None = None
    lines: Annotated[list[ParcelLineBody], Field(min_length=1, max_length=MAX_LINES)] | None = None
    """What it carries; left out, all that is open."""
    shipped_at: Moment | None = None
    """Left out, now; at most five minutes from now, and 30 days before the order was placed."""

    @field_validator("tracking_url")
    @classmethod
    def _without_card(cls, url: str | None, others: ValidationInfo) -> str | None:
        number = str(others.data.get("tracking_number", ""))
        # A tracking number may look like a card number, also within the URL; the rest of the URL must hold none.
        without_card((url or "").replace(number, "") if holds_card_number(number) else url or "")
        return url

    def to_domain(self) -> Shipment:
        """Converts to the domain's type."""
        return Shipment(
            carrier=self.carrier,
            tracking_number=self.tracking_number,
            tracking_url=self.tracking_url,
            lines=None if self.lines is None else tuple(ParcelLine(**line.model_dump()) for line in self.lines),
            shipped_at=self.shipped_at,
        )


class DeliverBody(RequestModel):
    """The time at which a parcel was delivered."""

    delivered_at: Moment | None = None
    """Left out, now; at most five minutes from now, and not before the parcel was shipped."""
