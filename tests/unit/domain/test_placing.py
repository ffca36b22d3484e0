"""Placing an order: everything it must keep, all faults at once."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders.adapters.wire.pointers import pointer_of
from orders.domain.errors import ActionForbidden, InvalidOrder
from orders.domain.events import EventType
from orders.domain.identity import order_number
from orders.domain.lifecycle import Role, Status
from orders.domain.placing import Draft, DraftLine, basket_of
from orders.domain.pricing.currencies import Currency
from tests.support.builders import a_draft, a_line, an_order_id, placed


def faults_of(**overrides: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidOrder) as caught:
        basket_of(a_draft(**overrides)).settled()
    return [(pointer_of(fault.path), fault.code) for fault in caught.value.faults]


def test_a_new_order_is_pending_numbered_and_told_of() -> None:
    order_id = an_order_id(7)
    change = placed(a_draft(), tenant_id="t1", order_id=order_id, roles=[Role.CUSTOMER])
    order, event = change.order, change.event
    assert (order.status, order.version, order.sequence) == (Status.PENDING, 1, 1)
    assert order.order_number == order_number(order_id)
    assert event is not None
    assert event.type is EventType.CREATED
    assert (event.data["total"], event.data["currency"]) == ("59.98", "ZAR")
    assert "thandi" not in str(event.data).lower()


def test_operators_place_no_orders() -> None:
    with pytest.raises(ActionForbidden, match="role operator may not do this: place"):
        placed(a_draft(), roles=[Role.OPERATOR])


def test_a_wrong_total_is_refused_with_both_figures() -> None:
    with pytest.raises(InvalidOrder) as caught:
        basket_of(a_draft(total=Decimal("59.97"))).settled()
    (fault,) = caught.value.faults
    assert pointer_of(fault.path) == "/total"
    assert "59.97 ZAR" in fault.message
    assert "59.98 ZAR" in fault.message


def test_all_faults_are_named_at_once() -> None:
    lines = (
        a_line(quantity=0),
        a_line(price=Decimal("1.001")),
        a_line(price=Decimal(-1)),
        a_line(price=Decimal(10**8)),
        a_line(tax_rate=Decimal(15)),
        a_line(discount=Decimal("59.99")),
    )
    assert faults_of(lines=lines, total=Decimal("NaN"), shipping=Decimal(-1), discount=Decimal("1E999999")) == [
        ("/items/0/quantity", "quantity_range"),
        ("/items/1/price", "invalid_amount"),
        ("/items/2/price", "negative_amount"),
        ("/items/3/price", "amount_too_large"),
        ("/items/4/tax_rate", "invalid_rate"),
        ("/items/5/discount", "negative_line"),
        ("/shipping", "negative_amount"),
        ("/discount", "invalid_amount"),
        ("/total", "invalid_amount"),
    ]


def test_neither_lines_nor_totals_go_below_nothing() -> None:
    assert faults_of(discount=Decimal("59.99"), total=Decimal(0)) == [("/discount", "negative_total")]


@pytest.mark.parametrize("count", [0, 501])
def test_an_order_has_1_to_500_lines(count: int) -> None:
    assert faults_of(lines=(a_line(),) * count, total=Decimal(0)) == [("/items", "line_count")]


def test_unknown_currencies_are_refused() -> None:
    with pytest.raises(InvalidOrder, match="'ZZZ' is no ISO 4217"):
        basket_of(Draft("c", (a_line(),), Decimal(1), "ZZZ"))


minor = st.integers(0, 10**7)


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    currency = Currency.of(draw(st.sampled_from(["ZAR", "USD", "JPY", "BHD"])))

    def amount(at_most: int) -> Decimal:
        return Decimal(draw(st.integers(0, at_most))).scaleb(-currency.digits)

    lines = []
    for number in range(draw(st.integers(1, 8))):
        price, quantity = amount(10**6), draw(st.integers(1, 50))
        discount = amount(int(price.scaleb(currency.digits)) * quantity)
        rate = draw(st.sampled_from(["0", "0.15", "0.075", "0.0825", "1", "0.333333"]))
        lines.append(DraftLine(f"p{number}", quantity, price, discount, Decimal(rate)))
    return a_draft(lines=tuple(lines), currency=currency.code, shipping=amount(10**5))


@settings(max_examples=500, deadline=None)
@given(drafts())
def test_every_consistent_order_is_accepted_to_the_minor_unit(draft: Draft) -> None:
    basket = basket_of(draft)
    lines, totals = basket.lines, basket.settled()
    assert totals.total.to_decimal() == draft.total
    assert sum(line.net.minor for line in lines) == totals.subtotal.minor
    assert sum(line.tax.minor for line in lines) == totals.tax.minor
