"""Adjusts a shop's accent colour, which its profile chooses freely, so that text in it stays readable."""

import re
from collections.abc import Iterable

DEFAULT_ACCENT = "#1f4f82"

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_READABLE = 4.5
"""WCAG 2.2, 1.4.3: the least contrast of text with what is behind it."""

_Rgb = tuple[float, float, float]
_WHITE: _Rgb = (1.0, 1.0, 1.0)
_BLACK: _Rgb = (0.0, 0.0, 0.0)
DARK_CARD = "#1c2128"
"""Behind text where the reader's device asks for a dark scheme."""


def accent_or_default(colour: str) -> str:
    """Returns the colour as ``#rrggbb``, or the default for anything else: only valid colours may enter a style
    sheet.
    """
    return colour.lower() if _HEX.fullmatch(colour) else DEFAULT_ACCENT


def readable_on_white(colour: str) -> str:
    """Darkens the colour as far as text on white needs."""
    return _towards(_BLACK, _parse(colour), _WHITE)


def readable_on_dark(colour: str) -> str:
    """Lightens the colour as far as text on ``DARK_CARD`` needs."""
    return _towards(_WHITE, _parse(colour), _parse(DARK_CARD))


def text_on(colour: str) -> str:
    """Returns black or white, whichever has more contrast with the colour."""
    behind = _parse(colour)
    return "#ffffff" if _contrast(_WHITE, behind) >= _contrast(_BLACK, behind) else "#000000"


def contrast(one: str, other: str) -> float:
    """Returns the contrast ratio of two ``#rrggbb`` colours, 1 to 21, as WCAG 2.2 defines it."""
    return _contrast(_parse(one), _parse(other))


def _towards(end: _Rgb, colour: _Rgb, behind: _Rgb) -> str:
    for step in range(21):
        share = step / 20
        mixed = tuple(part + (limit - part) * share for part, limit in zip(colour, end, strict=True))
        written = "#" + "".join(f"{round(part * 255):02x}" for part in mixed)
        if _contrast(_parse(written), behind) >= _READABLE:
            return written
    return "#" + "".join(f"{round(part * 255):02x}" for part in end)


def _parse(colour: str) -> _Rgb:
    return (int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255)


def _contrast(one: _Rgb, other: _Rgb) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Iterable[float]) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
