"""What is written to the table is what is read from it, by this release and by the one before."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from orders.adapters.outbound.dynamodb.event_items import (
    event_from_item,
    event_to_item,
    events_of,
    published_event,
    waiting_event,
)
from orders.adapters.outbound.dynamodb.order_items import (
    LISTED_ATTRIBUTES,
    OPTIONAL_ATTRIBUTES,
    listed,
    order_from_item,
    order_to_item,
)
from orders.adapters.outbound.dynamodb.part_items import parcel_from_item, parcel_to_item
from orders.adapters.outbound.dynamodb.schema import NewerSchema
from orders.adapters.outbound.dynamodb.wire import from_wire, to_wire
from orders.bootstrap.topology_file import packaged_topology
from orders.domain.events import OrderEvent
from orders.domain.order import Order
from orders.domain.parts import Deletion
from tests.builders import NOON, an_order
from tests.contract.changes import as_listed, placed
from tests.unit.dynamodb.strategies import events, orders

PATIENTLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Orders are large, and a machine that runs tests is busy."""

EARLIER_ITEM: dict[str, Any] = {
    "PK": {"S": "TENANT#tenant_a#ORDER#ord_01KAP4AJ40000000000000000F"},
    "SK": {"S": "ORDER"},
    "schemaVersion": {"N": "1"},
    "orderId": {"S": "ord_01KAP4AJ40000000000000000F"},
    "orderNumber": {"S": "BB-7K3M-9QX2-4TPA-R"},
    "tenantId": {"S": "tenant_a"},
    "customerId": {"S": "cust_1"},
    "status": {"S": "pending"},
    "version": {"N": "1"},
    "sequence": {"N": "1"},
    "currency": {"S": "JPY"},
    "lines": {
        "L": [
            {
                "M": {
                    "lineId": {"S": "line_1"},
                    "productId": {"S": "prod_1"},
                    "quantity": {"N": "2"},
                    "price": {"N": "1500"},
                    "discount": {"N": "0"},
                    "taxRate": {"S": "0.10"},
                    "engraving": {"S": "of a later release"},
                }
            }
        ]
    },
    "totals": {
        "M": {
            "subtotal": {"N": "3000"},
            "tax": {"N": "3E+2"},
            "shipping": {"N": "0"},
            "discount": {"N": "0"},
            "total": {"N": "3300"},
        }
    },
    "parcels": {"L": []},
    "details": {"M": {"notes": {"S": "ring twice"}}},
    "createdAt": {"S": "2025-11-22T12:00:00.000Z"},
    "updatedAt": {"S": "2025-11-22T12:00:00.000Z"},
    "pending": {"M": {}},
    "giftWrap": {"SS": ["gold"]},
    "score": {"N": "0.5"},
    "replay": {"B": b"\x00"},
}
"""An order as another release writes it: without what this one added, and with what this one does not know."""


def through_the_wire(item: dict[str, Any]) -> dict[str, Any]:
    return from_wire(to_wire(item))


@PATIENTLY
@given(orders())
def test_an_order_comes_back_as_it_was(order: Order) -> None:
    assert order_from_item(through_the_wire(order_to_item(order))) == order


@PATIENTLY
@given(orders())
def test_a_projection_gives_what_lists_show(order: Order) -> None:
    assert order_from_item(through_the_wire(listed(order_to_item(order)))) == as_listed(order)


@given(events())
def test_an_event_comes_back_as_it_was(event: OrderEvent) -> None:
    assert event_from_item(through_the_wire(event_to_item(event))) == event
    assert event_from_item(through_the_wire(waiting_event(event))) == event
    assert event_from_item(through_the_wire(published_event(event))) == event


@given(events())
def test_waiting_events_come_in_their_order(event: OrderEvent) -> None:
    following = [replace(event, sequence=event.sequence + number) for number in range(12)]
    pending = {str(each.sequence): waiting_event(each) for each in reversed(following)}

    assert events_of(through_the_wire(pending)) == following


def test_amounts_are_whole_numbers_of_minor_units_and_instants_are_text() -> None:
    item = order_to_item(an_order())

    assert item["lines"][0]["price"] == 2999
    assert item["totals"]["total"] == 5998
    assert (item["currency"], item["createdAt"]) == ("ZAR", "2026-11-22T12:00:00.000Z")
    assert json.loads(json.dumps(item)) == item


def test_a_parcel_from_before_arrivals_had_a_sequence_is_readable() -> None:
    kept = {
        "parcelId": "par_1", "carrier": "DHL", "trackingNumber": "T1", "lines": [{"lineId": "line_1", "quantity": 1}],
        "shippedAt": "2026-11-22T12:00:00.000Z", "deliveredAt": "2026-11-23T12:00:00.000Z",
    }  # fmt: skip
    parcel = parcel_from_item(kept)
    assert (parcel.delivered_at, parcel.delivered_in) == (NOON + timedelta(days=1), None)
    assert parcel_to_item(parcel) == kept


def test_an_absent_part_takes_no_attribute() -> None:
    item = order_to_item(an_order())

    assert not OPTIONAL_ATTRIBUTES & item.keys()
    deletion = Deletion(datetime(2027, 1, 1, tzinfo=UTC), "admin_1")
    assert {"deletedAt", "deletedBy"} <= order_to_item(an_order(deletion=deletion)).keys()


def test_an_item_of_another_release_is_read() -> None:
    order = order_from_item(from_wire(EARLIER_ITEM))

    assert order.totals.tax.minor == 300
    assert order.lines[0].tax_rate == Decimal("0.10")
    assert (order.printed_version, order.lines_ever, order.locale, order.document) == (1, 0, None, None)
    assert (order.notes, order.metadata, order.customer) == ("ring twice", (), None)
    assert (order.campaign_discount, order.own_discount) == (None, order.totals.discount)


def test_a_later_shape_is_refused_and_says_what_to_do() -> None:
    later = {"schemaVersion": 2}

    with pytest.raises(NewerSchema, match="schema version 2, this release reads up to 1") as refusal:
        order_from_item(order_to_item(an_order()) | later)
    assert (refusal.value.found, refusal.value.known) == (2, 1)
    event = placed("tenant_a").event
    assert event is not None
    with pytest.raises(NewerSchema):
        event_from_item(event_to_item(event) | later)


def test_the_declared_indexes_show_what_lists_need_and_are_keyed_by_what_orders_have() -> None:
    table = packaged_topology().table
    item = order_to_item(an_order()) | {"outboxShard": "region#0", "outboxSince": "2026"}
    event = placed("tenant_a").event
    assert event is not None

    for index in table.indexes:
        keyed = published_event(event) if index.name.startswith("Events") else item
        assert set(index.keys) <= keyed.keys(), index.name
        # No event may turn up among orders, nor an order among events.
        other = item if index.name.startswith("Events") else published_event(event)
        assert not set(index.keys) <= other.keys(), index.name
        if index.projection == "INCLUDE":
            assert {*index.included, *index.keys} >= LISTED_ATTRIBUTES, index.name
