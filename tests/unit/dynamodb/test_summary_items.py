"""What listings show is read from items in one step, and is what reading the whole order gives ([PIPE-14])."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.adapters.outbound.dynamodb.items.attribute_values import WireItem, from_wire, to_wire
from orders.adapters.outbound.dynamodb.items.order_items import listed, order_from_item, order_to_item
from orders.adapters.outbound.dynamodb.items.summary_items import strictly_read, summary_from_wire
from orders.domain.order import Order
from orders.domain.order_summary import OrderSummary
from orders.ports.errors import UnreadableItem
from tests.contract.changes import as_listed
from tests.unit.dynamodb.strategies import orders
from tests.unit.dynamodb.test_damaged_items import SECRET, a_full_order
from tests.unit.dynamodb.test_items import EARLIER_ITEM

PATIENTLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

NUMBERS = (
    "0", "7", "-1", "-0", "0.5", "1.0", "1.50", "3E+2", "1E-2", "1E+30", "9" * 38, "99999999999", "253402300799",
    "253402300800", "-62135596801",
)  # fmt: skip
TEXTS = (
    "", SECRET, "null", "NaN", "Infinity", "0.1", "1e3", "12", "1234567890", "1234567890.5", "20260105", "2026-01-05",
    "2026-01-05T08:00:00", "2026-01-05T10:00:00.000+02:00", "2026-01-05t08:00:00z", "2026-01-05T08:00:60Z",
    "0001-01-01T00:00:00.000+14:00", "JPY", "line_1", "pending", "true",
)  # fmt: skip
OTHERWISE: tuple[WireItem, ...] = (
    *({"N": number} for number in NUMBERS),
    *({"S": text} for text in TEXTS),
    {"NULL": True}, {"BOOL": True}, {"B": b""}, {"SS": ["gold", "red"]}, {"NS": ["1", "2"]}, {"L": []}, {"M": {}},
    {"L": [{"S": SECRET}]}, {"L": [{"NULL": True}]}, {"L": [{"M": {}}]}, {"M": {"lineId": {"S": SECRET}}},
)  # fmt: skip
"""Values that an attribute can have: every type of the table, and near misses of the right value."""


def damaged(item: WireItem) -> Iterator[WireItem]:
    """The item with each of its attributes, and each inside them, in turn missing or another."""
    for name, value in item.items():
        yield {each: other for each, other in item.items() if each != name}
        yield from ({**item, name: other} for other in (*OTHERWISE, *_inside(value)))
    yield item | {"ofALaterRelease": {"S": SECRET}}


def _inside(value: dict[str, Any]) -> Iterator[WireItem]:
    if "M" in value:
        yield from ({"M": other} for other in damaged(value["M"]))
    if "L" in value:
        for index, each in enumerate(value["L"]):
            for others in ([], *([other] for other in (*OTHERWISE, *_inside(each))), [each, each]):
                yield {"L": [*value["L"][:index], *others, *value["L"][index + 1 :]]}


def as_any_order(item: WireItem) -> OrderSummary:
    """Reads the whole order, and returns what lists show of it."""
    return OrderSummary.of(order_from_item(listed(from_wire(item))))


def told(read: Callable[[WireItem], OrderSummary], item: WireItem) -> tuple[object, ...]:
    """What is read, in its text too: 0.10 and 0.1 are equal. Or the error's text and whose order it is."""
    try:
        summary = read(item)
    except UnreadableItem as error:
        return str(error), error.tenant_id, error.order_id, error.customer_id, error.sequence
    return summary, repr(summary)


@PATIENTLY
@given(orders())
def test_what_this_release_writes_is_read_in_one_step(order: Order) -> None:
    item = order_to_item(order)
    assert strictly_read(to_wire(item)) == strictly_read(to_wire(listed(item))) == as_listed(order)


def test_whatever_is_damaged_is_read_or_refused_as_the_order_would_be() -> None:
    whole = to_wire(listed(order_to_item(a_full_order())))
    refused = 0
    for item in (whole, *damaged(whole), *damaged(whole | {"expiresAt": {"N": "1767254400"}})):
        expected = told(as_any_order, item)
        assert told(summary_from_wire, item) == expected, item
        refused += not isinstance(expected[0], OrderSummary)
        assert SECRET not in str(expected[0]) or isinstance(expected[0], OrderSummary)
    assert refused > 1000


@PATIENTLY
@given(orders(), st.data())
def test_any_order_with_any_attribute_another(order: Order, data: st.DataObject) -> None:
    item = to_wire(listed(order_to_item(order)))
    name = data.draw(st.sampled_from(sorted(item)))
    item[name] = data.draw(st.sampled_from([*OTHERWISE, *_inside(item[name])]))
    assert told(summary_from_wire, item) == told(as_any_order, item)


def test_an_item_of_another_release_is_read() -> None:
    assert summary_from_wire(EARLIER_ITEM) == as_any_order(EARLIER_ITEM)
    assert summary_from_wire(EARLIER_ITEM).totals.tax.minor == 300
    with pytest.raises(UnreadableItem, match="schema version 2, and this release reads up to 1"):
        summary_from_wire(EARLIER_ITEM | {"schemaVersion": {"N": "2"}})
