"""Card numbers are found in any dress; other numbers are let through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.domain.cards import LONGEST_GTIN, holds_card_number, without_card_numbers
from tests.support.card_numbers import card_numbers, disguised_card_numbers
from tests.support.cpu_time import grows_with_length, seconds_of

# The schemes' published test numbers.
NUMBERS = [
    "4111111111111111", "4222222222222", "5555555555554444", "2223003122003222", "378282246310005",
    "6011111111111117", "3530111333300000", "30569309025904", "6200000000000005", "6759649826438453",
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
def test_known_numbers_are_found_however_they_are_written(number: str) -> None:
    grouped = [number[at : at + 4] for at in range(0, len(number), 4)]
    for text in (
        number,
        " ".join(grouped),
        "-".join(grouped),
        f"card: {number}, exp 12/29",
        f"12 {' '.join(grouped)} 123",
    ):
        assert holds_card_number(text), text


@pytest.mark.parametrize(
    "text",
    [
        "４１１１ １１１１ １１１１ １１１１",
        "4111\u00a01111\u00a01111\u00a01111",
        "4111\u20131111\u20131111\u20131111",
        "4111\u200b1111\u200b1111\u200b1111",
        "٤١١١١١١١١١١١١١١١",
    ],
)
def test_disguises_do_not_help(text: str) -> None:
    assert holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "4111111111111112", "+27 21 555 0134", "2026-11-22 12:00:00", "1234567890123", "9999999999999995",
        "41111111111111110000", "411111111111", "BB-7K3M-9QX2-4TPA-R", "4111, 1111, 1111, 1111", "0000000000000000",
    ],
)  # fmt: skip
def test_other_numbers_pass(text: str) -> None:
    assert not holds_card_number(text)


@given(st.text(alphabet="0123456789 -abc", max_size=2000))
def test_any_text_can_be_checked(text: str) -> None:
    assert holds_card_number(text) in {True, False}


@given(st.sampled_from(NUMBERS), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_makes_it_no_card_number(number: str, place: int, change: int) -> None:
    place %= len(number)
    wrong = number[:place] + str((int(number[place]) + change) % 10) + number[place + 1 :]
    assert not holds_card_number(wrong)


def test_digits_one_by_one_cost_what_their_length_costs() -> None:
    def seconds(count: int) -> float:
        text = "4 " * count + "x"
        assert not holds_card_number(text)
        return seconds_of(lambda: holds_card_number(text))

    # Eight times as many: by the square of the length it would be 64 times the cost.
    assert seconds(16_000) < 30 * seconds(2000)
    assert holds_card_number("7 " * 500 + " ".join(NUMBERS[0]) + " 7" * 500)


@given(card_numbers())
def test_a_number_of_any_scheme_is_found_and_taken_out(number: str) -> None:
    assert holds_card_number(number)
    assert without_card_numbers(f"pay {number}, please", "*") == "pay *, please"


@given(disguised_card_numbers())
def test_a_card_number_is_found_in_any_disguise(text: str) -> None:
    assert holds_card_number(text), text
    assert not holds_card_number(without_card_numbers(text, "*")), text


@given(st.text(max_size=200))
def test_what_is_taken_out_is_all_that_changes(text: str) -> None:
    cleared = without_card_numbers(text, "")
    assert cleared == text or holds_card_number(text)


def test_only_the_numbers_go() -> None:
    text = "a 4111-1111 1111-1111 and 378282246310005, not 4111111111111112"
    assert without_card_numbers(text, "*") == "a * and *, not 4111111111111112"


def test_trade_item_numbers_can_be_let_through() -> None:
    gtin = "4006381333023"  # passes for a Visa number of 13 digits
    assert holds_card_number(gtin)
    assert not holds_card_number(gtin, longer_than=LONGEST_GTIN)
    assert holds_card_number("4111111111111111", longer_than=LONGEST_GTIN)
    assert holds_card_number("378282246310005", longer_than=LONGEST_GTIN)


@pytest.mark.parametrize("part", ["4 ", "4", "4-", "411111111111111 ", "0 "])
def test_a_long_text_costs_no_more_than_its_length(part: str) -> None:
    assert grows_with_length(holds_card_number, part)
