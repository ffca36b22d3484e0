"""One renderer for all tests of documents, and orders worth looking at."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from orders.adapters.outbound.rendering.pdf.renderer import PdfRenderer
from orders.domain.order import Order
from orders.domain.parts import Payment
from orders.domain.pricing.money import Money
from orders.ports.tenants import TenantProfile
from tests.support.builders import a_line, a_tenant, an_order

Render = Callable[..., bytes]


@pytest.fixture(scope="session")
def renderer() -> Iterator[PdfRenderer]:
    """A process that all tests share; for tests that don't run in an event loop."""
    renderer = PdfRenderer(processes=1, timeout_seconds=120)
    yield renderer
    asyncio.run(renderer.close())


@pytest.fixture(scope="session")
def render(renderer: PdfRenderer) -> Render:
    """Renders an order of the packaged template."""

    def rendered(order: Order, tenant: TenantProfile | None = None) -> bytes:
        return asyncio.run(renderer.render(order, tenant or a_tenant()))

    return rendered


@pytest.fixture(scope="session")
def rich_order() -> Order:
    """An order with everything that can be printed."""
    kettle = a_line(
        product_id="prod_kettle",
        name="Stovetop kettle, brushed steel",
        sku="KET-18",
        quantity=1,
        price=Decimal("1499.00"),
        discount=Decimal("150.00"),
        tax_rate=Decimal("0.15"),
    )
    nameless = a_line(product_id="prod_nameless", name=None, sku=None, quantity=12_000, price=Decimal("1.05"))
    order = an_order(
        lines=(a_line(tax_rate=Decimal("0.15")), kettle, nameless),
        shipping=Decimal("85.00"),
        discount=Decimal("20.00"),
        payment=Payment(method="card", token="tok_not_printed", brand="visa", last4="4242"),
        campaign_code="SPRING-26",
        notes="Please ring twice.\n\nOr leave it next door.",
    )
    campaign_discount = Money(1250, order.totals.discount.currency)
    return replace(order, metadata=(("internal", "not-printed-either"),), campaign_discount=campaign_discount)
