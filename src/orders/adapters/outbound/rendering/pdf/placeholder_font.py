"""Makes a font for one document with a box for every character that the packaged fonts lack.

PDF/A forbids a font's ``.notdef`` glyph, which a missing character otherwise becomes. One box per character conforms,
and keeps the text correct for search, copying and screen readers: a name in Tibetan shows as boxes but is still that
name.
"""

import unicodedata
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from io import BytesIO
from itertools import chain
from pathlib import Path
from struct import unpack_from

FAMILY = "Placeholder"
"""The last family of every font list in the style sheets."""

_UNITS_PER_EM = 1000
_ADVANCE = 760
_NO_GLYPH_NEEDED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_FOLLOWERS = frozenset({"Mc", "Me", "Mn", "Zs"})
_FIXED_DATE = 3_786_912_000
"""1 January 2024 in seconds since 1904, the epoch of fonts: a required field that nothing reads."""

_VARIATION_SELECTORS = frozenset({*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)})


def missing_glyphs(text: str, fonts: Path) -> frozenset[int]:
    """Finds the code points in the text that need a glyph and have none in the folder's fonts."""
    return frozenset(
        code
        for code in {ord(character) for character in set(text)} - covered(fonts)
        if unicodedata.category(chr(code)) not in _NO_GLYPH_NEEDED and code not in _VARIATION_SELECTORS
    )


def blocks_of(codes: Iterable[int]) -> tuple[str, ...]:
    """Returns the Unicode blocks of the code points, such as ``Tibetan``, which reveals nothing of the text."""
    from fontTools import unicodedata as blocks

    return tuple(sorted({blocks.block(chr(code)) for code in codes}))


def placeholder_style(text: str, missing: frozenset[int]) -> str:
    """Makes the ``@font-face`` rule of a font with the text's missing code points; ``""`` if there are none."""
    if not missing:
        return ""
    # Spaces and combining marks are set in the font of the preceding character, whichever font has them.
    followers = {ord(each) for each in text if unicodedata.category(each) in _FOLLOWERS}
    source = b64encode(placeholder_font(sorted(missing | followers))).decode()
    return f'@font-face {{ font-family: {FAMILY}; src: url("data:font/ttf;base64,{source}"); }}'


@cache
def covered(fonts: Path) -> frozenset[int]:
    """Returns the code points that any of the folder's fonts has a glyph for."""
    from fontTools.ttLib import TTFont

    found: set[int] = set()
    for path in sorted([*fonts.glob("*.ttf"), *fonts.glob("*.otf")]):
        with TTFont(path, lazy=True) as font:
            found.update(_mapped(font.reader["cmap"]))
    return frozenset(found)


def _mapped(table: bytes) -> Iterable[int]:
    """Reads the code points that a font's ``cmap`` table maps, from its largest subtable, format 12 or 4.

    fontTools would create a name for each of 36,000 glyphs, 8 MiB that the process never returns.
    """
    places = [unpack_from(">HHI", table, 4 + 8 * index)[2] for index in range(unpack_from(">H", table, 2)[0])]
    by_format = {unpack_from(">H", table, place)[0]: place for place in places}
    if 12 in by_format:
        place = by_format[12]
        groups = unpack_from(">I", table, place + 12)[0]
        ranges = [unpack_from(">II", table, place + 16 + 12 * index) for index in range(groups)]
    else:
        place = by_format[4]
        count = unpack_from(">H", table, place + 6)[0] // 2
        ends = unpack_from(f">{count}H", table, place + 14)
        starts = unpack_from(f">{count}H", table, place + 16 + 2 * count)
        # The last segment only terminates the list.
        ranges = list(zip(starts, ends, strict=True))[:-1]
    return chain.from_iterable(range(first, last + 1) for first, last in ranges)


def placeholder_font(codes: list[int]) -> bytes:
    """Makes a TrueType font with a box for each code point, a gap for spaces; deterministic for the same codes."""
    from fontTools.fontBuilder import FontBuilder

    names = {code: f"u{code:05X}" for code in codes}
    order = [".notdef", *names.values()]
    box, gap = _box(), _outline([])
    builder = FontBuilder(_UNITS_PER_EM, isTTF=True)
    builder.font.recalcTimestamp = False
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(names)
    shapes = {name: gap if unicodedata.category(chr(code)) == "Zs" else box for code, name in names.items()}
    builder.setupGlyf({".notdef": box} | shapes)
    builder.setupHorizontalMetrics(dict.fromkeys(order, (_ADVANCE, 0)))
    builder.setupHorizontalHeader(ascent=900, descent=-250)
    builder.setupNameTable({"familyName": FAMILY, "styleName": "Regular", "psName": f"{FAMILY}-Regular"})
    builder.setupOS2(sTypoAscender=900, sTypoDescender=-250, usWinAscent=900, usWinDescent=250)
    builder.setupPost()
    builder.font["head"].created = builder.font["head"].modified = _FIXED_DATE
    target = BytesIO()
    builder.save(target)
    return target.getvalue()


def _box() -> object:
    """Draws a frame: its inner contour runs in the opposite direction, which makes it a hole."""
    left, right, bottom, top, stroke = 70, 690, -20, 720, 55
    outer = [(left, bottom), (left, top), (right, top), (right, bottom)]
    inner = [
        (right - stroke, bottom + stroke),
        (right - stroke, top - stroke),
        (left + stroke, top - stroke),
        (left + stroke, bottom + stroke),
    ]
    return _outline([outer, inner])


def _outline(contours: list[list[tuple[int, int]]]) -> object:
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    for first, *others in contours:
        pen.moveTo(first)
        for point in others:
            pen.lineTo(point)
        pen.closePath()
    return pen.glyph()
