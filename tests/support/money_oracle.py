"""Computes orders' figures a second way: whole numbers and fractions, sharing nothing with the domain.

``round`` of a ``Fraction`` rounds halves to the even neighbour.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

DIGITS = {"ZAR": 2, "USD": 2, "JPY": 0, "BHD": 3}


@dataclass(frozen=True, slots=True)
class OracleLine:
    """A line: price of a unit and discount in minor units, the rate as a fraction."""

    price: int
    quantity: int
    discount: int = 0
    rate: Fraction = Fraction(0)

    @property
    def net(self) -> int:
        """Minor units."""
        return self.price * self.quantity - self.discount

    @property
    def tax(self) -> int:
        """Minor units."""
        return round(self.net * self.rate)


@dataclass(frozen=True, slots=True)
class OracleTotals:
    """An order's figures in minor units."""

    subtotal: int
    tax: int
    shipping: int
    discount: int

    @classmethod
    def of(cls, lines: Iterable[OracleLine], shipping: int = 0, discount: int = 0) -> "OracleTotals":
        """Computes the totals of these lines."""
        taken = list(lines)
        return cls(sum(line.net for line in taken), sum(line.tax for line in taken), shipping, discount)

    @property
    def total(self) -> int:
        """Minor units."""
        return self.subtotal + self.tax + self.shipping - self.discount

    def by_name(self) -> dict[str, int]:
        """All five, by their names."""
        return {
            "subtotal": self.subtotal,
            "tax": self.tax,
            "shipping": self.shipping,
            "discount": self.discount,
            "total": self.total,
        }


def written(minor: int, digits: int) -> str:
    """An amount with exactly so many decimal places: ``59.98``, ``-0.05``, ``1200``."""
    sign, text = "-" if minor < 0 else "", str(abs(minor)).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else sign + text


def printed(minor: int, digits: int) -> str:
    """Formats an amount as people read it: grouped thousands, and a typographic minus sign."""
    whole, point, fraction = written(abs(minor), digits).partition(".")
    groups = [whole[max(end - 3, 0) : end] for end in range(len(whole), 0, -3)]
    whole = "\N{NO-BREAK SPACE}".join(reversed(groups))
    return ("\N{MINUS SIGN}" if minor < 0 else "") + whole + point + fraction
