"""Plain text in columns."""

from hypothesis import given
from hypothesis import strategies as st

from orders.adapters.outbound.rendering.text_columns import labelled, quoted, row, rule, tidy, width, wrapped

WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")))


def test_rows_end_flush_right() -> None:
    assert row("Subtotal", "59.98", columns=20) == "Subtotal       59.98"
    assert row("A rather long name", "1.00", columns=16) == "A rather\nlong name   1.00"
    assert row("x", "1", indent=2, columns=8) == "  x    1"
    assert row("", "1.00", columns=8) == "    1.00"


def test_wide_characters_take_two_columns() -> None:
    assert width("王小明") == 6
    assert width("e\u0301") == 1
    assert row("王小明", "1", columns=10) == "王小明   1"


def test_values_hang_beside_their_label() -> None:
    assert labelled("Reason", "one two three", columns=22) == "Reason:        one two\n               three"


def test_quotes_are_marked_on_every_line() -> None:
    assert quoted("one two", columns=6) == "> one\n> two"
    assert quoted("") == ">"


def test_figures_are_not_torn_apart() -> None:
    assert wrapped("total 12\u00a0345.00", columns=10) == "total\n12\u00a0345.00"


@given(WORDS, WORDS.filter(lambda text: width(text) <= 12))
def test_nothing_is_too_wide(left: str, right: str) -> None:
    texts = [wrapped(left), wrapped(left, 4), row(left, right), labelled("Label", left), quoted(left)]
    for line in "\n".join(texts).split("\n"):
        assert width(line) <= 72


@given(WORDS)
def test_wrapping_keeps_every_word(text: str) -> None:
    plain = wrapped(text, columns=20).translate({ord(each): None for each in "\n \u2068\u2069"})
    assert plain == text.translate({ord(each): None for each in " \u2068\u2069"})


def test_what_is_right_to_left_leaves_the_columns_and_itself_in_order() -> None:
    printer = "طابعة HP 107w"
    assert row(printer, "59.98", columns=30) == f"\u2068{printer}\u2069" + " " * 12 + "59.98"
    assert labelled("Carrier", "שליח 4B") == "Carrier:       \u2068שליח 4B\u2069"
    assert quoted("قف 12") == "> \u2068قف 12\u2069"
    assert wrapped("Mall of العرب 4B", 2) == "  \u2068Mall of العرب 4B\u2069"
    assert row("Enamel mug", "1.00", columns=16) == "Enamel mug  1.00"


def test_tidy_trims_lines_and_repeated_blank_lines() -> None:
    assert tidy("\n\na  \n\n\n\nb\n\n") == "a\n\nb\n"
    assert rule("=", 3) == "==="
