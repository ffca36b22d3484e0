"""Formats amounts, rates, times and user-supplied texts, uniformly for documents and mails."""

import re
from datetime import UTC, datetime
from decimal import Decimal

from orders.domain.pricing.money import Money

NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

# Characters removed from mails and PDFs whatever the edges let through: control characters, the marks that turn the
# direction of the text behind them (a name could make a total read backwards), and noncharacters.
_BREAKS = re.compile("[\u0000-\u001f\u007f-\u009f\u2028\u2029]")
_INVISIBLE = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff\ufdd0-\ufdef\ufffe\uffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"[ \t]+")
_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def one_line(text: str | None) -> str:
    """Makes a text fit for one line: line breaks and control characters become spaces; ``""`` for ``None``."""
    if not text:
        return ""
    text = _SURROGATES.sub("\ufffd", _INVISIBLE.sub("", _BREAKS.sub(" ", text)))
    return _SPACES.sub(" ", text).strip()


def several_lines(text: str | None) -> tuple[str, ...]:
    """Splits a text into lines as by ``one_line``, without blank ones at either end or two in a row."""
    lines: list[str] = []
    for line in (text or "").splitlines():
        clean = one_line(line)
        if clean or (lines and lines[-1]):
            lines.append(clean)
    while lines and not lines[-1]:
        lines.pop()
    return tuple(lines)


def amount(money: Money) -> str:
    """Formats the plain figure with exactly the currency's digits: ``59.98``, ``1 259.98``, ``12 345.00``,
    ``−5.00``.
    """
    sign = MINUS if money.minor < 0 else ""
    whole, point, fraction = str(money).removeprefix("-").partition(".")
    return sign + _grouped(whole) + point + fraction


def deduction(money: Money) -> str:
    """Formats an amount that is deducted: with a minus sign unless it is zero."""
    return (MINUS if money.minor else "") + amount(money)


def count(number: int) -> str:
    """Formats a quantity: ``2``, ``1 500``, ``25 000``."""
    return _grouped(str(number))


def percentage(rate: Decimal) -> str:
    """Formats a fraction as a percentage: ``15%``, ``7.25%``."""
    percent = f"{rate * 100:f}"
    return (percent.rstrip("0").rstrip(".") if "." in percent else percent) + "%"


def date_and_time(at: datetime) -> str:
    """Formats a time as ``22 November 2026, 14:05 UTC``."""
    at = at.astimezone(UTC)
    return f"{date_only(at)}, {at:%H:%M} UTC"


def date_only(at: datetime) -> str:
    """Formats a time as ``22 November 2026``, the day in UTC."""
    at = at.astimezone(UTC)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def reason_in_words(reason: str | None) -> str:
    """Formats the reason for a cancellation or rejection: a code such as ``out_of_stock`` as words, else unchanged."""
    text = one_line(reason)
    return text.replace("_", " ").capitalize() if _CODE.fullmatch(text) else text


def _grouped(digits: str) -> str:
    """Groups thousands by a no-break space, in four digits as well, since they align with five."""
    return f"{int(digits):,}".replace(",", NO_BREAK_SPACE)
