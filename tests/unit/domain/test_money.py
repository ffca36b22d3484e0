"""Money: exact, in every currency, rounded in one place only."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.domain.errors import InvalidAmount, UnknownCurrency
from orders.domain.pricing.currencies import CURRENCIES, Currency
from orders.domain.pricing.money import Money, fraction_of, parse_rate, reckon
from tests.support.builders import an_order_line

ZAR, JPY, BHD = Currency.of("ZAR"), Currency.of("JPY"), Currency.of("BHD")


@pytest.mark.parametrize(
    ("code", "text", "minor"),
    [
        ("ZAR", "59.98", 5998),
        ("ZAR", "60", 6000),
        ("ZAR", "6E+1", 6000),
        ("ZAR", "60.000", 6000),
        ("ZAR", "0.1", 10),
        ("ZAR", "-0.01", -1),
        ("JPY", "1200", 1200),
        ("JPY", "1200.0", 1200),
        ("BHD", "0.125", 125),
        ("ZAR", "0E+999999", 0),
        ("ZAR", "999999999999999999", 99999999999999999900),
    ],
)
def test_parses_exactly(code: str, text: str, minor: int) -> None:
    assert Money.parse(Decimal(text), Currency.of(code)) == Money(minor, Currency.of(code))


@pytest.mark.parametrize(
    ("code", "text", "says"),
    [
        ("ZAR", "0.001", "ZAR has 2"),
        ("JPY", "0.5", "JPY has 0"),
        ("BHD", "0.0001", "BHD has 3"),
        ("ZAR", "1E+999999", "too large"),
        ("ZAR", "1E-999999", "ZAR has 2"),
        ("ZAR", "NaN", "no amount"),
        ("ZAR", "Infinity", "no amount"),
    ],
)
def test_refuses_what_is_no_amount_of_the_currency(code: str, text: str, says: str) -> None:
    with pytest.raises(InvalidAmount, match=says):
        Money.parse(Decimal(text), Currency.of(code))


@given(st.sampled_from(sorted(CURRENCIES)), st.integers(-(10**15), 10**15))
def test_what_is_shown_parses_to_the_same(code: str, minor: int) -> None:
    money = Money(minor, Currency.of(code))
    assert Money.parse(Decimal(str(money)), money.currency) == money
    places = -Decimal(str(money)).as_tuple().exponent  # type: ignore[operator]
    assert places == money.currency.digits


def test_unknown_currencies_are_named() -> None:
    with pytest.raises(UnknownCurrency, match="'ZZZ' is no ISO 4217"):
        Currency.of("ZZZ")


@given(
    st.integers(0, 10**15),
    st.decimals(min_value=0, max_value=1, places=4),
)
def test_a_fraction_is_rounded_half_even(minor: int, rate: Decimal) -> None:
    with localcontext(prec=60):
        expected = int((Decimal(minor) * rate).quantize(Decimal(1), ROUND_HALF_EVEN))
    assert fraction_of(Money(minor, ZAR), rate).minor == expected


@pytest.mark.parametrize(
    ("minor", "rate", "tax"), [(50, "0.15", 8), (10, "0.25", 2), (30, "0.25", 8), (70, "0.15", 10)]
)
def test_halves_go_to_the_even_neighbour(minor: int, rate: str, tax: int) -> None:
    # 7.5 -> 8, 2.5 -> 2, 7.5 -> 8, 10.5 -> 10
    assert fraction_of(Money(minor, ZAR), Decimal(rate)).minor == tax


def test_a_whole_rate_is_no_special_case() -> None:
    assert fraction_of(Money(123, JPY), Decimal("1E+0")).minor == 123


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0", "0"),
        ("-0.0", "0"),
        ("0E+999999999999999999", "0"),
        ("0E-999999999999999999", "0"),
        ("0.150", "0.150"),
        ("1E+0", "1"),
        ("0.123456789012", "0.123456789012"),
        ("0.5000000000000000", "0.500000000000"),
        ("1.0000000000000", "1.000000000000"),
    ],
)
def test_a_rate_costs_nothing_however_it_is_written(written: str, kept: str) -> None:
    rate = parse_rate(Decimal(written))
    assert str(rate) == kept
    assert fraction_of(Money(10**15, ZAR), rate).minor == 10**15 * Decimal(kept)


@pytest.mark.parametrize("rate", ["-0.1", "1.1", "NaN", "0.1234567890123", "1E-999999999", "1E+999999999", "1E-13"])
def test_rates_are_fractions(rate: str) -> None:
    with pytest.raises(InvalidAmount):
        parse_rate(Decimal(rate))


def test_currencies_are_never_mixed() -> None:
    with pytest.raises(ValueError, match="cannot reckon ZAR with BHD"):
        Money(1, ZAR) + Money(1, BHD)


def test_three_times_29_99_is_89_97() -> None:
    totals = reckon([an_order_line(quantity=3)], shipping=Money.zero(ZAR), discount=Money.zero(ZAR))
    assert str(totals.total) == "89.97"


def test_shipping_is_untaxed_and_the_discount_comes_off_last() -> None:
    line = an_order_line(quantity=1, price=Money(10000, ZAR), discount=Money(1000, ZAR), tax_rate=Decimal("0.15"))
    totals = reckon([line], shipping=Money(500, ZAR), discount=Money(200, ZAR))
    assert [str(part) for part in (totals.subtotal, totals.tax, totals.shipping, totals.discount, totals.total)] == [
        "90.00",
        "13.50",
        "5.00",
        "2.00",
        "106.50",
    ]
