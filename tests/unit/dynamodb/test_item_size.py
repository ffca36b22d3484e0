"""Sizes by DynamoDB's rules."""

from typing import Any

import pytest

from orders.adapters.outbound.dynamodb.items.item_size import item_bytes, value_bytes
from orders.adapters.outbound.dynamodb.items.order_items import order_to_item
from tests.support.builders import an_order


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("", 0),
        ("abc", 3),
        ("é", 2),
        ("琺", 3),
        ("🫖", 4),
        (True, 1),
        (False, 1),
        (None, 1),
        # One byte, and one for each two significant digits; zeroes at the end are none.
        (0, 1),
        (7, 2),
        (12, 2),
        (123, 3),
        (1000, 2),
        (-12, 3),
        (12345678901234567890, 11),
        # Three bytes, and one for each element.
        ([], 3),
        ({}, 3),
        (["ab", 7], 3 + 2 + 2 + 2),
        ({"name": "ab"}, 3 + 1 + 4 + 2),
        ({"a": [{"b": None}]}, 3 + 1 + 1 + (3 + 1 + (3 + 1 + 1 + 1))),
    ],
)
def test_a_value_s_size(value: Any, size: int) -> None:
    assert value_bytes(value) == size


def test_an_item_s_size_is_that_of_names_and_values() -> None:
    # The example of the developer guide's section on item sizes: 11 + 5 and 4 + 3 bytes.
    assert item_bytes({"DeviceName_": "Meter", "Unit": "kWh"}) == 23


def test_an_order_s_size_grows_by_what_is_added_to_it() -> None:
    plain = item_bytes(order_to_item(an_order()))

    assert item_bytes(order_to_item(an_order(notes="x" * 1000))) == plain + len("notes") + 1 + 1000


def test_what_no_item_holds_has_no_size() -> None:
    with pytest.raises(TypeError, match="float"):
        value_bytes(0.5)
