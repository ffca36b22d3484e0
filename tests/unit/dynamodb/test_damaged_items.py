"""An item that is damaged in any one place gives what it is, or the one error that says that it can't be read.

Every attribute of every kind of item is taken out and replaced by everything else that an attribute can be; nothing
but ``UnreadableItem`` may come of that, and never a text of the item ([PIPE-14]).
"""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.adapters.outbound.dynamodb.acceptances import acceptance_from_item, acceptance_to_item
from orders.adapters.outbound.dynamodb.items.attribute_values import from_wire, to_wire
from orders.adapters.outbound.dynamodb.items.control_items import control_state
from orders.adapters.outbound.dynamodb.items.event_items import event_from_item, event_to_item, events_of, waiting_event
from orders.adapters.outbound.dynamodb.items.order_items import listed, order_from_item, order_to_item
from orders.adapters.outbound.dynamodb.mail_intents import mail_from_item
from orders.adapters.outbound.dynamodb.suppressions import suppression_from_item
from orders.domain.errors import Fault
from orders.domain.events import Actor, EventType, OrderEvent
from orders.domain.lifecycle import Role
from orders.domain.order import Order
from orders.domain.parts import (
    Address,
    Customer,
    Deletion,
    Document,
    DocumentStatus,
    Erasure,
    Parcel,
    ParcelLine,
    Payment,
)
from orders.domain.reports import Report, Reported, ReportType
from orders.ports.acceptances import Acceptance
from orders.ports.errors import UnreadableItem
from tests.support.builders import NOON, a_draft, a_line, a_receipt, an_order, an_order_id
from tests.unit.dynamodb.strategies import events, orders

SECRET = "Thandi Mokoena of Buitenkant Street"
PATIENTLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

OTHERWISE: tuple[Any, ...] = (
    None, True, 0, 7, -1, 10**30, Decimal("0.5"), Decimal("NaN"), "", SECRET, "9" * 40, b"", b"\x00\xff", [], {},
    [SECRET], {"name": SECRET}, [[]], [[SECRET, 1, 2]], {"lineId": {}}, ["gold", "red"],
)  # fmt: skip
"""Possible values of an attribute: every type of the table, and near misses of the right value."""


@dataclass(frozen=True)
class Kind:
    """A kind of item, whole, and what is made of it."""

    name: str
    item: Mapping[str, Any]
    read: Callable[[Mapping[str, Any]], object]

    def __str__(self) -> str:
        return self.name


def a_full_order() -> Order:
    address = Address(*[SECRET] * len(fields(Address)))
    parcel = Parcel("par_1", "DHL", "T1", (ParcelLine("line_1", 1),), NOON, "https://dhl.example/T1", NOON)
    report = Report("r1", ReportType.SHIPMENT_DISPATCHED, NOON, "late", "DHL", "T1", "https://x", parcel.lines)
    return an_order(
        parcels=(parcel,),
        customer=Customer(SECRET, SECRET, SECRET),
        billing_address=address,
        shipping_address=address,
        payment=Payment("card", "tok", "visa", "4242"),
        notification_email=SECRET,
        campaign_code="SPRING",
        campaign_discount=an_order().totals.discount,
        notes=SECRET,
        metadata=(("gift", SECRET),),
        locale="en",
        reason=SECRET,
        document=Document(DocumentStatus.READY, 1, NOON, "key", "sha", 3),
        deletion=Deletion(NOON, "staff"),
        erasure=Erasure(NOON, "staff"),
        recent_keys=(("key", 1),),
        reported=Reported(1, (report,), NOON, NOON),
    )


def an_event() -> OrderEvent:
    receipt = a_receipt("key", "print", 201, (("ETag", '"1"'),), SECRET.encode())
    return OrderEvent(
        "tenant_a", an_order_id(), 1, 1, EventType.CREATED, NOON, Actor(SECRET, "customer"),
        {"status": "pending", "lines": [{"line_id": "line_1"}]}, SECRET, ("/notes",), "00-1-2-01", receipt, 3,
    )  # fmt: skip


def an_acceptance() -> Acceptance:
    draft = a_draft(lines=(a_line(line_id="line_1", name=SECRET, sku="s"),), customer=Customer(SECRET), notes=SECRET)
    return Acceptance(
        "tenant_a", an_order_id(), "cust_1", SECRET, frozenset({Role.CUSTOMER}), NOON, draft, "cust_1", "00-1",
        an_event().receipt, faults=(Fault(("items",), "unknown", SECRET),),
    )  # fmt: skip


MAIL = {
    "PK": f"TENANT#tenant_a#MAIL#{an_order_id()}", "SK": "0000000001#order_confirmation#0123456789abcdef",
    "schemaVersion": 1, "sequence": 1, "template": "order_confirmation", "state": "sent", "attempts": 1,
    "at": "2026-11-22T12:00:00.000Z", "recipientHint": SECRET, "messageId": "m1", "detail": SECRET, "feedback": 2,
    "feedbackAt": "2026-11-22T12:00:00.000Z", "feedbackDetail": "Permanent/NoEmail",
}  # fmt: skip
SUPPRESSED = {
    "PK": "TENANT#tenant_a#SUPPRESSION", "SK": "0123456789abcdef", "schemaVersion": 1, "reason": "bounced",
    "at": "2026-11-22T12:00:00.000Z", "orderId": an_order_id(), "detail": SECRET,
}  # fmt: skip
CONTROL = {
    "PK": "WRITER", "epoch": 2, "writer": "eu-west-1", "evacuated": ["af-south-1"], "by": SECRET,
    "at": "2026-11-22T12:00:00.000Z",
}  # fmt: skip
KINDS = (
    Kind("order", order_to_item(a_full_order()), order_from_item),
    Kind("listed order", listed(order_to_item(a_full_order())), order_from_item),
    Kind("event", event_to_item(an_event()), event_from_item),
    Kind("acceptance", acceptance_to_item(an_acceptance()), acceptance_from_item),
    Kind("mail", MAIL, mail_from_item),
    Kind("suppression", SUPPRESSED, suppression_from_item),
    Kind("control", CONTROL, control_state),
)


