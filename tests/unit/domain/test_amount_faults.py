"""An order that is refused for another reason still hears of every amount that is wrong with it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from orders.domain.errors import Fault
from orders.domain.placing import MAX_LINES, MAX_QUANTITY, ReadAmounts, ReadLine, amount_faults
from orders.domain.pricing.price_rules import STRICTEST

LINE = ReadLine(quantity=2, price=Decimal("29.99"), discount=Decimal(0), tax_rate=Decimal("0.15"))
WHOLE = ReadAmounts(
    lines=(LINE,), currency="ZAR", total=Decimal("68.98"), shipping=Decimal(0), discount=Decimal(0)
)  # fmt: skip


def places(faults: list[Fault]) -> list[tuple[tuple[str | int, ...], str]]:
    return [(fault.path, fault.code) for fault in faults]


def test_amounts_that_add_up_have_no_fault() -> None:
    assert amount_faults(WHOLE, "ZAR") == []


def test_of_readable_amounts_the_whole_order_is_computed() -> None:
    assert places(amount_faults(replace(WHOLE, total=Decimal("68.99")), "ZAR")) == [(("total",), "total_mismatch")]
    assert places(amount_faults(replace(WHOLE, discount=Decimal(99)), "ZAR")) == [(("discount",), "negative_total")]


@pytest.mark.parametrize(
    "line",
    [
        replace(LINE, quantity=None),
        replace(LINE, quantity=0),
        replace(LINE, quantity=MAX_QUANTITY + 1),
        replace(LINE, price=None),
        replace(LINE, discount=None),
        replace(LINE, tax_rate=None),
        ReadLine(),
    ],
)
def test_a_line_that_cannot_be_read_leaves_the_other_amounts_to_be_checked(line: ReadLine) -> None:
    assert line.draft() is None
    wrong = replace(LINE, price=Decimal("1.001"), discount=Decimal(-1), tax_rate=Decimal(2))
    amounts = replace(WHOLE, lines=(line, wrong), total=Decimal("1.999"))
    assert [path for path, _ in places(amount_faults(amounts, "ZAR"))] == [
        ("total",),
        ("items", 1, "price"),
        ("items", 1, "discount"),
        ("items", 1, "tax_rate"),
    ]


@pytest.mark.parametrize("name", ["total", "shipping", "discount"])
def test_an_amount_that_cannot_be_read_leaves_the_others_to_be_checked(name: str) -> None:
    wrong = replace(WHOLE, total=Decimal("0.001"), shipping=Decimal("0.001"), discount=Decimal("0.001"))
    unread = {"total": replace(wrong, total=None), "shipping": replace(wrong, shipping=None)}
    amounts = unread.get(name, replace(wrong, discount=None))
    expected = [(each,) for each in ("total", "shipping", "discount") if each != name]
    assert [path for path, _ in places(amount_faults(amounts, "ZAR"))] == expected


def test_no_more_lines_are_checked_than_an_order_may_have() -> None:
    wrong = replace(LINE, price=Decimal("1.001"))
    amounts = replace(WHOLE, lines=(wrong,) * (MAX_LINES + 1))
    assert len(amount_faults(amounts, "ZAR")) == MAX_LINES
    assert amount_faults(replace(WHOLE, lines=()), "ZAR") == []


def test_of_an_unknown_currency_nothing_else_is_checked() -> None:
    assert places(amount_faults(replace(WHOLE, total=Decimal("0.001")), "XXY")) == [(("currency",), "unknown_currency")]


def test_an_existing_order_keeps_a_currency_that_has_been_withdrawn() -> None:
    amounts = replace(WHOLE, currency=None)
    assert places(amount_faults(amounts, "HRK")) == [(("currency",), "withdrawn_currency")]
    assert amount_faults(amounts, "HRK", existing=True) == []


def test_customers_prices_of_zero_are_left_to_the_catalogue() -> None:
    free = ReadLine(quantity=1, price=Decimal(0), discount=Decimal(0), tax_rate=Decimal(0))
    amounts = ReadAmounts((free,), "ZAR", total=Decimal(0), shipping=Decimal(0), discount=Decimal(0))
    assert amount_faults(amounts, "ZAR", STRICTEST) == []
