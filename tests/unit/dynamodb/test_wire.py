"""Plain values and DynamoDB's tagged JSON."""

from decimal import Decimal
from typing import Any

import pytest

from orders.adapters.outbound.dynamodb.items.attribute_values import from_wire, plain_value, to_wire, wire_value
from orders.domain.lifecycle import Status


def test_each_kind_has_its_letter() -> None:
    assert to_wire({"a": "x", "b": 1, "c": True, "d": None, "e": ["y"], "f": {"g": 2}}) == {
        "a": {"S": "x"},
        "b": {"N": "1"},
        "c": {"BOOL": True},
        "d": {"NULL": True},
        "e": {"L": [{"S": "y"}]},
        "f": {"M": {"g": {"N": "2"}}},
    }


def test_a_member_of_an_enumeration_is_its_text() -> None:
    found = wire_value(Status.PENDING)

    assert found == {"S": "pending"}
    assert type(found["S"]) is str


@pytest.mark.parametrize(
    ("number", "value"),
    [("12", 12), ("-3", -3), ("1E+2", 100), ("12.0", 12), ("0.5", Decimal("0.5")), ("9" * 38, int("9" * 38))],
)
def test_whole_numbers_are_integers(number: str, value: Any) -> None:
    found = plain_value({"N": number})

    assert found == value
    assert type(found) is type(value)


def test_kinds_that_are_never_written_are_left_as_they_came() -> None:
    assert from_wire({"a": {"SS": ["x"]}, "b": {"B": b"\x00"}, "c": {"NS": ["1"]}}) == {
        "a": ["x"],
        "b": b"\x00",
        "c": ["1"],
    }


@pytest.mark.parametrize("value", [0.5, {1, 2}, object()])
def test_other_values_are_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="no attribute value"):
        wire_value(value)