def damaged(item: Any) -> Iterator[Any]:
    """The item, or part of one, with each of its parts in turn missing or another; keys stay what they are."""
    if isinstance(item, dict):
        for name in item:
            if name in {"PK", "SK"}:
                continue
            yield {each: value for each, value in item.items() if each != name}
            yield from ({**item, name: other} for other in OTHERWISE)
            yield from ({**item, name: inner} for inner in damaged(item[name]))
    elif isinstance(item, list | tuple):
        for index, each in enumerate(item):
            rest = list(item)
            yield rest[:index] + rest[index + 1 :]
            yield from ([*rest[:index], other, *rest[index + 1 :]] for other in (*OTHERWISE, *damaged(each)))


def made_of(kind: Kind, item: Mapping[str, Any]) -> object:
    """Returns the object read from the item, or the reason why it is unreadable; any other error propagates."""
    try:
        return kind.read(item)
    except UnreadableItem as error:
        return error if SECRET not in str(error) else ValueError("the error tells what is in the item")


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_whatever_is_damaged_gives_the_object_or_the_one_error(kind: Kind) -> None:
    item = from_wire(to_wire(kind.item))
    whole = kind.read(item)
    found = [made_of(kind, each) for each in damaged(deepcopy(item))]

    assert len(found) > 100
    assert {type(each) for each in found} == {type(whole), UnreadableItem}


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_what_is_made_of_a_damaged_item_is_as_whole_as_any(kind: Kind) -> None:
    """Objects that are read can be computed with, compared and printed: damage never shows up later."""
    item = from_wire(to_wire(kind.item))
    for each in damaged(item):
        made = made_of(kind, each)
        if isinstance(made, Order):
            order_to_item(made)
            assert made.open_quantities() is not None
        elif isinstance(made, OrderEvent):
            to_wire(event_to_item(made))
        elif isinstance(made, Acceptance):
            to_wire(acceptance_to_item(made))


@PATIENTLY
@given(orders(), st.data())
def test_any_order_with_any_attribute_of_another_type(order: Order, data: st.DataObject) -> None:
    item = from_wire(to_wire(order_to_item(order)))
    name = data.draw(st.sampled_from(sorted(item)))
    otherwise = made_of(KINDS[0], item | {name: data.draw(st.sampled_from(OTHERWISE))})
    without = made_of(KINDS[0], {each: value for each, value in item.items() if each != name})
    assert {type(otherwise), type(without)} <= {Order, UnreadableItem}


@PATIENTLY
@given(events(), st.data())
def test_any_event_with_any_attribute_of_another_type(event: OrderEvent, data: st.DataObject) -> None:
    item = from_wire(to_wire(event_to_item(event)))
    name = data.draw(st.sampled_from(sorted(item)))
    made = made_of(KINDS[2], item | {name: data.draw(st.sampled_from(OTHERWISE))})
    assert type(made) in {OrderEvent, UnreadableItem}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"schemaVersion": 9}, "schema version 9, and this release reads up to 1"),
        ({"version": "three"}, "attribute 'version' is of another type"),
        ({"status": "boxed"}, "an unknown Status"),
        ({"totals": {}}, "missing attribute 'subtotal'"),
        ({"createdAt": "yesterday"}, "an attribute is not what it should be"),
    ],
)
def test_the_reason_says_which_attribute_and_never_what_is_in_it(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnreadableItem, match=reason) as error:
        order_from_item(order_to_item(an_order()) | change)
    assert (error.value.tenant_id, error.value.order_id) == ("tenant_a", an_order().order_id)
    assert error.value.customer_id == an_order().customer_id


def test_a_waiting_event_that_cannot_be_read_has_its_place_among_the_others() -> None:
    event = an_event()
    pending = {
        "0000000003": waiting_event(event) | {"sequence": 3},
        "0000000002": {"schemaVersion": 9},
        "0000000001": waiting_event(event),
        "0000000004": waiting_event(event) | {"sequence": 7},
        "0000000005": SECRET,
        "no number": {},
    }
    found = list(events_of(pending, tenant_id=event.tenant_id, order_id=event.order_id))
    assert [each.sequence for each in found[:5]] == [1, 2, 3, 4, 5]
    assert [isinstance(each, UnreadableItem) for each in found] == [False, True, False, True, True, True]
    assert SECRET not in "".join(str(each) for each in found if isinstance(each, UnreadableItem))


@pytest.mark.parametrize("attribute", ["orderId", "tenantId"])
def test_what_says_that_it_is_another_than_its_key_is_not_believed(attribute: str) -> None:
    order = an_order()
    others = an_order(tenant_id="tenant_b", order_id=an_order_id(7))
    item = from_wire(to_wire(order_to_item(order))) | {attribute: order_to_item(others)[attribute]}
    with pytest.raises(UnreadableItem, match="differs from that of its key") as refused:
        order_from_item(item)
    assert (refused.value.tenant_id, refused.value.order_id) == (order.tenant_id, order.order_id)
