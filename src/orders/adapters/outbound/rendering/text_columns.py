"""Sets plain text in columns: figures flush right, long texts wrapped, in any script.

All widths are in columns of a fixed-pitch font, where East Asian wide characters take two and combining marks none.
Right-to-left text is isolated, so that it does not move the columns.
"""

import re
import unicodedata
from collections.abc import Iterable

from orders.adapters.outbound.rendering.direction import isolated

WIDTH = 72
_GAP = 2
_LABEL_WIDTH = 15
_TRAILING_SPACE = re.compile(r"[ \t]+$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")


def width(text: str) -> int:
    """Returns the number of columns that a text takes."""
    return sum(_width(character) for character in text)


def wrapped(text: str, indent: int = 0, columns: int = WIDTH) -> str:
    """Wraps the text to indented lines of at most ``columns``; only words longer than a line are broken."""
    lines = _lines(text, columns - indent)
    return "\n".join(" " * indent + isolated(line) for line in lines)


def row(left: str, right: str, indent: int = 0, columns: int = WIDTH) -> str:
    """Sets ``left`` and ``right`` at the two ends of a line; a long ``left`` wraps and keeps clear of ``right``.

    ``right`` is on the last of the lines, where readers expect a sum.
    """
    room = columns - indent - width(right) - _GAP
    lines = _lines(left, max(room, 8)) or [""]
    last = isolated(lines[-1]) + " " * max(columns - indent - width(lines[-1]) - width(right), 1) + right
    return "\n".join(" " * indent + line for line in [*map(isolated, lines[:-1]), last])


def labelled(label: str, value: str, columns: int = WIDTH) -> str:
    """Sets ``Label:`` and a value in a column of its own, in which it wraps."""
    first, *others = map(isolated, _lines(value, columns - _LABEL_WIDTH) or [""])
    return "\n".join([(label + ":").ljust(_LABEL_WIDTH) + first, *(" " * _LABEL_WIDTH + line for line in others)])


def quoted(text: str, columns: int = WIDTH) -> str:
    """Quotes the text with ``>``, to set it apart from the mail's own text."""
    return "\n".join(f"> {isolated(line)}".rstrip() for line in _lines(text, columns - 2) or [""])


def rule(character: str = "-", columns: int = WIDTH) -> str:
    """Draws a line across."""
    return character * columns


def tidy(text: str) -> str:
    """Removes trailing spaces and repeated blank lines; the result ends in one line break."""
    return _BLANK_LINES.sub("\n\n", _TRAILING_SPACE.sub("", text)).strip("\n") + "\n"


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Cf", "Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _lines(text: str, columns: int) -> list[str]:
    lines: list[str] = []
    line = ""
    # Only at plain spaces: no-break spaces keep the groups of a figure together.
    for word in (word for word in text.split(" ") if word):
        candidate = f"{line} {word}" if line else word
        if width(candidate) <= columns:
            line = candidate
            continue
        if line:
            lines.append(line)
        *full, line = _pieces(word, columns)
        lines.extend(full)
    return [*lines, line] if line else lines


def _pieces(word: str, columns: int) -> Iterable[str]:
    """Cuts the word into pieces that fit; at least one."""
    piece, taken = "", 0
    for character in word:
        if piece and taken + _width(character) > columns:
            yield piece
            piece, taken = "", 0
        piece += character
        taken += _width(character)
    yield piece
