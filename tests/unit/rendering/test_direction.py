"""Base direction of a text, by its first strong character (UAX #9, P2 and P3)."""

import pytest

from orders.adapters.outbound.rendering.direction import direction, isolated
from orders.adapters.outbound.rendering.environment import Sources, TemplateRenderer


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("شارع الملك فهد 123, شقة 4B", "rtl"),
        ("רחוב הרצל 12, דירה 4B", "rtl"),
        ("4B, شارع", "ltr"),
        ("12 شارع", "rtl"),
        ("(\u060c) ދިވެހި", "rtl"),
        ("Mall of العرب", "ltr"),
        ("\u2067HP\u2069 طابعة", "rtl"),
        ("\u2068شقة\u2069 HP", "ltr"),
        ("\u2069 شقة", "rtl"),
        ("+966 11 555 0199", "ltr"),
        ("١٢٣", "ltr"),
        ("\u200fHP", "rtl"),
        ("山田", "ltr"),
        ("", "ltr"),
    ],
)
def test_the_first_strong_character_decides(text: str, way: str) -> None:
    assert direction(text) == way


def test_only_lines_with_something_right_to_left_are_isolated() -> None:
    assert isolated("Mall of العرب 4B") == "\u2068Mall of العرب 4B\u2069"
    for plain in ("", "12 Long Street", "+966 11 555 0199", "山田"):
        assert isolated(plain) == plain


def test_shops_templates_can_ask_for_it() -> None:
    source = '<p dir="{{ order.name | direction }}">{{ order.name }}</p>{{ order.units | direction }}'
    renderer = TemplateRenderer(Sources({"a.html": source}))
    made = renderer.render("a.html", {"order": {"name": "محمد", "units": 2}})
    assert made == '<p dir="rtl">محمد</p>ltr'
