"""Finds the base direction of user-supplied text (UAX #9).

Renderers implement the rule but take it in different forms: WeasyPrint obeys ``dir="rtl"`` and neither ``auto`` nor
``unicode-bidi: plaintext``, some mail programs likewise, and plain text has only isolates. So the direction is computed
here for all of them.
"""

import unicodedata

LEFT_TO_RIGHT, RIGHT_TO_LEFT = "ltr", "rtl"
"""As HTML's ``dir`` has them."""

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
_ISOLATES = frozenset({"LRI", "RLI", "FSI"})
_RIGHT = frozenset({"R", "AL"})


def direction(text: str) -> str:
    """Returns ``rtl`` if the text's first strong character is right-to-left, else ``ltr`` (UAX #9, P2 and P3).

    Text inside isolates is skipped. A text without a strong character, such as a telephone number, is left-to-right
    whatever surrounds it.
    """
    depth = 0
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in _ISOLATES:
            depth += 1
        elif kind == "PDI":
            depth = max(depth - 1, 0)
        elif depth == 0 and kind == "L":
            return LEFT_TO_RIGHT
        elif depth == 0 and kind in _RIGHT:
            return RIGHT_TO_LEFT
    return LEFT_TO_RIGHT


def isolated(line: str) -> str:
    """Wraps a line of plain text in isolates if anything in it is right-to-left; any other is returned unchanged.

    Its direction then follows its own first strong character and does not affect the text beside it.
    """
    if not any(unicodedata.bidirectional(character) in _RIGHT for character in line):
        return line
    return f"{FIRST_STRONG_ISOLATE}{line}{POP_ISOLATE}"
