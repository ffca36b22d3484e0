"""Makes the document's examples with the domain and the functions that make responses, so that they are real."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from orders.adapters.inbound.http.representations.history import history_entry
from orders.adapters.inbound.http.representations.order_states import (
    acceptance_view,
    accepted_view,
    erasing_view,
    status_view,
    track_view,
)
from orders.adapters.inbound.http.representations.orders import order_view, summary_view
from orders.adapters.inbound.http.representations.quotes import quote_view
from orders.adapters.inbound.http.representations.values import moment
from orders.adapters.inbound.http.routes.documents import DocumentLink, DocumentRendering, rendering_view
from orders.adapters.wire import json_body
from orders.application.orders.quote_order import Quote
from orders.application.policy.caller import Caller
from orders.contracts.cloud_event import to_cloud_event
from orders.domain.erasing import erase
from orders.domain.events import OrderEvent
from orders.domain.identity import derived_order_id
from orders.domain.lifecycle import Role
from orders.domain.order import Change, Order
from orders.domain.order_summary import OrderSummary
from orders.domain.parts import Address, Customer, ParcelLine, Payment
from orders.domain.placing import Draft, DraftLine, basket_of, place
from orders.domain.pricing.offer_checks import Answers, Offer
from orders.domain.shipping import Shipment
from orders.ports.acceptances import Acceptance
from orders.ports.mail import FeedbackKind, MailFeedback, MailRecord, MailState, MailTemplate

_MORNING = datetime(2026, 3, 2, 8, 15, 4, 120_000, tzinfo=UTC)
ORDER_ID = derived_order_id(tenant_id="demo", principal="example", key="example")
CURSOR = "3q2-7wAAAAAAAAAAAAAAAMjAyNi0wMy0wMlQwODoxNTowNC4xMjBa"

SMOKE_BODY = {
    "customer_id": "cust_test_001",
    "items": [{"product_id": "prod_001", "quantity": 2, "price": Decimal("29.99")}],
    "total": Decimal("59.98"),
    "currency": "USD",
}

FULL_BODY: dict[str, Any] = {
    "customer_id": "cust_test_001",
    "items": [
        {
            "product_id": "mug-350",
            "name": "Enamel mug, 350 ml",
            "sku": "MUG-350",
            "quantity": 2,
            "price": Decimal("149.00"),
            "tax_rate": Decimal("0.15"),
        },
        {
            "product_id": "tray-oak",
            "name": "Oak tray",
            "quantity": 1,
            "price": Decimal("420.00"),
            "discount": Decimal("20.00"),
            "tax_rate": Decimal("0.15"),
        },
    ],
    "shipping": Decimal("60.00"),
    "discount": Decimal("12.70"),
    "total": Decimal("850.00"),
    "currency": "ZAR",
    "customer": {"name": "Thandi Mokoena", "email": "thandi@example.com", "phone": "+27 21 555 0134"},
    "shipping_address": {
        "name": "Thandi Mokoena",
        "line1": "12 Long Street",
        "city": "Cape Town",
        "postal_code": "8001",
        "country": "ZA",
    },
    "payment": {"method": "card", "token": "tok_8fQ2", "brand": "visa", "last4": "4242"},
    "campaign_code": "SPRING-26",
    "notes": "Ring twice, please.",
    "metadata": {"source": "app"},
    "locale": "en-ZA",
}


CUSTOMER = Caller("demo", "cust_test_001", frozenset({Role.CUSTOMER}), customer_id="cust_test_001")
_ADMIN = Caller("demo", "admin_1", frozenset({Role.ADMIN}))
_STAFF = Caller("demo", "staff_7", frozenset({Role.STAFF}))


@dataclass(frozen=True, slots=True)
class Life:
    """One order through its life, with its events, and the responses about it."""

    placed: Order
    processing: Order
    part_shipped: Order
    shipped: Order
    cancelled: Order
    told: tuple[OrderEvent, ...]
    smallest_body: Mapping[str, Any] = field(default_factory=lambda: SMOKE_BODY)
    full_body: Mapping[str, Any] = field(default_factory=lambda: FULL_BODY)

    def as_customer(self, order: Order) -> Mapping[str, Any]:
        """Represents the order as its customer sees it."""
        return order_view(order, CUSTOMER)

    def as_staff(self, order: Order) -> Mapping[str, Any]:
        """Represents the order as the shop's staff see it."""
        return order_view(order, _STAFF)

    def quote(self) -> Mapping[str, Any]:
        """Makes the response to a request for a quote."""
        offers = {
            line.product_id: Offer(line.product_id, line.price, available=line.quantity) for line in self.placed.lines
        }
        return quote_view(Quote(self.placed, Answers(offers)), _STAFF)

    def page_of_orders(self) -> Mapping[str, Any]:
        """Makes a page of a listing, with another after it."""
        page = {"items": [summary_view(OrderSummary.of(self.part_shipped), _STAFF)], "next_cursor": CURSOR}
        # Its links are encoded already: only the whole page's text can be read.
        read: Mapping[str, Any] = json_body.decode(json_body.encode(page))
        return read

    def where_it_is(self) -> Mapping[str, Any]:
        """Makes the response with an order's status."""
        return status_view(self.processing, _STAFF)

    def erasing(self) -> Mapping[str, Any]:
        """Makes the response to an erasure."""
        return erasing_view(erase(self.cancelled, _ADMIN.stamp(_MORNING + timedelta(days=30)), _ADMIN.roles).order)

    def tracking(self) -> Mapping[str, Any]:
        """Makes the response with shipped parcels and open items."""
        return track_view(self.part_shipped)

    def history(self) -> Mapping[str, Any]:
        """Makes a page of the history, with events and a mail."""
        mail = MailRecord(
            sequence=3,
            template=MailTemplate.ORDER_SHIPPED,
            state=MailState.SENT,
            at=self.told[2].at + timedelta(seconds=1),
            attempts=1,
            recipient_hint="t…@example.com",
            feedback=MailFeedback(
                FeedbackKind.BOUNCED, self.told[2].at + timedelta(seconds=9), detail="Permanent/NoEmail"
            ),
        )
        items = [*map(history_entry, self.told), history_entry(mail)]
        return {"items": items, "next_cursor": None}

    def events(self) -> Mapping[str, Any]:
        """Makes a page of the events as other systems get them."""
        return {"items": [to_cloud_event(event) for event in self.told], "next_cursor": None}

    def acceptance(self) -> Mapping[str, Any]:
        """Makes the response to ``Prefer: respond-async``."""
        return accepted_view(self.placed)

    def accepted_order(self) -> Mapping[str, Any]:
        """Represents an order that is accepted and not placed yet."""
        return acceptance_view(
            Acceptance(
                tenant_id="demo",
                order_id=ORDER_ID,
                customer_id="cust_test_001",
                principal=CUSTOMER.principal,
                roles=CUSTOMER.roles,
                accepted_at=_MORNING,
            )
        )

    def document_link(self) -> DocumentLink:
        """Makes the link to the PDF, which is valid for five minutes."""
        return {
            "url": f"https://documents.example/demo/2026/03/{ORDER_ID}/v1.pdf?signature=3d1f",
            "expires_at": moment(_MORNING + timedelta(minutes=5)),
        }

    def document_rendering(self) -> DocumentRendering:
        """Represents that the PDF is being rendered."""
        return rendering_view(ORDER_ID)


