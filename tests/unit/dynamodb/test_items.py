"""Items round-trip through the table, in this release and the one before."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zlib import compress

import pytest
from hypothesis import HealthCheck, given, settings

from orders.adapters.outbound.dynamodb.acceptances import acceptance_from_item
from orders.adapters.outbound.dynamodb.items.attribute_values import from_wire, to_wire
from orders.adapters.outbound.dynamodb.items.claim_items import (
    claim_from_item,
    claim_to_item,
    faults_from_item,
    faults_to_item,
    is_claim,
)
from orders.adapters.outbound.dynamodb.items.event_items import (
    event_from_item,
    event_to_item,
    events_of,
    published_event,
    receipt_from_item,
    receipt_to_item,
    waiting_event,
)
from orders.adapters.outbound.dynamodb.items.order_items import (
    LISTED_ATTRIBUTES,
    OPTIONAL_ATTRIBUTES,
    listed,
    order_from_item,
    order_to_item,
)
from orders.adapters.outbound.dynamodb.items.part_items import parcel_from_item, parcel_to_item
from orders.adapters.outbound.dynamodb.unreadable_items import faults_of
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.domain.errors import Fault, Path
from orders.domain.events import OrderEvent
from orders.domain.order import Order
from orders.domain.order_summary import OrderSummary
from orders.domain.parts import Deletion
from orders.ports.acceptances import AcceptanceState, KeyClaim
from orders.ports.errors import ItemKind, UnreadableItem
from tests.contract.changes import as_listed, placed
from tests.support.builders import NOON, a_receipt, an_order
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

CLAIM_ITEM: dict[str, Any] = {
    "PK": {"S": "TENANT#tenant_a#ORDER#ord_01KAP4AJ40000000000000000F"},
    "SK": {"S": "ORDER"},
    "schemaVersion": {"N": "2"},
    "sequence": {"N": "0"},
    "claim": {
        "M": {
            "key": {"S": "0123456789abcdef0123456789abcdef"},
            "fingerprint": {"S": "f" * 64},
            "status": {"N": "202"},
            "headers": {"L": [{"L": [{"S": "Location"}, {"S": "/v1.0/orders/ord_01KAP4AJ40000000000000000F"}]}]},
            "body": {"B": compress(b'{"status":"accepted"}')},
        }
    },
}
"""A claim as this release writes it: in an order's place, and no order."""

CLOSED_ITEM = {
    **{name: CLAIM_ITEM[name] for name in ("PK", "SK", "schemaVersion", "sequence")},
    "claim": {"M": {}},
    "faults": {"L": [{"M": {"pointer": {"S": "/total"}, "code": {"S": "wrong"}, "message": {"S": "it is 2"}}}]},
}
"""The item that blocks the key of an order accepted without an idempotency key and rejected."""

ACCEPTANCE_BEFORE_CLAIMS: dict[str, Any] = {
    "PK": {"S": "TENANT#tenant_a#ORDER#ord_01KAP4AJ40000000000000000F"},
    "SK": {"S": "ACCEPTED"},
    "schemaVersion": {"N": "1"},
    "tenantId": {"S": "tenant_a"},
    "orderId": {"S": "ord_01KAP4AJ40000000000000000F"},
    "customerId": {"S": "cust_1"},
    "principal": {"S": "cust_1"},
    "roles": {"L": [{"S": "customer"}]},
    "acceptedAt": {"S": "2026-11-22T12:00:00.000Z"},
    "callerCustomerId": {"S": "cust_1"},
    "draft": {
        "M": {
            "customer_id": {"S": "cust_1"},
            "currency": {"S": "JPY"},
            "total": {"S": "3000"},
            "shipping": {"S": "0"},
            "discount": {"S": "0"},
            "lines": {
                "L": [
                    {
                        "M": {
                            "product_id": {"S": "prod_1"},
                            "quantity": {"N": "2"},
                            "price": {"S": "1500"},
                            "discount": {"S": "0"},
                            "tax_rate": {"S": "0"},
                        }
                    }
                ]
            },
        }
    },
    "receipt": CLAIM_ITEM["claim"],
    "state": {"S": "accepted"},
    "faults": {"L": []},
    "outboxShard": {"S": "af-south-1#0"},
    "outboxSince": {"S": "2026-11-22T12:00:00.000Z"},
}
"""An order accepted with a key by the release before claims: nothing is in the order's place."""


def through_the_wire(item: dict[str, Any]) -> dict[str, Any]:
    return from_wire(to_wire(item))


@PATIENTLY
@given(orders())
def test_an_order_comes_back_as_it_was(order: Order) -> None:
    assert order_from_item(through_the_wire(order_to_item(order))) == order


@PATIENTLY
@given(orders())
def test_a_projection_gives_what_lists_show(order: Order) -> None:
    read = order_from_item(through_the_wire(listed(order_to_item(order))))
    assert OrderSummary.of(read) == as_listed(order)


@given(events())
def test_an_event_comes_back_as_it_was(event: OrderEvent) -> None:
    assert event_from_item(through_the_wire(event_to_item(event))) == event
    assert event_from_item(through_the_wire(waiting_event(event))) == event
    assert event_from_item(through_the_wire(published_event(event))) == event


@given(events())
def test_waiting_events_come_in_their_order(event: OrderEvent) -> None:
    following = [replace(event, sequence=event.sequence + number) for number in range(12)]
    pending = {str(each.sequence): waiting_event(each) for each in reversed(following)}

    found = events_of(through_the_wire(pending), tenant_id=event.tenant_id, order_id=event.order_id)
    assert list(found) == following


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
    assert order.prices_unchecked is False, "nobody noted it then"


