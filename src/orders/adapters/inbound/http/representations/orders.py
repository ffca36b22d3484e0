"""Represents an order: typed dictionaries, money as decimals with exactly the currency's digits."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Annotated, Literal, NotRequired, cast

import msgspec
from pydantic import Field
from typing_extensions import TypedDict

from orders.adapters.inbound.http.representations.values import (
    BASE,
    AtLeastOne,
    Count,
    Money,
    OrderId,
    OrderNumber,
    Time,
    UriReference,
    given,
    moment,
)
from orders.adapters.wire import json_body
from orders.adapters.wire.fields import Country, CurrencyCode, DeliverableEmail, JsonSchemaExtra, Key, Last4
from orders.application.policy.caller import Caller
from orders.domain import order as domain
from orders.domain import order_summary, parts
from orders.domain.lifecycle import Action, Role, Status
from orders.domain.pricing.money import fraction_of


class Link(TypedDict):
    """A link to a related resource or an action."""

    href: UriReference
    """Relative to this host."""
    method: NotRequired[Literal["POST", "PUT", "PATCH", "DELETE"]]
    """Missing with links that are read by GET."""


class Links(TypedDict):
    """Links to the order's resources, and to the actions that this caller may take now."""

    self: Link
    status: Link
    track: Link
    history: Link
    events: Link
    document: Link
    process: NotRequired[Link]
    reject: NotRequired[Link]
    cancel: NotRequired[Link]
    fulfil: NotRequired[Link]
    complete: NotRequired[Link]
    update: NotRequired[Link]
    delete: NotRequired[Link]
    erase: NotRequired[Link]


class OrderItem(TypedDict):
    """A line of an order."""

    line_id: Key
    """Unique within the order, and never used again in it."""
    product_id: Key
    name: NotRequired[str | None]
    sku: NotRequired[str | None]
    quantity: AtLeastOne
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


class ParcelLine(TypedDict):
    """Units of a line in a parcel."""

    line_id: Key
    quantity: AtLeastOne


class Parcel(TypedDict):
    """A shipment of some or all of an order."""

    parcel_id: Annotated[str, Field(pattern=r"^par_[1-9][0-9]*$")]
    carrier: str
    tracking_number: str
    tracking_url: NotRequired[str | None]
    lines: list[ParcelLine]
    shipped_at: Time
    delivered_at: NotRequired[Time | None]
    """Missing until the parcel has arrived."""


class OrderSummary(TypedDict):
    """An order as a listing shows it: without addresses, notes and the customer's particulars."""

    order_id: OrderId
    order_number: OrderNumber
    """What people read aloud; it has a check character."""
    tenant_id: Key
    customer_id: Key
    status: Status
    allowed_actions: list[Action]
    """What this caller may do to the order now."""
    version: AtLeastOne
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
    deleted_at: NotRequired[Time | None]
    """Only on orders that have been deleted; admins see those who ask for `include_deleted`."""
    erased_at: NotRequired[Time | None]
    """Only on orders whose personal data was erased: what there was of it shows as `[erased]`."""
    _links: Links


class Customer(TypedDict):
    """The customer that the order is for."""

    name: NotRequired[str | None]
    email: NotRequired[DeliverableEmail | None]
    phone: NotRequired[str | None]


class Address(TypedDict):
    """A postal address."""

    name: NotRequired[str | None]
    line1: NotRequired[str | None]
    line2: NotRequired[str | None]
    city: NotRequired[str | None]
    region: NotRequired[str | None]
    postal_code: NotRequired[str | None]
    country: NotRequired[Country | None]
    """ISO 3166-1 alpha-2."""
    phone: NotRequired[str | None]


class Payment(TypedDict):
    """Payment details from a payment gateway; never a card number."""

    method: NotRequired[str | None]
    token: NotRequired[str | None]
    brand: NotRequired[str | None]
    last4: NotRequired[Last4 | None]


