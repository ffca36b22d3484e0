"""Identifiers that people copy have one form, and free texts nothing that nobody sees ([DOM-6])."""

import unicodedata
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.domain.canonical import canonical, is_same, visible

LATER = "\U00010d6e"
"""A dash of Unicode 16, which this interpreter need not know."""

HYPHENS = [
    "-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212", "\u058a", "\u05be", "\u1806", "\u2043",
    "\u2e3a", "\u301c", "\ufe58", "\ufe63", "\uff0d", LATER,
]  # fmt: skip
SPACES = [" ", "\t", "\xa0", "\u1680", "\u2000", "\u2007", "\u2009", "\u202f", "\u205f", "\u3000", "\u2800"]
UNSEEN = [
    "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2060", "\ufeff", "\u00ad", "\u061c", "\u034f", "\u115f",
    "\u1160", "\u3164", "\uffa0", "\u17b4", "\u180b", "\u180e", "\u180f", "\ufe0e", "\ufe0f", "\U000e0101",
    "\U000e0041", "\u202a", "\u2066", "\u2064", "\u206a", "\ufff0", "\U0001d173", "\U0001bca0", "\U000e0fff",
]  # fmt: skip
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@pytest.mark.parametrize("hyphen", HYPHENS)
def test_every_hyphen_is_one(hyphen: str) -> None:
    assert is_same("JD-0146", f"JD{hyphen}0146")
    assert not is_same("JD0146", f"JD{hyphen}0146")


@pytest.mark.parametrize("space", SPACES)
def test_every_space_is_one_and_none_stands_around(space: str) -> None:
    assert is_same("JD 0146", f"{space}JD{space}0146{space}")
    assert not is_same("JD0146", f"JD{space}0146")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("JD-0146  ab12", "JD-0146 ab12"), ("DHL   Express", "DHL Express"),
        ("DHL \u00a0\tExpress", "dhl\u3000express"), ("DHL \u200b Express", "DHL Express"),
        ("JD-0146 \r\n ab12", "JD-0146\u2003ab12"),
    ],
)  # fmt: skip
def test_spaces_in_a_row_are_one(one: str, other: str) -> None:
    assert is_same(one, other)
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize("other", ["DHL-Express", "DHLExpress", "DHL - Express"])
def test_a_space_is_no_hyphen_and_not_nothing(other: str) -> None:
    assert not is_same("DHL Express", other)


@pytest.mark.parametrize("unseen", UNSEEN)
def test_what_nobody_sees_makes_no_other_identifier(unseen: str) -> None:
    assert is_same("JD0146", f"{unseen}JD{unseen}01{unseen}46{unseen}")
    assert canonical(unseen) == ""
    assert not is_same(unseen, "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("JD0146", "jd0146"), ("JD0146", "\uff2a\uff24\uff10\uff11\uff14\uff16"), ("Post AG", "post\u00a0ag"),
        ("Straße", "STRASSE"), ("Caf\u00e9", "cafe\u0301"), ("\u01c4", "dž"), ("\u1e9e1", "SS1"), ("\u2460", "1"),
        ("\u0391\u03a3", "\u03b1\u03c2"), ("\ufb01x", "FIX"), ("\U0001d409\U0001d403", "JD"),
        ("\u1fb3", "\u03b1\u03b9"),
    ],
)  # fmt: skip
def test_case_width_and_composition_make_no_other_identifier(one: str, other: str) -> None:
    assert is_same(one, other)
    assert is_same(other, one)


def test_other_signs_make_another_identifier() -> None:
    different = ["JD0146", "JD0147", "JD-0146", "JD 0146", "JD.0146", "JDO146", "\u0408D0146", "JD0146-"]
    assert not [pair for pair in combinations(different, 2) if is_same(*pair)]


@given(any_text)
def test_the_one_form_is_its_own(text: str) -> None:
    form = canonical(text)
    assert canonical(form) == form
    assert is_same(text, form) or not form
    assert not [each for each in form if unicodedata.category(each) in {"Cf", "Pd", "Zs"} and each not in "- "]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Tha\u200bndi\u2060", "Thandi"), ("\u200e+27 21 555\u200e", "+27 21 555"),
        ("Ring\ufe0f twice\u200d", "Ring twice"),
        ("\u3164Neo\uffa0", "Neo"), ("e\u034f\u0301", "\u00e9"), ("\u00adKaroo \u00ad", "Karoo "), ("\u200b", ""),
        ("a\U000e0101", "a"), ("7\ufe0f", "7"), ("\u6771\u200d\u4eac", "\u6771\u4eac"),
    ],
)  # fmt: skip
def test_free_text_loses_what_nobody_sees(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "\u0915\u094d\u200d\u0937", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\U0001f468\u200d\U0001f373",
        "\u200f12 \u05e8\u05d7\u05d5\u05d1", "\u0634\u0627\u0631\u0639 \u200e4B", "\u2764\ufe0f", "7\ufe0f\u20e3",
        "zwi\u00adschen", "\U0001f3f3\ufe0f\u200d\U0001f308", "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
        "\u0e19\u0e04\u0e23\u200b\u0e1b\u0e10\u0e21",
        "\u845b\U000e0100", "\u1820\u180b", "\u1100\u1160", "Caf\u00e9 \u2013 12\u00a0km", "x\ufeffy", "a\u202eb",
    ],
)  # fmt: skip
def test_free_text_keeps_what_shapes_others_and_what_is_refused_by_name(text: str) -> None:
    assert visible(text) == text


@given(any_text)
def test_leaving_out_leaves_nothing_to_leave_out(text: str) -> None:
    assert visible(visible(text)) == visible(text)
