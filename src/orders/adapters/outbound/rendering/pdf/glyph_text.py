"""Maps each glyph of a document to the text that it stands for, where WeasyPrint can't.

WeasyPrint assigns a cluster's text to one of its glyphs and none to the others. A cluster of several glyphs (a Hindi
syllable, a Thai vowel with its tone mark) then has glyphs without text, which PDF/A level A and PDF/UA forbid, and
glyphs with too much, which breaks search and copying wherever else they occur. The font's own tables have the answer:
its character map and, in reverse, the substitutions that form half forms and ligatures.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import normalize

_LINE = re.compile(rb"<([0-9a-f]{4})> <([0-9a-f]*)>")
_JOINED_FORM = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")
_NO_TEXT = "\u200b"
"""Stands for a glyph that draws nothing of its own: a space of no width, which searching passes over."""

_SINGLE, _MULTIPLE, _ALTERNATE, _LIGATURE, _EXTENSION = 1, 2, 3, 4, 7


def complete_texts(pdf: Any, fonts: Path) -> None:
    """Sets the text of every glyph in the character maps of a pydyf document's fonts."""
    for each in pdf.objects:
        if isinstance(each, dict) and each.get("Type") == "/Font" and "ToUnicode" in each:
            stream = pdf.objects[int(each["ToUnicode"].split()[0])].stream
            name = bytes(each["BaseFont"]).decode().partition("+")[2]
            entries = [_LINE.fullmatch(line) for line in stream]
            # If every glyph has a character of its own there is nothing to fix and no font to read.
            if any(len(_text(entry)) != 1 for entry in entries if entry):
                known = _packaged(fonts, name)
                stream[:] = [
                    _completed(entry, known) if entry else line for line, entry in zip(stream, entries, strict=True)
                ]


def _text(entry: "re.Match[bytes]") -> str:
    return bytes.fromhex(entry[2].decode()).decode("utf-16-be")


def _completed(entry: "re.Match[bytes]", known: "GlyphTexts") -> bytes:
    glyph, text = int(entry[1], 16), _text(entry)
    if text and known.characters.get(text) == glyph:
        return entry[0]
    own = known.texts.get(glyph) or text or _NO_TEXT
    return b"<%s> <%s>" % (entry[1], own.encode("utf-16-be").hex().encode())


@dataclass(frozen=True, slots=True)
class GlyphTexts:
    """The texts of a font's glyphs.

    Attributes:
        characters: the glyph of each character that has one.
        texts: the text of each glyph, as far as the font's tables define it.
    """

    characters: dict[str, int] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)


@cache
def _packaged(fonts: Path, font_name: str) -> GlyphTexts:
    """Returns the glyphs of the packaged font with this name, such as ``Noto-Sans-Thai``; empty for any other font."""
    from fontTools.ttLib import TTFont

    wanted = font_name.replace("-", "")
    for path in sorted([*fonts.glob("*.ttf"), *fonts.glob("*.otf")]):
        with TTFont(path, lazy=True) as font:
            full_name = font["name"].getBestFullName().removesuffix(" Book").removesuffix(" Regular")
            if full_name.replace(" ", "") == wanted:
                return glyph_texts(font)
    return GlyphTexts()


def glyph_texts(font: Any) -> GlyphTexts:
    """Derives the glyphs' texts from the font's character map and its substitutions."""
    texts: dict[str, str] = {}
    characters = {chr(code): name for code, name in sorted(font.getBestCmap().items())}
    for character, name in characters.items():
        # A letter's joined forms have their own code points, which nobody searches for.
        texts.setdefault(name, normalize("NFKC", character) if _JOINED_FORM.match(character) else character)
    made = list(_substitutions(font)) if "GSUB" in font else []
    known = -1
    while known < len(texts):
        known = len(texts)
        for sources, target in made:
            if target not in texts and all(source in texts for source in sources):
                texts[target] = "".join(texts[source] for source in sources)
    number = font.getReverseGlyphMap()
    return GlyphTexts(
        {character: number[name] for character, name in characters.items()},
        {number[name]: text for name, text in texts.items()},
    )


def _substitutions(font: Any) -> Any:
    """Returns the font's substitutions (glyphs before, glyph after), in the order of its lookups."""
    lookups = font["GSUB"].table.LookupList
    for lookup in lookups.Lookup if lookups else ():
        for table in lookup.SubTable:
            inner = table.ExtSubTable if lookup.LookupType == _EXTENSION else table
            if inner.LookupType == _SINGLE:
                yield from (((before,), after) for before, after in inner.mapping.items())
            elif inner.LookupType == _MULTIPLE:
                # The first of several carries the text of the glyph that they replace.
                yield from (((before,), after[0]) for before, after in inner.mapping.items() if after)
            elif inner.LookupType == _ALTERNATE:
                yield from (((before,), after) for before, many in inner.alternates.items() for after in many)
            elif inner.LookupType == _LIGATURE:
                for first, ligatures in inner.ligatures.items():
                    yield from (((first, *each.Component), each.LigGlyph) for each in ligatures)
