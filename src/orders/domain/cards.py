"""Finding card numbers in what people type, so that they are refused before anybody keeps them.

A card number here is a run of digits, single blanks and dashes between them allowed, that begins as one of the known
schemes' numbers do (ISO/IEC 7812 ranges as the schemes publish them), has one of that scheme's lengths, and passes
the Luhn check (ISO/IEC 7812-1, annex B).
"""

import re
import unicodedata
from itertools import accumulate

_SCHEMES: tuple[tuple[str, frozenset[int]], ...] = (
    (r"4", frozenset({13, 16, 19})),  # Visa
    (r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", frozenset({16})),  # Mastercard
    (r"3[47]", frozenset({15})),  # American Express
    (r"6011|64[4-9]|65", frozenset(range(16, 20))),  # Discover
    (r"35(?:2[89]|[3-8])", frozenset(range(16, 20))),  # JCB
    (r"36|3[89]|30[0-5]", frozenset(range(14, 20))),  # Diners Club
    (r"62", frozenset(range(16, 20))),  # UnionPay
    (r"50(?:18|20|38)|5893|6304|6759|676[1-3]", frozenset(range(12, 20))),  # Maestro
)
"""How their numbers begin, no two alike, and how long they are."""
_PREFIX = re.compile("|".join(f"({prefix})" for prefix, _ in _SCHEMES))
_LENGTHS = tuple(lengths for _, lengths in _SCHEMES)
_RUN = re.compile(r"\d(?:[\d]|[ -](?=\d)){10,}")
_SINGLE = bytes.maketrans(b"0123456789", bytes(range(10)))
_DOUBLE = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
"""Twice the digit, less nine where that has two digits (ISO/IEC 7812-1, annex B)."""
_REMEMBERED = 16_384


class _Plain(dict[int, str]):
    """What stands for each character (by code point): digits of any script 0 to 9, any blank one, any dash one, nothing
    for what can't be seen, and a letter for whatever else."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = "" if unicodedata.category(character) == "Cf" else "".join(map(_sign, _compatible(character)))
        if len(self) < _REMEMBERED:
            self[code] = plain
        return plain


def _compatible(character: str) -> str:
    return unicodedata.normalize("NFKC", character)


def _sign(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category == "Pd" or character == "\N{MINUS SIGN}":
        return "-"
    return " " if category == "Zs" else "x"


_PLAIN = _Plain()


def holds_card_number(text: str) -> bool:
    """Whether a card number stands in the text, alone or between other words and digits."""
    return any(_holds(run) for run in _RUN.findall(text if text.isascii() else text.translate(_PLAIN)))


def _holds(run: str) -> bool:
    """Whether the digits between any two of a run's ends and separators are a card number.

    A date or a count may stand beside it. Sums of the digits up to each place make the Luhn check of a candidate one
    subtraction, so that long runs of single digits cost no more than they are long.
    """
    groups = re.split(r"[ -]", run)
    digits = "".join(groups)
    ends = list(accumulate(map(len, groups)))
    even_doubled, odd_doubled = (_sums(digits.encode(), first) for first in (0, 1))
    boundaries = frozenset(ends)
    for start in (0, *ends[:-1]):
        scheme = _PREFIX.match(digits, start)
        if scheme is None:
            continue
        assert scheme.lastindex is not None  # every alternative is a group
        for length in _LENGTHS[scheme.lastindex - 1]:
            end = start + length
            # From the right every second digit is doubled, so never the last one.
            sums = odd_doubled if end % 2 else even_doubled
            if end in boundaries and (sums[end] - sums[start]) % 10 == 0:
                return True
    return False


def _sums(digits: bytes, first: int) -> list[int]:
    """The sum of the digits before each place, where every second one from the first on counts double."""
    values = bytearray(digits.translate(_SINGLE))
    values[first::2] = digits.translate(_DOUBLE)[first::2]
    return list(accumulate(values, initial=0))