def test_unchecked_prices_are_noted_outside_what_an_earlier_release_writes_anew() -> None:
    assert order_to_item(an_order(prices_unchecked=True))["prices"] == "unchecked"
    assert "prices" in OPTIONAL_ATTRIBUTES, "a change removes it when all prices have been checked"


def test_a_later_shape_is_refused_and_says_what_to_do() -> None:
    later = {"schemaVersion": 2}

    with pytest.raises(UnreadableItem, match="schema version 2, and this release reads up to 1"):
        order_from_item(order_to_item(an_order()) | later)
    event = placed("tenant_a").event
    assert event is not None
    with pytest.raises(UnreadableItem):
        event_from_item(event_to_item(event) | later)


RECEIPT = a_receipt(
    key="0123456789abcdef0123456789abcdef",
    fingerprint="f" * 64,
    status=202,
    headers=(("Location", "/v1.0/orders/ord_01KAP4AJ40000000000000000F"),),
    body=b'{"status":"accepted"}',
)
CLAIM = KeyClaim("tenant_a", "ord_01KAP4AJ40000000000000000F", RECEIPT)


def test_a_claim_is_written_and_read_in_this_form_and_is_told_from_an_order() -> None:
    assert to_wire(claim_to_item(CLAIM)) == CLAIM_ITEM
    assert claim_from_item(from_wire(CLAIM_ITEM)) == CLAIM
    assert claim_from_item(from_wire(CLOSED_ITEM)) == replace(
        CLAIM, receipt=None, faults=(Fault(("total",), "wrong", "it is 2"),)
    )
    assert [is_claim(from_wire(item)) for item in (CLAIM_ITEM, CLOSED_ITEM, EARLIER_ITEM)] == [True, True, False]
    later = {**from_wire(CLAIM_ITEM), "ofALaterRelease": 1}
    assert claim_from_item(later) == CLAIM
    with pytest.raises(UnreadableItem, match="schema version 3, and this release reads up to 2"):
        claim_from_item(later | {"schemaVersion": 3})


def test_a_receipt_is_read_in_the_form_without_http_in_it_and_written_in_the_one_of_before() -> None:
    before = from_wire(CLAIM_ITEM)["claim"]
    whole = {"key": RECEIPT.key, "fingerprint": RECEIPT.fingerprint, "answer": compress(RECEIPT.answer)}
    assert receipt_from_item(whole) == receipt_from_item(before) == RECEIPT
    assert receipt_to_item(receipt_from_item(whole)) == before
    for damaged in (b"", b"[202]", b'["202", []]', b'[202, [["Location", 1]]]', b"202"):
        with pytest.raises((TypeError, ValueError)):
            receipt_from_item(whole | {"answer": compress(damaged)})


def test_a_fault_is_read_by_its_pointer_or_its_path_and_written_with_the_pointer() -> None:
    (before,) = from_wire(CLOSED_ITEM)["faults"]
    told = {"code": "x", "message": "y"}
    paths: dict[str, Path] = {
        "": (),
        "/items/0/price": ("items", 0, "price"),
        "/metadata/a~1b~0/007": ("metadata", "a/b~", "007"),
    }
    for pointer, path in paths.items():
        fault = Fault(path, "x", "y")
        assert faults_from_item([told | {"pointer": pointer}]) == (fault,)
        assert faults_from_item([told | {"path": list(path)}]) == (fault,)
        assert faults_to_item([fault]) == [told | {"pointer": pointer}]
    assert faults_to_item(faults_from_item([before])) == [before]


@pytest.mark.parametrize("item", [CLAIM_ITEM, CLOSED_ITEM])
def test_a_release_that_knows_no_claims_refuses_one_as_a_later_release_s(item: dict[str, Any]) -> None:
    # That release reads whatever is in an order's place as an order, and whether an order is its own by its sequence.
    with pytest.raises(UnreadableItem, match="schema version 2, and this release reads up to 1"):
        order_from_item(from_wire(item))
    assert from_wire(item)["sequence"] < 1
    assert "pending" not in item


@pytest.mark.parametrize("item", [CLAIM_ITEM, CLOSED_ITEM])
def test_a_claim_is_listed_as_unreadable_only_when_it_is(item: dict[str, Any]) -> None:
    claim = from_wire(item)
    assert list(faults_of(claim)) == []
    (fault,) = faults_of(claim | {"claim": {"key": 1}})
    assert (fault.kind, fault.order_id) == (ItemKind.CLAIM, CLAIM.order_id)


@pytest.mark.parametrize("item", [CLAIM_ITEM, CLOSED_ITEM])
def test_no_index_holds_a_claim(item: dict[str, Any]) -> None:
    for index in packaged_topology().table_of("orders").indexes:
        assert not set(index.keys) & item.keys(), index.name


def test_an_acceptance_of_the_release_before_claims_is_read() -> None:
    acceptance = acceptance_from_item(from_wire(ACCEPTANCE_BEFORE_CLAIMS))
    assert (acceptance.state, acceptance.receipt) == (AcceptanceState.ACCEPTED, RECEIPT)
    assert acceptance.draft is not None
    assert acceptance.draft.total == 3000


def test_the_declared_indexes_show_what_lists_need_and_are_keyed_by_what_orders_have() -> None:
    table = packaged_topology().table_of("orders")
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