def _life() -> Life:
    events: list[OrderEvent] = []

    def done(change: Change) -> Order:
        assert change.event is not None
        events.append(change.event)
        return change.order

    later = (replace(_STAFF.stamp(_MORNING), at=_MORNING + timedelta(hours=hours)) for hours in range(1, 9))
    # Placed by the shop: customers can't give discounts.
    stamp = _STAFF.stamp(_MORNING)
    draft = _draft()
    placed = done(place(draft, basket_of(draft), tenant_id="demo", order_id=ORDER_ID, stamp=stamp, roles=_STAFF.roles))
    processing = done(placed.process(next(later), _STAFF.roles))
    first = Shipment("DHL", "JD014600003SE", "https://track.example/JD014600003SE", (ParcelLine("line_1", 2),))
    part_shipped = done(processing.fulfil(first, next(later), _STAFF.roles))
    told = tuple(events)
    shipped = part_shipped.fulfil(Shipment("DHL", "JD014600004SE"), next(later), _STAFF.roles).order
    delivered = shipped.deliver("par_1", next(later), _STAFF.roles).order
    cancelled = placed.cancel("changed my mind", next(later), CUSTOMER.roles).order
    return Life(placed, processing, part_shipped, delivered, cancelled, told)


def _draft() -> Draft:
    body = FULL_BODY
    return Draft(
        customer_id=body["customer_id"],
        lines=tuple(DraftLine(**item) for item in body["items"]),
        total=body["total"],
        currency=body["currency"],
        shipping=body["shipping"],
        discount=body["discount"],
        customer=Customer(**body["customer"]),
        shipping_address=Address(**body["shipping_address"]),
        payment=Payment(**body["payment"]),
        campaign_code=body["campaign_code"],
        notes=body["notes"],
        metadata=tuple(body["metadata"].items()),
        locale=body["locale"],
    )


LIFE = _life()
