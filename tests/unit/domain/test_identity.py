"""Ids and order numbers."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.domain.errors import InvalidIdentifier, InvalidOrderNumber
from orders.domain.identity import (
    ALPHABET,
    ORDER_ID_PATTERN,
    ORDER_NUMBER_PATTERN,
    check_key,
    check_order_id,
    derived_order_id,
    new_order_id,
    order_number,
    parse_order_number,
    read_order_id,
)
from tests.support.builders import NOON, an_order_id

order_ids = st.integers(0, 2**80 - 1).map(lambda randomness: new_order_id(NOON, randomness))


@given(st.integers(0, 2**80 - 1), st.integers(0, 2**80 - 1))
def test_ids_sort_by_their_millisecond(first: int, second: int) -> None:
    earlier, later = new_order_id(NOON, first), new_order_id(NOON + timedelta(milliseconds=1), second)
    assert earlier < later
    assert re.match(ORDER_ID_PATTERN, earlier)
    assert check_order_id(earlier) == earlier


def test_one_key_names_one_order_and_parts_cannot_run_together() -> None:
    name = derived_order_id(tenant_id="t", principal="alice", key="k1")
    assert name == derived_order_id(tenant_id="t", principal="alice", key="k1")
    assert re.match(ORDER_ID_PATTERN, name)
    others = [
        ("t", "alice", "k2"),
        ("t", "bob", "k1"),
        ("u", "alice", "k1"),
        ("ta", "lice", "k1"),
        ("t", "alicek", "1"),
    ]
    names = {derived_order_id(tenant_id=tenant, principal=who, key=key) for tenant, who, key in others}
    assert len(names | {name}) == len(others) + 1


@given(order_ids)
def test_numbers_are_letters_and_digits_and_read_back(order_id: str) -> None:
    number = order_number(order_id)
    assert re.match(ORDER_NUMBER_PATTERN, number)
    assert number == order_number(order_id)
    assert parse_order_number(number) == number
    assert parse_order_number(number.lower().replace("-", " ")) == number


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    number = next(n for n in map(order_number, map(an_order_id, range(500))) if "0" in n[3:-2] and "1" in n[3:-2])
    body = number[3:-1].replace("0", "o").replace("1", "l")
    assert parse_order_number("bb-" + body + number[-1]) == number


@given(order_ids, st.integers(0, 11), st.sampled_from(ALPHABET))
def test_every_single_typo_is_noticed(order_id: str, place: int, wrong: str) -> None:
    number = order_number(order_id).replace("-", "")
    at = 2 + place
    if number[at] == wrong:
        return
    with pytest.raises(InvalidOrderNumber, match="typo") as caught:
        parse_order_number(number[:at] + wrong + number[at + 1 :])
    assert caught.value.mistyped


@given(order_ids, st.integers(0, 11), st.integers(0, 11))
def test_every_swap_is_noticed(order_id: str, one: int, other: int) -> None:
    number = list(order_number(order_id).replace("-", ""))
    if number[2 + one] == number[2 + other]:
        return
    number[2 + one], number[2 + other] = number[2 + other], number[2 + one]
    with pytest.raises(InvalidOrderNumber, match="typo"):
        parse_order_number("".join(number))


@pytest.mark.parametrize(
    "text", ["", "BB", "AA-0000-0000-0000-0", "BB-0000-0000-000U-0", "x" * 500, "BB-0000-0000-0000-0-0"]
)
def test_what_is_no_number_is_said_to_be_none(text: str) -> None:
    with pytest.raises(InvalidOrderNumber, match="is no order number") as caught:
        parse_order_number(text)
    assert not caught.value.mistyped


@pytest.mark.parametrize("text", ["", "a b", "a#b", "x" * 65, "é", "a/b", "a\n"])
def test_keys_cannot_hold_separators(text: str) -> None:
    with pytest.raises(InvalidIdentifier, match="customer_id"):
        check_key(text, "customer_id")


@pytest.mark.parametrize(
    "text", ["", "ord_", "ord_" + "I" * 26, "ord_" + "0" * 25, "ORD_" + "0" * 26, "ord_" + "0" * 26 + "\n"]
)
def test_order_ids_have_one_form(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        check_order_id(text)


@pytest.mark.parametrize("hyphen", ["\u2011", "\u2013", "\u2212", "\u00ad", "\u00a0", "\u2009", "\u200b-", ""])
@given(order_id=order_ids)
def test_numbers_are_read_however_they_were_pasted(hyphen: str, order_id: str) -> None:
    number = order_number(order_id)
    wide = "".join(chr(ord(each) + 0xFEE0) for each in number)
    assert parse_order_number(f"\u200b {number.replace('-', hyphen)}\u2060\n") == number
    assert parse_order_number(wide) == number


def test_what_nobody_would_type_is_no_number_and_costs_nothing() -> None:
    with pytest.raises(InvalidOrderNumber):
        parse_order_number("\ufdfa" * 100_000)


def test_an_id_is_read_however_it_was_pasted() -> None:
    order_id = an_order_id()
    for pasted in (order_id, f" {order_id}\u200b", order_id.lower(), order_id.replace("_", "_\u2060")):
        assert read_order_id(pasted) == order_id
    for none in ("", "ord_1", order_id[:-1], order_id + "0"):
        with pytest.raises(InvalidIdentifier):
            read_order_id(none)
