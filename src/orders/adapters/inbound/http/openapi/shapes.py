"""What the API answers with, as models: they describe, and tests hold every answer against them.

The answers themselves are made in ``responses.py``. A field with the default ``None`` may be missing.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from typing_extensions import TypeAliasType

from orders.adapters.wire.fields import Country, CurrencyCode, DeliverableEmail, JsonSchemaExtra, Key, Last4
from orders.domain.identity import ORDER_ID_PATTERN, ORDER_NUMBER_PATTERN
from orders.domain.lifecycle import Action, Status


class Shape(BaseModel):
    """An object of an answer. It says nothing of other fields: callers must bear new ones ([API-9])."""

    model_config = ConfigDict(use_attribute_docstrings=True)


OrderId = Annotated[str, Field(pattern=ORDER_ID_PATTERN)]
OrderNumber = Annotated[str, Field(pattern=ORDER_NUMBER_PATTERN)]
Money = Annotated[Decimal, JsonSchemaExtra({"minimum": 0})]
Time = Annotated[AwareDatetime, JsonSchemaExtra({"pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$"})]
Count = Annotated[int, Field(ge=0)]
Accepted = Literal["accepted"]
StatusOrAccepted = TypeAliasType(
    "StatusOrAccepted",
    Annotated[
        str, JsonSchemaExtra({"enum": ["accepted", *map(str, Status)], "description": "`accepted` until it is placed."})
    ],
)
"""One enumeration and no union of two: what is made of unions of texts is no text in many languages."""
Href = Annotated[str, JsonSchemaExtra({"format": "uri-reference"})]


class Link(Shape):
    """Where to go on."""

    href: Href
    """Relative to this host."""
    method: Literal["POST", "PUT", "PATCH", "DELETE"] | None = None
    """Missing with links that are read by GET."""


class Links(Shape):
    """What belongs to the order, and what this caller may do to it now."""

    self: Link
    status: Link
    track: Link
    history: Link
    events: Link
    document: Link
    process: Link | None = None
    reject: Link | None = None
    cancel: Link | None = None
    fulfil: Link | None = None
    complete: Link | None = None
    update: Link | None = None
    delete: Link | None = None
    erase: Link | None = None


class OrderItem(Shape):
    """A line of an order."""

    line_id: Key
    """Unique within the order, and never used again in it."""
    product_id: Key
    name: str | None = None
    sku: str | None = None
    quantity: Annotated[int, Field(ge=1)]
    open_quantity: Count
    """Units that have not been shipped yet."""
    price: Money
    """Of one unit, tax excluded."""
    discount: Money
    """Off the whole line, tax excluded."""
    tax_rate: Annotated[Decimal, JsonSchemaExtra({"minimum": 0, "maximum": 1})]
    """A fraction of `net`: 0.15 is 15 %."""
    net: Money
    """`price` × `quantity` − `discount`."""
    tax: Money
    """`net` × `tax_rate`, rounded half to even per line."""


class ParcelLine(Shape):
    """How many units of a line are in a parcel."""

    line_id: Key
    quantity: Annotated[int, Field(ge=1)]


class Parcel(Shape):
    """A shipment of some or all of an order."""

    parcel_id: Annotated[str, Field(pattern=r"^par_[1-9][0-9]*$")]
    carrier: str
    tracking_number: str
    tracking_url: str | None = None
    lines: list[ParcelLine]
    shipped_at: Time
    delivered_at: Time | None = None
    """Missing until the parcel has arrived."""


class OrderSummary(Shape):
    """An order as a listing shows it: without addresses, notes and the customer's particulars."""

    order_id: OrderId
    order_number: OrderNumber
    """What people read aloud; it has a check character."""
    tenant_id: Key
    customer_id: Key
    status: Status
    allowed_actions: list[Action]
    """What this caller may do to the order now."""
    version: Annotated[int, Field(ge=1)]
    """Goes up by one with every change; what ETags speak of."""
    currency: CurrencyCode
    items: list[OrderItem]
    subtotal: Money
    """The sum of all lines' `net`."""
    tax: Money
    """The sum of all lines' `tax`."""
    shipping: Money
    discount: Money
    """Off the whole order, after tax; a campaign's discount is part of it."""
    total: Money
    """`subtotal` + `tax` + `shipping` − `discount`."""
    parcels: list[Parcel]
    created_at: Time
    updated_at: Time
    deleted_at: Time | None = None
    """Only on orders that have been deleted; admins see those who ask for `include_deleted`."""
    erased_at: Time | None = None
    """Only on orders whose personal data was erased: what there was of it shows as `[erased]`."""
    links: Annotated[Links, Field(alias="_links")]


class Customer(Shape):
    """Whom the order is for."""

    name: str | None = None
    email: DeliverableEmail | None = None
    phone: str | None = None


class Address(Shape):
    """A postal address."""

    name: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: Country | None = None
    """ISO 3166-1 alpha-2."""
    phone: str | None = None


class Payment(Shape):
    """What a payment gateway told; never a card number."""

    method: str | None = None
    token: str | None = None
    brand: str | None = None
    last4: Last4 | None = None


class Order(OrderSummary):
    """An order. Fields that nobody filled are missing."""

    customer: Customer | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    payment: Payment | None = None
    campaign_code: Key | None = None
    campaign_discount: Money | None = None
    """The campaign's part of `discount`; missing where a campaigns service has given none."""
    prices: Literal["unchecked"] | None = None
    """Shown to the shop: prices are in it that nobody checked, neither the shop nor a product service."""
    notes: str | None = None
    metadata: dict[str, str] | None = None
    locale: str | None = None
    """BCP 47."""
    reason: str | None = None
    """Why it was cancelled or rejected."""
