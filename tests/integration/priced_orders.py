"""Orders as callers write them, with what they come to: figures of an oracle, texts written by hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from hypothesis import strategies as st

from tests.support.money_oracle import DIGITS, OracleLine, OracleTotals, written

MAX_PRICE_MINOR = 10**9
MAX_QUANTITY = 10**6
RATE_PLACES = 12

Spelling = Callable[[str], str]


def _exponent(text: str) -> str:
    whole, _, fraction = text.partition(".")
    return f"{int(whole + fraction)}E-{len(fraction)}"


def _thousandfold(text: str) -> str:
    whole, _, fraction = text.partition(".")
    whole = whole.rjust(4, "0")
    return f"{int(whole[:-3])}.{whole[-3:]}{fraction}e3"


SPELLINGS: tuple[Spelling, ...] = (
    lambda text: text,
    lambda text: text + ("00" if "." in text else ".0"),
    lambda text: text.rstrip("0").rstrip(".") if "." in text else text,
    _exponent,
    _thousandfold,
)
"""One amount, many texts: 59.90, 59.9000, 59.9, 5990E-2, 0.059900e3."""


@dataclass(frozen=True, slots=True)
class PricedOrder:
    """An order and its figures.

    Attributes:
        rates: the lines' tax rates as texts.
        body: the request that places it.
    """

    currency: str
    lines: tuple[OracleLine, ...]
    rates: tuple[str, ...]
    totals: OracleTotals
    body: str

    @property
    def digits(self) -> int:
        """Of the currency's minor unit."""
        return DIGITS[self.currency]


def priced_order(
    currency: str,
    lines: Sequence[tuple[OracleLine, str]],
    *,
    shipping: int = 0,
    discount: int = 0,
    spell: Spelling = SPELLINGS[0],
) -> PricedOrder:
    """The order with those lines and their rates; amounts in minor units, each spelled by ``spell``."""
    digits = DIGITS[currency]
    totals = OracleTotals.of((line for line, _ in lines), shipping, discount)
    items = items_json(lines, digits, spell)
    body = (
        f'{{"customer_id":"cust_test_001","currency":"{currency}","items":{items},'
        f'"shipping":{spell(written(shipping, digits))},"discount":{spell(written(discount, digits))},'
        f'"total":{spell(written(totals.total, digits))}}}'
    )
    return PricedOrder(currency, tuple(line for line, _ in lines), tuple(rate for _, rate in lines), totals, body)


def items_json(lines: Sequence[tuple[OracleLine, str]], digits: int, spell: Spelling = SPELLINGS[0]) -> str:
    """The lines as a request has them: line n is of product ``prod_n`` and called ``Mug n``."""
    items = [
        f'{{"product_id":"prod_{number}","name":"Mug {number}","quantity":{line.quantity},'
        f'"price":{spell(written(line.price, digits))},"discount":{spell(written(line.discount, digits))},'
        f'"tax_rate":{rate}}}'
        for number, (line, rate) in enumerate(lines, start=1)
    ]
    return f"[{','.join(items)}]"


RATES = st.one_of(
    st.sampled_from(["0", "1", "0.15", "0.5", "0.25", "0.005", "0.075", "0.0825", "0.150", "1.00", "1e-12", "15E-2"]),
    st.integers(0, 10**RATE_PLACES).map(lambda parts: written(parts, RATE_PLACES)),
    st.integers(0, 1000).map(lambda parts: written(parts, 3)),
)
PRICES = st.one_of(st.integers(0, 1000), st.integers(0, 10**6), st.integers(0, MAX_PRICE_MINOR))
QUANTITIES = st.one_of(st.integers(1, 5), st.integers(1, 100), st.integers(1, MAX_QUANTITY))


@st.composite
def oracle_lines(draw: st.DrawFn) -> list[tuple[OracleLine, str]]:
    """One to four lines."""
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        price, quantity, rate = draw(PRICES), draw(QUANTITIES), draw(RATES)
        discount = draw(st.just(0) | st.integers(0, price * quantity))
        lines.append((OracleLine(price, quantity, discount, Fraction(rate)), rate))
    return lines


@st.composite
def priced_orders(draw: st.DrawFn, currency: str) -> PricedOrder:
    """Any order in that currency."""
    lines, shipping = draw(oracle_lines()), draw(st.integers(0, 10**5))
    total = OracleTotals.of((line for line, _ in lines), shipping).total
    discount = draw(st.just(0) | st.integers(0, total))
    return priced_order(currency, lines, shipping=shipping, discount=discount, spell=draw(st.sampled_from(SPELLINGS)))
