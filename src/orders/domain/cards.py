"""Detects card numbers in texts, so that they are rejected before they are stored ([SEC-3]).

A card number here is a run of digits, blanks and dashes between them allowed, that begins with a known scheme's prefix
(ISO/IEC 7812 ranges as the schemes publish them), has one of that scheme's lengths, and passes the Luhn check (ISO/IEC
7812-1, annex B).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import accumulate

from orders.domain.dated_list import DatedList

CARD_PREFIXES = DatedList(
    name="card prefixes",
    module=__name__,
    holds="how the schemes' card numbers begin and how long they are",
    source="ISO/IEC 7812 ranges as the schemes publish them for merchants and acquirers",
    edition="eleven schemes",
    as_of=date(2026, 11, 24),
)
_SCHEMES: tuple[tuple[str, frozenset[int]], ...] = (
    (r"4", frozenset({13, 16, 19})),  # Visa
    (r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", frozenset({16})),  # Mastercard
    (r"3[47]", frozenset({15})),  # American Express
    (r"6011|64[4-9]|65", frozenset(range(16, 20))),  # Discover
    (r"35(?:2[89]|[3-8])", frozenset(range(16, 20))),  # JCB
    (r"36|3[89]|30[0-5]|3095", frozenset(range(14, 20))),  # Diners Club
    (r"62", frozenset(range(16, 20))),  # UnionPay
    (r"50(?:18|20|38)|5893|6304|6759|676[1-3]", frozenset(range(12, 20))),  # Maestro
    (r"506(?:099|1[0-8]\d|19[0-8])|507(?:86[5-9]|8[7-9]\d|9[0-5]\d|96[0-4])", frozenset({16, 18, 19})),  # Verve
    (r"508[5-9]|60(?:69|[78])|81|82", frozenset({16})),  # RuPay
    (r"220[0-4]", frozenset(range(16, 20))),  # Mir
)
"""Card schemes: the prefixes of their numbers, each unique, and the numbers' lengths."""
_PREFIX = re.compile("|".join(f"({prefix})" for prefix, _ in _SCHEMES))
_LENGTHS = tuple(lengths for _, lengths in _SCHEMES)
_RUN = re.compile(r"\d(?:[ -]*\d){11,}")
_SINGLE = bytes.maketrans(b"0123456789", bytes(range(10)))
_DOUBLE = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
"""Twice the digit, less nine where that has two digits (ISO/IEC 7812-1, annex B)."""
_REMEMBERED = 16_384
_BLANKS = frozenset("\t\n\r\v\f\u2028\u2029")
_ASCII_BLANKS = {ord(blank): " " for blank in _BLANKS if blank.isascii()}
_UNSEEN = frozenset({"Cf", "Mn", "Me"})

LONGEST_GTIN = 14
"""Trade item numbers have up to so many digits (GS1 General Specifications, 3.1), and one in ten passes for a card."""


class _Plain(dict[int, str]):
    """Maps each character (by code point): digits of any script to 0 to 9, any blank to one, any dash to one, invisible
    ones to nothing, all others to a letter.
    """

    def __missing__(self, code: int) -> str:
        plain = "".join(map(_sign, unicodedata.normalize("NFKC", chr(code))))
        if len(self) < _REMEMBERED:
            self[code] = plain
        return plain


def _sign(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category == "Pd" or character == "\N{MINUS SIGN}":
        return "-"
    if category == "Zs" or character in _BLANKS:
        return " "
    return "" if category in _UNSEEN else "x"


_PLAIN = _Plain()


def holds_card_number(text: str, *, longer_than: int = 0) -> bool:
    """Returns whether the text contains a card number, alone or between other words and digits.

    Args:
        longer_than: numbers of this many digits or fewer don't count.
    """
    plain = text.translate(_ASCII_BLANKS if text.isascii() else _PLAIN)
    return any(True for _ in _found(plain, longer_than))


def without_card_numbers(text: str, replacement: str) -> str:
    """Replaces every card number in the text by ``replacement``."""
    places = [place for place, character in enumerate(text) for _ in _PLAIN[ord(character)]]
    pieces: list[str] = []
    done = 0
    for start, end in _merged(_found(text.translate(_PLAIN), 0)):
        pieces += [text[done : places[start]], replacement]
        done = places[end - 1] + 1
    return "".join([*pieces, text[done:]])


def _found(plain: str, longer_than: int) -> Iterator[tuple[int, int]]:
    """Finds the start and end of card numbers, between any two separators or ends of a run.

    A date or a count may be adjacent. Prefix sums of digits make the Luhn check of a candidate one subtraction, so the
    cost of long runs of single digits is linear.
    """
    for run in _RUN.finditer(plain):
        places = [place for place in range(run.start(), run.end()) if plain[place] not in " -"]
        digits = "".join(plain[place] for place in places)
        even_doubled, odd_doubled = (_sums(digits.encode(), first) for first in (0, 1))
        begins = [0, *(index for index in range(1, len(places)) if places[index] != places[index - 1] + 1)]
        ends = {*begins[1:], len(digits)}
        for first in begins:
            for end in _candidate_ends(digits, first, longer_than):
                # From the right every second digit is doubled, so never the last one.
                sums = odd_doubled if end % 2 else even_doubled
                if end in ends and (sums[end] - sums[first]) % 10 == 0:
                    yield places[first], places[end - 1] + 1


def _candidate_ends(digits: str, first: int, longer_than: int) -> Iterator[int]:
    scheme = _PREFIX.match(digits, first)
    if scheme is not None:
        assert scheme.lastindex is not None  # every alternative is a group
        yield from (first + length for length in _LENGTHS[scheme.lastindex - 1] if length > longer_than)


def _sums(digits: bytes, first: int) -> list[int]:
    """Returns the sum of the digits before each position, every second one from the first on doubled."""
    values = bytearray(digits.translate(_SINGLE))
    values[first::2] = digits.translate(_DOUBLE)[first::2]
    return list(accumulate(values, initial=0))


def _merged(spans: Iterator[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
