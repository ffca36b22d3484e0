"""The document of an erased order: what a person gave is gone from it, what the tax office asks for is there."""

import io
import json

import pytest
from pypdf import PdfReader

from orders.domain.erasing import erase
from orders.domain.lifecycle import Role, Status
from orders.domain.order import Order
from orders.domain.parts import Customer, Payment
from tests.support.builders import a_line, a_stamp, an_address, an_order
from tests.unit.rendering.conftest import Render

CANARY = "canary"
ADDRESS = an_address(
    name=f"{CANARY} n", line1=f"{CANARY} 1", line2=f"{CANARY} 2", city=f"{CANARY} c", region=f"{CANARY} r",
    postal_code=f"{CANARY} p", country="CH", phone=f"{CANARY} t",
)  # fmt: skip


@pytest.fixture(scope="module")
def order() -> Order:
    """An order full of marks, at its end."""
    return an_order(
        lines=(a_line(),),
        customer=Customer(f"{CANARY} name", f"{CANARY}@example.com", f"{CANARY} phone"),
        billing_address=ADDRESS,
        shipping_address=None,
        payment=Payment(f"{CANARY} method", f"{CANARY}-token", f"{CANARY} brand", "4242"),
        notes=f"{CANARY} notes\n\n{CANARY} again",
        metadata=((CANARY, CANARY),),
        status=Status.CANCELLED,
        reason=f"{CANARY} changed her mind",
    )


def contents(pdf: bytes) -> tuple[str, bytes]:
    """All text of a PDF, and what is attached to it."""
    reader = PdfReader(io.BytesIO(pdf))
    (attached,) = reader.attachments.values()
    return "\n".join(page.extract_text() for page in reader.pages), attached[0]


def test_nothing_personal_is_in_it_and_everything_fiscal_is(render: Render, order: Order) -> None:
    text, attached = contents(render(order))
    assert text.count(CANARY) >= 12
    assert attached.count(CANARY.encode()) >= 14

    pdf = render(erase(order, a_stamp(role=Role.ADMIN), [Role.ADMIN]).order)

    text, attached = contents(pdf)
    assert CANARY not in text + attached.decode()
    assert CANARY.encode() not in pdf
    assert "4242" not in text + attached.decode()
    for shown in (order.order_number, "Enamel mug, 350 ml", "ZAR 59.98", "cust_test_001", "Revision 2"):
        assert shown in text
    assert text.count("[erased]") == 4
    assert "The personal data in this document was erased on 22 November 2026." in text
    printed = json.loads(attached)
    assert printed["customer"] == printed["billing_address"] == {"name": "[erased]"}
    assert (printed["payment"], printed["notes"]) == ({"method": "[erased]"}, "[erased]")
    assert (printed["erased_at"], printed["total"]) == ("2026-11-22T12:00:00.000Z", 59.98)
    assert b'"total":59.98' in attached


def test_it_is_rendered_to_the_same_bytes_again(render: Render, order: Order) -> None:
    erased = erase(order, a_stamp(role=Role.ADMIN), [Role.ADMIN]).order
    assert render(erased) == render(erased)
