"""The list of currencies, and the handling of withdrawn ones."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from orders.adapters.wire.pointers import pointer_of
from orders.domain.errors import InvalidOrder, UnknownCurrency, WithdrawnCurrency
from orders.domain.lifecycle import Role
from orders.domain.order import Order
from orders.domain.placing import ReadAmounts, amount_faults
from orders.domain.pricing.currencies import CURRENCIES, WITHDRAWN, Currency
from orders.domain.pricing.money import Money, Totals
from orders.domain.revising import Revision, revise, revision_of
from orders.domain.shipping import Shipment
from tests.support.builders import NOON, a_draft, a_line, a_stamp, an_order, placed

STAFF = [Role.STAFF]


def in_levs() -> Order:
    """An order of when Bulgaria had its own money."""
    order, lev = an_order(currency="EUR"), Currency.of("BGN")

    def levs(money: Money) -> Money:
        return Money(money.minor, lev)

    lines = tuple(replace(line, price=levs(line.price), discount=levs(line.discount)) for line in order.lines)
    figures = order.totals
    totals = Totals(*map(levs, (figures.subtotal, figures.tax, figures.shipping, figures.discount, figures.total)))
    return replace(order, lines=lines, totals=totals)


@pytest.mark.parametrize("code", ["EUR", "XCG", "ZWG", "SLE", "VES", "VED", "XAD", "ZAR"])
def test_amendment_180_has_it(code: str) -> None:
    assert Currency.in_use(code) == Currency.of(code) == CURRENCIES[code]


@pytest.mark.parametrize(
    ("code", "replaced_by"),
    [
        ("BGN", "EUR"), ("HRK", "EUR"), ("LTL", "EUR"), ("ANG", "XCG"), ("SLL", "SLE"), ("ZWL", "ZWG"),
        ("CUC", "CUP"), ("VEF", "VES"), ("BYR", "BYN"), ("MRO", "MRU"), ("STD", "STN"),
    ],
)  # fmt: skip
def test_what_is_withdrawn_is_refused_with_what_took_its_place(code: str, replaced_by: str) -> None:
    with pytest.raises(WithdrawnCurrency, match=f"{code} was withdrawn on .*; new orders are in {replaced_by} instead"):
        Currency.in_use(code)
    with pytest.raises(InvalidOrder) as caught:
        placed(a_draft(currency=code), roles=STAFF)
    (fault,) = caught.value.faults
    assert (pointer_of(fault.path), fault.code) == ("/currency", "withdrawn_currency")
    assert amount_faults(ReadAmounts(total=Decimal(1)), code) == [fault]


def test_what_took_its_place_is_there_and_nothing_is_both() -> None:
    assert {each.replaced_by for each in WITHDRAWN.values()} <= CURRENCIES.keys()
    assert not WITHDRAWN.keys() & CURRENCIES.keys()
    with pytest.raises(UnknownCurrency):
        Currency.in_use("ZZZ")


def test_an_order_in_it_goes_on_as_any() -> None:
    order = in_levs()
    (line,) = revision_of(order).lines
    cup = a_line(product_id="cup", quantity=1, price=Decimal("1.00"))
    changed = revise(order, Revision((line, cup), Decimal("60.98"), notes="x"), a_stamp(), STAFF).order
    assert (changed.currency, str(changed.totals.total)) == ("BGN", "60.98")
    with pytest.raises(InvalidOrder, match=r"come to 60\.98 BGN"):
        revise(order, Revision((line, cup), Decimal("60.99")), a_stamp(), STAFF)
    confirmed = changed.process(a_stamp(), STAFF).order
    sent = confirmed.fulfil(Shipment("DHL", "T1"), a_stamp(NOON + timedelta(hours=1)), STAFF).order
    assert sent.status == "fulfilled"
