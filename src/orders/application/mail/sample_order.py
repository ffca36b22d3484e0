"""A sample order for previewing templates, with every optional field, in whole units of any currency."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from orders.domain.events import Actor, Stamp
from orders.domain.identity import new_order_id
from orders.domain.lifecycle import Role
from orders.domain.order import Order
from orders.domain.parts import Address, Customer, Parcel, ParcelLine, Payment
from orders.domain.placing import Draft, DraftLine, basket_of, place
from orders.ports.tenants import TenantProfile

PLACED_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_CUSTOMER = "cust_sample"
_TAX = Decimal("0.15")
"""Of net amounts that are multiples of 20: its tax has no fraction in any currency."""

_LINES = (
    DraftLine("prod_beans", 2, Decimal(180), name="Coffee beans, 1 kg", sku="BEANS-1000", line_id="line_1"),
    DraftLine(
        "prod_kettle",
        1,
        Decimal(1450),
        discount=Decimal(150),
        name="Gooseneck kettle & <stand>",
        sku="KETTLE-07",
        line_id="line_2",
    ),
    DraftLine("prod_filters", 3, Decimal(40), name="Paper filters, 100 pieces", line_id="line_3"),
)
_ADDRESS = Address(name="Lerato Sample", line1="1 Sample Street", city="Cape Town", postal_code="8001", country="ZA")


def sample_order(tenant: TenantProfile, locale: str, *, called_off: bool = False) -> Order:
    """Makes a sample order of this shop, partly shipped or cancelled; deterministic."""
    lines = tuple(replace(line, tax_rate=_TAX) for line in _LINES)
    net = sum((line.price * line.quantity - line.discount for line in lines), Decimal(0))
    draft = Draft(
        customer_id=_CUSTOMER,
        lines=lines,
        total=net + net * _TAX + 85 - 20,
        currency=tenant.currency,
        shipping=Decimal(85),
        discount=Decimal(20),
        customer=Customer(name="Lerato Sample", email="lerato@sample.example", phone="+27 21 555 0100"),
        notification_email="lerato@sample.example",
        billing_address=_ADDRESS,
        shipping_address=replace(_ADDRESS, line1="2 Other Street", line2="Flat 12"),
        payment=Payment(method="card", brand="visa", last4="4242"),
        campaign_code="WELCOME",
        notes="Please ring twice.\nThe gate code is on the parcel.",
        locale=locale,
    )
    stamp = Stamp(at=PLACED_AT, actor=Actor(principal=_CUSTOMER, role=Role.CUSTOMER))
    # Discounts come from the shop.
    placed = place(
        draft,
        basket_of(draft),
        tenant_id=tenant.tenant_id,
        order_id=new_order_id(PLACED_AT, 1),
        stamp=stamp,
        roles=(Role.STAFF,),
    ).order
    parcel = Parcel(
        parcel_id="parcel_1",
        carrier="Sample Couriers",
        tracking_number="SC 1234 5678",
        lines=tuple(ParcelLine(line.line_id, line.quantity) for line in placed.lines[:2]),
        shipped_at=PLACED_AT + timedelta(days=1),
        tracking_url="https://couriers.example/track/SC12345678",
    )
    return replace(placed, reason="out_of_stock") if called_off else replace(placed, parcels=(parcel,))
