"""Formatting of amounts, rates, times, user-supplied texts and colours, and selection of logos."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.adapters.outbound.rendering import colours
from orders.adapters.outbound.rendering.logos import document_logo, mail_logo
from orders.adapters.outbound.rendering.wording import (
    amount,
    date_and_time,
    deduction,
    one_line,
    percentage,
    reason_in_words,
    several_lines,
)
from orders.domain.pricing.currencies import CURRENCIES, Currency
from orders.domain.pricing.money import Money


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (5998, "USD", "59.98"),
        (125_998, "USD", "1\u00a0259.98"),
        (999_999, "ZAR", "9\u00a0999.99"),
        (1_000_000, "ZAR", "10\u00a0000.00"),
        (123_456_789_012, "ZAR", "1\u00a0234\u00a0567\u00a0890.12"),
        (0, "JPY", "0"),
        (12_345, "JPY", "12\u00a0345"),
        (5, "BHD", "0.005"),
        (-500, "ZAR", "−5.00"),
    ],
)
def test_amounts_are_written_in_the_currency_s_digits(minor: int, currency: str, written: str) -> None:
    assert amount(Money(minor, Currency.of(currency))) == written


@given(st.integers(-(10**15), 10**15), st.sampled_from(sorted(CURRENCIES)))
def test_an_amount_is_the_domains_figure_grouped(minor: int, currency: str) -> None:
    money = Money(minor, CURRENCIES[currency])
    assert amount(money).replace("\u00a0", "").replace("−", "-") == str(money)


def test_deductions_have_a_sign_unless_they_are_nothing() -> None:
    assert deduction(Money(500, Currency.of("ZAR"))) == "−5.00"
    assert deduction(Money(0, Currency.of("ZAR"))) == "0.00"


@pytest.mark.parametrize(
    ("rate", "written"),
    [("0.15", "15%"), ("0", "0%"), ("0.0725", "7.25%"), ("1", "100%"), ("0.1", "10%"), ("1E-7", "0.00001%")],
)
def test_rates_are_written_as_percentages(rate: str, written: str) -> None:
    assert percentage(Decimal(rate)) == written


def test_times_are_utc() -> None:
    assert date_and_time(datetime(2026, 11, 22, 14, 5, tzinfo=UTC)) == "22 November 2026, 14:05 UTC"
    assert (
        date_and_time(datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))) == "31 December 2025, 23:00 UTC"
    )


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (None, ""),
        ("  a\r\nb\tc  ", "a b c"),
        ("x\u202egnp.exe\u202c", "xgnp.exe"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("\ufeff\u2028a\x00b\x7f\x9b", "a b"),
        ("👩\u200d👧 e\u0301", "👩\u200d👧 e\u0301"),
    ],
)
def test_a_text_is_reduced_to_one_line(typed: str | None, shown: str) -> None:
    assert one_line(typed) == shown


@given(st.text())
def test_one_line_is_one_line_that_utf_8_can_hold(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    line.encode()


def test_a_text_is_split_into_trimmed_lines() -> None:
    assert several_lines("\n\n a \r\n\n\n\nb\u2028c\n\n") == ("a", "", "b", "c")
    assert several_lines(None) == ()


@pytest.mark.parametrize(
    ("reason", "shown"),
    [("out_of_stock", "Out of stock"), ("fraud", "Fraud"), ("Changed my mind_", "Changed my mind_"), (None, "")],
)
def test_reason_codes_are_written_in_words(reason: str | None, shown: str) -> None:
    assert reason_in_words(reason) == shown


@given(st.integers(0, 0xFFFFFF))
def test_any_accent_is_readable(colour: int) -> None:
    accent = f"#{colour:06x}"
    assert colours.contrast(colours.readable_on_white(accent), "#ffffff") >= 4.5
    assert colours.contrast(colours.readable_on_dark(accent), colours.DARK_CARD) >= 4.5
    assert colours.contrast(colours.text_on(accent), accent) >= 4.5


def test_what_is_no_colour_is_the_default() -> None:
    assert colours.accent_or_default("#ABCDEF") == "#abcdef"
    for text in ["", "red", "#12345", "#1234567", "#12345g", "#123456;}", "#123456\n"]:
        assert colours.accent_or_default(text) == colours.DEFAULT_ACCENT


def data_uri(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{b64encode(content).decode()}"


def jpeg(components: int) -> bytes:
    """As much of a JPEG picture as says how many colour components it has."""
    comment = b"\xff\xfe\x00\x04hi"
    frame = b"\xff\xc0" + (8 + 3 * components).to_bytes(2) + bytes([8, 0, 1, 0, 1, components]) + bytes(3 * components)
    return b"\xff\xd8" + comment + frame


PNG = data_uri("png", b"\x89PNG\r\n\x1a\n" + bytes(20))
SVG = data_uri("svg+xml", b"<svg/>")


def test_a_logo_is_shown_where_its_format_is_supported() -> None:
    assert document_logo(PNG) == mail_logo(PNG) == PNG
    assert document_logo(SVG) == SVG
    assert mail_logo(SVG) == ""
    assert document_logo(data_uri("jpeg", jpeg(3))) != ""
    assert document_logo(data_uri("jpeg", jpeg(4))) == ""
    large = data_uri("png", b"\x89PNG\r\n\x1a\n" + bytes(40_000))
    assert document_logo(large) == large
    assert mail_logo(large) == ""


@pytest.mark.parametrize(
    "uri",
    [
        None,
        "",
        "https://example.com/logo.png",
        "data:image/png,x",
        "data:image/png;base64,====",
        "data:image/gif;base64,R0lG",
        data_uri("png", b"GIF89a"),
        data_uri("png", b""),
        data_uri("png", b"\x89PNG\r\n\x1a\n" + bytes(2_000_000)),
    ],
)
def test_an_invalid_logo_is_not_shown(uri: str | None) -> None:
    assert document_logo(uri) == ""
    assert mail_logo(uri) == ""