class Order(OrderSummary):
    """An order. Fields that nobody filled are missing."""

    customer: NotRequired[Customer | None]
    billing_address: NotRequired[Address | None]
    shipping_address: NotRequired[Address | None]
    payment: NotRequired[Payment | None]
    campaign_code: NotRequired[Key | None]
    campaign_discount: NotRequired[Money | None]
    """The campaign's part of `discount`; missing where a campaigns service has given none."""
    prices: NotRequired[Literal["unchecked"] | None]
    """Shown to the shop: prices are in it that nobody checked, neither the shop nor a product service."""
    notes: NotRequired[str | None]
    metadata: NotRequired[dict[str, str] | None]
    locale: NotRequired[str | None]
    """BCP 47."""
    reason: NotRequired[str | None]
    """Why it was cancelled or rejected."""


_ACTION_PATHS: Mapping[Action, str] = {
    Action.PROCESS: "/status",
    Action.REJECT: "/status",
    Action.COMPLETE: "/status",
    Action.CANCEL: "/cancel",
    Action.FULFIL: "/fulfill",
    Action.UPDATE: "",
    Action.DELETE: "",
    Action.ERASE: "/erase",
}
_METHODS: Mapping[str, str] = {"/status": "PUT", "update": "PATCH", "delete": "DELETE"}
_ORDER_ID = "{order_id}"
"""Stands for the order's id in encoded links."""


def etag(order: domain.Order, roles: Collection[Role]) -> str:
    """Makes the ETag ``"{version}-{hash of the caller's roles}"``: the representation depends on both."""
    return f'"{order.version}-{_roles_hash(roles)}"'


def _roles_hash(roles: Collection[Role]) -> str:
    return _hash_of(frozenset(roles))


@cache
def _hash_of(roles: frozenset[Role]) -> str:
    return hashlib.sha256(",".join(sorted(roles)).encode()).hexdigest()[:8]


def order_view(order: domain.Order, caller: Caller) -> Order:
    """Represents an order as this caller sees it; optional fields without a value are absent."""
    summary, actions = order_summary.OrderSummary.of(order), order.allowed_actions(caller.roles)
    view: Order = {
        **_summary(summary, actions, _links(summary, actions)),
        "customer": None if order.customer is None else customer_view(order.customer),
        "billing_address": None if order.billing_address is None else address_view(order.billing_address),
        "shipping_address": None if order.shipping_address is None else address_view(order.shipping_address),
        "payment": None if order.payment is None else payment_view(order.payment),
        "campaign_code": order.campaign_code,
        "campaign_discount": None if order.campaign_discount is None else order.campaign_discount.to_decimal(),
        "notes": order.notes,
        "metadata": dict(order.metadata) or None,
        "locale": order.locale,
        "reason": order.reason,
        "prices": "unchecked" if order.prices_unchecked and caller.acts_for_shop else None,
    }
    return given(view)


def summary_view(order: order_summary.OrderSummary, caller: Caller) -> OrderSummary:
    """Represents an order as a list shows it; its links are encoded already, so the only use of it is to encode it."""
    actions = order.allowed_actions(caller.roles)
    return _summary(order, actions, _encoded_links(order, actions))


def items_view(order: domain.Order | order_summary.OrderSummary) -> list[OrderItem]:
    """Represents the order's lines."""
    left = order.open_quantities()
    return [_line(line, left[line.line_id]) for line in order.lines]


def _summary(order: order_summary.OrderSummary, actions: Iterable[Action], links: Links) -> OrderSummary:
    totals = order.totals
    view: OrderSummary = {
        "order_id": order.order_id,
        "order_number": order.order_number,
        "tenant_id": order.tenant_id,
        "customer_id": order.customer_id,
        "status": order.status,
        "allowed_actions": list(actions),
        "version": order.version,
        "currency": order.currency,
        "items": items_view(order),
        "subtotal": totals.subtotal.to_decimal(),
        "tax": totals.tax.to_decimal(),
        "shipping": totals.shipping.to_decimal(),
        "discount": totals.discount.to_decimal(),
        "total": totals.total.to_decimal(),
        "parcels": [parcel_view(parcel) for parcel in order.parcels],
        "created_at": moment(order.created_at),
        "updated_at": moment(order.updated_at),
        "_links": links,
    }
    if order.deleted_at is not None:
        view["deleted_at"] = moment(order.deleted_at)
    if order.erased_at is not None:
        view["erased_at"] = moment(order.erased_at)
    return view


