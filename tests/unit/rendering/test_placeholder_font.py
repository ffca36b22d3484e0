"""Boxes for characters that the packaged fonts lack."""

from io import BytesIO

from fontTools.ttLib import TTFont

from orders.adapters.outbound.rendering.pdf import fonts_folder
from orders.adapters.outbound.rendering.placeholder_font import covered, placeholder_font, placeholder_style


def test_common_scripts_need_none() -> None:
    text = (
        "ÀÉÎõüß ąćęłńóśźż ğışçö Ελληνικά Кириллица українська Tiếng Việt العربية עברית €£¥₹₿ – — “” … → ✓ \u00a0\u202f"
    )
    assert placeholder_style(text, fonts_folder()) == ""


def test_what_has_no_shape_needs_none() -> None:
    assert placeholder_style("\u200d\ufe0f\u00ad\n\t\ufeff", fonts_folder()) == ""


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
    assert placeholder_style("a 王", fonts_folder()).startswith("@font-face { font-family: Placeholder;")


def test_the_packaged_fonts_are_small_and_licensed() -> None:
    files = list(fonts_folder().iterdir())
    assert sum(file.stat().st_size for file in files) < 2_000_000
    assert {"LICENSE-Inter.txt", "LICENSE-DejaVu.txt", "fonts.conf"} <= {file.name for file in files}
    assert len(covered(fonts_folder())) > 2_000
