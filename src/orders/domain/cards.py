"""Finding card numbers in what people type, so that they are refused before anybody keeps them.

A card number here is a run of digits, single blanks and dashes between them allowed, that begins as one of the known
schemes' numbers do (ISO/IEC 7812 ranges as the schemes publish them), has one of that scheme's lengths, and passes
the Luhn check (ISO/IEC 7812-1, annex B).
"""

import re
import unicodedata
from collections.abc import Iterator

_SCHEMES: tuple[tuple[re.Pattern[str], frozenset[int]], ...] = (
    (re.compile(r"4"), frozenset({13, 16, 19})),  # Visa
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), frozenset({16})),  # Mastercard
    (re.compile(r"3[47]"), frozenset({15})),  # American Express
    (re.compile(r"6011|64[4-9]|65"), frozenset(range(16, 20))),  # Discover
    (re.compile(r"35(?:2[89]|[3-8])"), frozenset(range(16, 20))),  # JCB
    (re.compile(r"36|3[89]|30[0-5]"), frozenset(range(14, 20))),  # Diners Club
    (re.compile(r"62"), frozenset(range(16, 20))),  # UnionPay
    (re.compile(r"50(?:18|20|38)|5893|6304|6759|676[1-3]"), frozenset(range(12, 20))),  # Maestro
)
_SHORTEST, _LONGEST = 12, 19
_RUN = re.compile(r"\d(?:[\d]|[ -](?=\d)){10,}")


def holds_card_number(text: str) -> bool:
    """Whether a card number stands in the text, alone or between other words and digits."""
    return any(_is_card_number(candidate) for run in _RUN.findall(_plain(text)) for candidate in _candidates(run))


def _plain(text: str) -> str:
    """Digits of any script as 0 to 9, any blank as one, any dash as one, and nothing that can't be seen."""
    plain = []
    for character in unicodedata.normalize("NFKC", text):
        category = unicodedata.category(character)
        if category == "Nd":
            plain.append(str(unicodedata.digit(character)))
        elif category == "Pd" or character == "\N{MINUS SIGN}":
            plain.append("-")
        elif category == "Zs":
            plain.append(" ")
        elif category != "Cf":
            plain.append(character)
    return "".join(plain)


def _candidates(run: str) -> Iterator[str]:
    """The digits between any two of a run's ends and separators: a date or a count may stand beside the number."""
    groups = re.split(r"[ -]", run)
    for first in range(len(groups)):
        digits = ""
        for group in groups[first:]:
            digits += group
            if len(digits) > _LONGEST:
                break
            if len(digits) >= _SHORTEST:
                yield digits


def _is_card_number(digits: str) -> bool:
    known = any(len(digits) in lengths and prefix.match(digits) for prefix, lengths in _SCHEMES)
    return known and _luhn(digits)


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
