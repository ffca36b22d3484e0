"""Computes exact money in integer minor units of one currency; the only place where anything is rounded."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from orders.domain.errors import InvalidAmount
from orders.domain.pricing.currencies import Currency

MAX_UNIT_PRICE_MINOR = 10**9
"""The highest price of one unit, in minor units of its currency."""

_MAX_AMOUNT_DIGITS = 18
MAX_AMOUNT = 10**_MAX_AMOUNT_DIGITS
"""Amounts are below this, in the currency's major unit."""

_MAX_FRACTION_DIGITS = 12

_UNITS = tuple(Decimal(1).scaleb(-digits) for digits in range(5))
"""The minor unit of a currency with so many digits, in its major unit."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount as a whole number of minor units (cents, fils) of its currency.

    Adding or subtracting amounts of two currencies is a programming error and raises ``ValueError``.
    """

    minor: int
    currency: Currency

    @classmethod
    def zero(cls, currency: Currency) -> "Money":
        """Returns the amount 0 in that currency."""
        return cls(0, currency)

    @classmethod
    def parse(cls, amount: Decimal, currency: Currency) -> "Money":
        """Converts a decimal number to the exact amount.

        Raises:
            InvalidAmount: not finite, more decimal places than the currency has, or too large. The exponent is
                checked before any conversion, so ``1E999999`` costs nothing.
        """
        if not amount.is_finite():
            raise InvalidAmount(f"{amount} is no amount; give a number such as 59.98")
        _, digits, exponent = amount.as_tuple()
        assert isinstance(exponent, int)  # finite: checked above
        if amount and len(digits) + exponent > _MAX_AMOUNT_DIGITS:
            raise InvalidAmount(f"the amount is too large; at most {_MAX_AMOUNT_DIGITS} digits before the point")
        scale = exponent + currency.digits
        if not amount:
            return cls(0, currency)
        if scale < 0:
            if len(digits) > 60 or any(digits[scale:]) or len(digits) < -scale:
                raise InvalidAmount(
                    f"{_shown(amount)} has more decimal places than {currency.code} has; "
                    f"{currency.code} has {currency.digits}"
                )
            digits = digits[:scale]
            scale = 0
        minor = int("".join(map(str, digits)) or "0") * 10**scale
        return cls(-minor if amount.is_signed() else minor, currency)

    def to_decimal(self) -> Decimal:
        """Converts to a decimal with exactly the currency's number of places, as in ``Decimal("60.00")``."""
        return Decimal(self.minor) * _UNITS[self.currency.digits]

    def __str__(self) -> str:
        return f"{self.to_decimal():f}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + other.minor_in(self.currency), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - other.minor_in(self.currency), self.currency)

    def __mul__(self, count: int) -> "Money":
        return Money(self.minor * count, self.currency)

    def minor_in(self, currency: Currency) -> int:
        """Returns the minor units of an amount in that currency. Raises: ValueError: it is in another."""
        if self.currency is not currency and self.currency != currency:
            raise ValueError(f"cannot reckon {currency.code} with {self.currency.code}")
        return self.minor


def _shown(amount: Decimal) -> str:
    text = str(amount)
    return text if len(text) <= 24 else text[:24] + "…"


def fraction_of(amount: Money, rate: Decimal) -> Money:
    """Computes ``amount × rate`` in integers throughout, rounded half-even to the minor unit.

    ``rate`` is a finite fraction with at most 12 decimal places.
    """
    if not rate:
        return Money(0, amount.currency)
    numerator, divisor = rate.as_integer_ratio()
    quotient, remainder = divmod(amount.minor * numerator, divisor)
    twice = 2 * remainder
    if twice > divisor or (twice == divisor and quotient % 2):
        quotient += 1
    return Money(quotient, amount.currency)


def parse_rate(rate: Decimal) -> Decimal:
    """Checks a tax rate, a fraction from 0 to 1, and returns it with its decimal places as given, 12 at most.

    Raises: InvalidAmount.
    """
    if not rate.is_finite() or not 0 <= rate <= 1:
        raise InvalidAmount("a tax rate is a fraction from 0 to 1; 15 % is 0.15")
    if not rate:
        # A zero can have any exponent, which computations would write out, and a sign, which would be shown.
        return Decimal(0)
    _, digits, exponent = rate.as_tuple()
    assert isinstance(exponent, int)  # finite: checked above
    too_many = -exponent - _MAX_FRACTION_DIGITS
    if too_many <= 0:
        return rate
    if any(digits[-too_many:]):
        raise InvalidAmount(f"a tax rate has at most {_MAX_FRACTION_DIGITS} decimal places")
    return Decimal((0, digits[:-too_many], -_MAX_FRACTION_DIGITS))


class PricedLine(Protocol):
    """The parts of a line that its price is computed from."""

    @property
    def price(self) -> Money:
        """Price of one unit, tax excluded."""

    @property
    def quantity(self) -> int:
        """Units ordered."""

    @property
    def discount(self) -> Money:
        """Discount on the whole line, tax excluded."""

    @property
    def tax_rate(self) -> Decimal:
        """Tax as a fraction of the net amount, 0 to 1."""


def line_net(line: PricedLine) -> Money:
    """Computes the line's net amount: ``price × quantity − discount``."""
    price = line.price
    return Money(price.minor * line.quantity - line.discount.minor_in(price.currency), price.currency)


def line_tax(line: PricedLine) -> Money:
    """Computes the line's tax, rounded half-even per line."""
    return fraction_of(line_net(line), line.tax_rate)


@dataclass(frozen=True, slots=True)
class Totals:
    """An order's figures: ``total = subtotal + tax + shipping − discount``."""

    subtotal: Money
    tax: Money
    shipping: Money
    discount: Money
    total: Money

    def with_discount(self, more: Money | None) -> "Totals":
        """Adds to the discount, which is taken off after tax; ``None`` changes nothing."""
        if more is None:
            return self
        return replace(self, discount=self.discount + more, total=self.total - more)


def reckon(lines: Iterable[PricedLine], *, shipping: Money, discount: Money) -> Totals:
    """Computes an order's figures, for acceptance, responses, mails and the PDF alike.

    ``shipping`` is untaxed; ``discount`` is taken off after tax.
    """
    zero = Money.zero(shipping.currency)
    subtotal, tax = zero, zero
    for line in lines:
        net = line_net(line)
        subtotal += net
        tax += fraction_of(net, line.tax_rate)
    return Totals(subtotal, tax, shipping, discount, subtotal + tax + shipping - discount)
