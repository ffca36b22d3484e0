"""Changes of orders for the contract suites of the orders table."""

from dataclasses import fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from orders.domain.events import OrderEvent
from orders.domain.lifecycle import Role
from orders.domain.order import Change, Order
from orders.domain.order_summary import OrderSummary
from orders.domain.parts import Document, DocumentStatus, ParcelLine, Payment
from orders.domain.placing import basket_of, place
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.domain.pricing.offer_checks import UNASKED, Answers, CampaignGranted
from orders.domain.shipping import Shipment
from tests.support.builders import NOON, a_draft, a_line, a_stamp, an_order_id

STAFF = (Role.STAFF,)
_order_numbers = count(1)


def placed(tenant_id: str, *, at: datetime = NOON, principal: str = "cust_test_001", **overrides: Any) -> Change:
    """A new order; ``order_id``, ``answers`` or any field of ``Draft`` can be given."""
    order_id = overrides.pop("order_id", None) or an_order_id(next(_order_numbers), at)
    answers = overrides.pop("answers", UNASKED)
    stamp = a_stamp(at, principal=principal)
    draft = a_draft(**overrides)
    return place(
        draft,
        basket_of(draft),
        tenant_id=tenant_id,
        order_id=order_id,
        stamp=stamp,
        roles=STAFF,
        answers=answers,
    )


def placed_in_full(tenant_id: str) -> Change:
    """A new order with everything that can be given in placing one, and nothing plain about it."""
    return placed(
        tenant_id,
        lines=(
            a_line(discount=Decimal("0.98"), tax_rate=Decimal("0.150")),
            a_line(product_id="prod_002", name="Émail – 琺瑯 🫖", sku=None, quantity=1_000_000, price=Decimal("0.01")),
        ),
        shipping=Decimal("80.00"),
        discount=Decimal("5.00"),
        total=Decimal("10140.35"),
        answers=Answers(campaign=CampaignGranted(Money(250, Currency.of("ZAR")))),
        payment=Payment(method="card", token="tok_1", brand="visa", last4="4242"),
        campaign_code="SPRING",
        notes='Ring twice.\n"Thanks"',
        metadata=(("z", "last first"), ("a", ""), ("channel", "web")),
        locale="fr-CH",
    )


def processed(order: Order, *, at: datetime | None = None, principal: str = "staff_1") -> Change:
    """The order confirmed by staff, a second after its creation unless told otherwise."""
    return order.process(a_stamp(at or _later(order), principal=principal, role=Role.STAFF), STAFF)


def shipped(order: Order, number: int, quantity: int = 1) -> Change:
    """So many units of the first line in a parcel of that number."""
    shipment = Shipment("DHL", f"TRACK{number}", lines=(ParcelLine(order.lines[0].line_id, quantity),))
    return order.fulfil(shipment, a_stamp(_later(order), principal="staff_1", role=Role.STAFF), STAFF)


def rendered(order: Order, version: int) -> Change:
    """The PDF of a version on record: changes that an order can have any number of."""
    document = Document(DocumentStatus.READY, version, NOON, key=f"orders/{version}.pdf", sha256="0" * 64, size_bytes=9)
    return order.document_rendered(document, a_stamp(NOON, principal="pdf-creator", role=Role.SERVICE))


def rendered_often(order: Order, times: int) -> list[Change]:
    """That many changes, one after the other."""
    changes: list[Change] = []
    for _ in range(times):
        changes.append(rendered(changes[-1].order if changes else order, order.version + len(changes)))
    return changes


def grown(change: Change, bytes_: int) -> Change:
    """The change with an event that takes about so many bytes more."""
    assert change.event is not None
    return replace(change, event=replace(change.event, reason="x" * bytes_))


def event_of(change: Change) -> OrderEvent:
    """The change's event, which it must have."""
    assert change.event is not None
    return change.event


def as_listed(order: Order) -> OrderSummary:
    """Of an order what lists show: see OrderPage."""
    same = {each.name for each in fields(OrderSummary)} - {"deleted_at", "erased_at"}
    return OrderSummary(
        **{name: getattr(order, name) for name in same},
        deleted_at=order.deletion.at if order.deletion else None,
        erased_at=order.erasure.at if order.erasure else None,
    )


def _later(order: Order) -> datetime:
    return order.created_at + timedelta(seconds=order.sequence)
