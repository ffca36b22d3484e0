"""Boxes for characters that the packaged fonts lack."""

from io import BytesIO

from fontTools.ttLib import TTFont

from orders.adapters.outbound.rendering.pdf.placeholder_font import (
    blocks_of,
    covered,
    missing_glyphs,
    placeholder_font,
    placeholder_style,
)
from orders.adapters.outbound.rendering.pdf.weasyprint_pdf import fonts_folder


def test_common_scripts_need_none() -> None:
    text = (
        "ÀÉÎõüß ąćęłńóśźż ğışçö Ελληνικά Кириллица українська Tiếng Việt العربية עברית €£¥₹₿ – — “” … → ✓ \u00a0\u202f"
    )
    assert missing_glyphs(text, fonts_folder()) == frozenset()
    assert placeholder_style(text, frozenset()) == ""


def test_what_has_no_shape_needs_none() -> None:
    assert missing_glyphs("\u200d\ufe0f\u00ad\n\t\ufeff", fonts_folder()) == frozenset()


def test_each_missing_character_has_a_glyph_of_its_own() -> None:
    codes = [0x20, 0x4E00, 0x1F381]
    made = placeholder_font(codes)
    assert made == placeholder_font(codes)
    with TTFont(BytesIO(made)) as font:
        assert sorted(font.getBestCmap()) == codes
        assert len(set(font.getBestCmap().values())) == 3
        assert font["glyf"][font.getBestCmap()[0x4E00]].numberOfContours == 2
        assert font["glyf"][font.getBestCmap()[0x20]].numberOfContours == 0


def test_a_missing_character_brings_a_font() -> None:
    text = "a བོད 王"
    missing = missing_glyphs(text, fonts_folder())
    assert missing == {ord(each) for each in "བོད"}
    assert blocks_of(missing) == ("Tibetan",)
    assert placeholder_style(text, missing).startswith("@font-face { font-family: Placeholder;")


def test_the_packaged_fonts_are_small_and_licensed() -> None:
    files = list(fonts_folder().iterdir())
    assert sum(file.stat().st_size for file in files) < 10_500_000
    assert {"LICENSE-Inter.txt", "LICENSE-DejaVu.txt", "LICENSE-Noto.txt", "fonts.conf"} <= {
        file.name for file in files
    }
    assert len(covered(fonts_folder())) > 40_000


def test_every_packaged_font_is_looked_in_and_has_a_space() -> None:
    named = (fonts_folder() / "fonts.conf").read_text()
    everything: set[int] = set()
    for file in [*fonts_folder().glob("*.ttf"), *fonts_folder().glob("*.otf")]:
        with TTFont(file, lazy=True) as font:
            assert f"<family>{font['name'].getBestFamilyName()}</family>" in named
            # Spaces are set in the font of what they follow.
            assert 0x20 in font.getBestCmap()
            assert font.getBestCmap().keys() <= covered(fonts_folder())
            everything |= font.getBestCmap().keys()
            # Viewers take a CFF font's glyphs by their CIDs, WeasyPrint writes their places.
            if "CFF " in font:
                names = font.getGlyphOrder()
                assert names[1:] == [f"cid{place:05d}" for place in range(1, len(names))]
    assert everything == covered(fonts_folder())