def customer_view(customer: parts.Customer) -> Customer:
    """Represents a customer's given particulars."""
    view: Customer = {"name": customer.name, "email": customer.email, "phone": customer.phone}
    return given(view)


def address_view(address: parts.Address) -> Address:
    """Represents the given parts of an address."""
    view: Address = {
        "name": address.name,
        "line1": address.line1,
        "line2": address.line2,
        "city": address.city,
        "region": address.region,
        "postal_code": address.postal_code,
        "country": address.country,
        "phone": address.phone,
    }
    return given(view)


def payment_view(payment: parts.Payment) -> Payment:
    """Represents the given facts of a payment."""
    view: Payment = {"method": payment.method, "token": payment.token, "brand": payment.brand, "last4": payment.last4}
    return given(view)


def parcel_view(parcel: parts.Parcel) -> Parcel:
    """Represents a shipment of some or all of an order."""
    view: Parcel = {
        "parcel_id": parcel.parcel_id,
        "carrier": parcel.carrier,
        "tracking_number": parcel.tracking_number,
        "tracking_url": parcel.tracking_url,
        "lines": [{"line_id": line.line_id, "quantity": line.quantity} for line in parcel.lines],
        "shipped_at": moment(parcel.shipped_at),
        "delivered_at": None if parcel.delivered_at is None else moment(parcel.delivered_at),
    }
    return given(view)


def asking(*, deleted: bool) -> str:
    """Makes the query that links to an order need: a deleted order is only shown if asked for."""
    return "?include_deleted=true" if deleted else ""


def _line(line: parts.Line, open_quantity: int) -> OrderItem:
    net = line.net
    view: OrderItem = {
        "line_id": line.line_id,
        "product_id": line.product_id,
        "name": line.name,
        "sku": line.sku,
        "quantity": line.quantity,
        "open_quantity": open_quantity,
        "price": line.price.to_decimal(),
        "discount": line.discount.to_decimal(),
        "tax_rate": line.tax_rate,
        "net": net.to_decimal(),
        "tax": fraction_of(net, line.tax_rate).to_decimal(),
    }
    return given(view) if line.name is None or line.sku is None else view


def _links(order: order_summary.OrderSummary, actions: Iterable[Action]) -> Links:
    return _links_of(order.order_id, actions, deleted=order.deleted_at is not None)


def _links_of(order_id: str, actions: Iterable[Action], *, deleted: bool) -> Links:
    here, query = f"{BASE}/{order_id}", asking(deleted=deleted)
    links = {"self": {"href": here + query}}
    for name in ("status", "track", "history", "events", "document"):
        links[name] = {"href": f"{here}/{name}{query}"}
    for action in actions:
        if action in _ACTION_PATHS:
            path = _ACTION_PATHS[action]
            links[str(action)] = {"href": here + path, "method": _METHODS.get(path or str(action), "POST")}
    return cast("Links", links)  # their names are those of actions


def _encoded_links(order: order_summary.OrderSummary, actions: tuple[Action, ...]) -> Links:
    # The id is encoded, for it is as it was stored, and only most likely without quotation marks.
    order_id = json_body.encode(order.order_id)[1:-1]
    return cast("Links", msgspec.Raw(order_id.join(_links_around_id(actions, order.deleted_at is not None))))


@cache
def _links_around_id(actions: tuple[Action, ...], deleted: bool) -> list[bytes]:
    """Encodes the links of orders in which these actions are allowed: they are alike but for the id, where it parts."""
    return json_body.encode(_links_of(_ORDER_ID, actions, deleted=deleted)).split(_ORDER_ID.encode())
