"""Card numbers of every scheme, made up, in every dress that a person could put them into."""

from hypothesis import strategies as st

# Prefixes and lengths as the schemes publish them; written down apart from the code that looks for them.
_SCHEMES = [
    ("4", 13), ("4", 16), ("4", 19), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15),
    ("6011", 16), ("644", 17), ("65", 19), ("3528", 16), ("3589", 19), ("36", 14), ("300", 14), ("305", 16),
    ("3095", 14), ("38", 19), ("62", 16), ("62", 19), ("5018", 12), ("6304", 13), ("6759", 18), ("6763", 19),
    ("506099", 16), ("507964", 19), ("5085", 16), ("607", 16), ("82", 16), ("2200", 16),
]  # fmt: skip

_ZEROS = "0０٠०๐𝟎"
"""Zero in several scripts, each followed by its other digits."""


def with_check_digit(digits: str) -> str:
    """The digits and the one that makes the sum fit (ISO/IEC 7812-1, annex B), reckoned as the standard describes."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += sum(map(int, str(value)))
    return digits + str(-total % 10)


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    """A number that a card could have: digits only."""
    prefix, length = draw(st.sampled_from(_SCHEMES))
    rest = length - len(prefix) - 1
    return with_check_digit(prefix + draw(st.text("0123456789", min_size=rest, max_size=rest)))


@st.composite
def disguised_card_numbers(draw: st.DrawFn) -> str:
    """One with blanks and dashes in it, in digits of any script, between other words."""
    zero = draw(st.sampled_from(_ZEROS))
    separators = st.sampled_from(["", "", "", " ", "-", " - ", "\u00a0", "\u2011", "–", "\u200b", "  "])
    pieces = [chr(ord(zero) + int(digit)) + draw(separators) for digit in draw(card_numbers())]
    before = draw(st.sampled_from(["", "card ", "no.", "12 "]))
    after = draw(st.sampled_from(["", " thanks", ", 12/29"]))
    return before + "".join(pieces).strip(" -–\u00a0\u2011") + after
