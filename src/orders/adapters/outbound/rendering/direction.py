"""Which way a text that somebody typed is read.

Renderers know the rule (UAX #9) but ask for it in different words: WeasyPrint obeys ``dir="rtl"`` and neither ``auto``
nor ``unicode-bidi: plaintext``, some mail programs the same, and a plain text has nothing but isolates. So it is found
out here, for all of them.
"""

import unicodedata

LEFT_TO_RIGHT, RIGHT_TO_LEFT = "ltr", "rtl"
"""As HTML's ``dir`` has them."""

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
_ISOLATES = frozenset({"LRI", "RLI", "FSI"})
_RIGHT = frozenset({"R", "AL"})


def direction(text: str) -> str:
    """Return ``rtl`` if the text's first strong character is right-to-left, else ``ltr`` (UAX #9, P2 and P3).

    What stands within isolates is passed over. A text without a strong character, such as a telephone number, is
    read left to right whatever is around it.
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
    """Wrap a line of plain text in isolates if anything in it is right-to-left; any other stays as it is.

    So it is read by its own first strong character wherever it stands, and leaves what stands beside it in place.
    """
    if not any(unicodedata.bidirectional(character) in _RIGHT for character in line):
        return line
    return f"{FIRST_STRONG_ISOLATE}{line}{POP_ISOLATE}"
