"""Events as other systems get them."""

import json
from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from orders.contracts.cloud_event import cloud_event_type, event_type, to_cloud_event
from orders.domain.events import EventType, OrderEvent
from orders.domain.lifecycle import Role
from tests.support.builders import NOON, a_stamp, an_order, an_order_id

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def a_cancelled_event() -> OrderEvent:
    change = an_order().cancel("Ring me at +27 82 555 0100", a_stamp(), [Role.CUSTOMER])
    assert change.event is not None
    return change.event


def test_an_event_has_the_attributes_of_cloud_events() -> None:
    event = to_cloud_event(a_cancelled_event())
    order_id = an_order_id()
    assert {name: value for name, value in event.items() if name != "data"} == {
        "specversion": "1.0",
        "id": f"{order_id}.1.0000000002",
        "source": f"/tenants/tenant_a/orders/{order_id}",
        "type": "io.bbws.orders.order.cancelled.v1",
        "subject": order_id,
        "time": "2026-11-22T12:00:00.000Z",
        "datacontenttype": "application/json",
        "sequence": "0000000002",
    }


def test_extensions_are_there_only_when_they_say_something() -> None:
    event = replace(a_cancelled_event(), traceparent=TRACEPARENT)
    assert to_cloud_event(event)["traceparent"] == TRACEPARENT
    assert "replayed" not in to_cloud_event(event)
    assert to_cloud_event(event, replayed=True)["replayed"] is True


def test_a_replayed_event_keeps_its_identity() -> None:
    event = a_cancelled_event()
    assert to_cloud_event(event, replayed=True)["id"] == to_cloud_event(event)["id"]


def test_attribute_names_are_those_that_cloud_events_allows() -> None:
    event = to_cloud_event(replace(a_cancelled_event(), traceparent=TRACEPARENT), replayed=True)
    assert all(name.isascii() and name.isalnum() and name.islower() for name in event)


def test_the_data_tells_what_happened_and_nothing_personal() -> None:
    event = to_cloud_event(a_cancelled_event())
    text = json.dumps(event)
    for personal in ("Thandi", "example.com", "555", "Long Street", "Ring me"):
        assert personal not in text
    data = event["data"]
    assert isinstance(data, dict)
    assert data["status"] == "cancelled"
    assert data["reason_code"] == "other"
    assert data["actor"] == {"role": "customer"}
    assert data["changed"] == ["/status"]
    assert data["version"] == 2
    assert (data["tenant_id"], data["order_id"]) == ("tenant_a", an_order_id())


def test_keys_of_metadata_are_not_told() -> None:
    event = replace(a_cancelled_event(), changed=("/notes", "/metadata/for Thandi", "/metadata/x"))
    data = to_cloud_event(event)["data"]
    assert isinstance(data, dict)
    assert data["changed"] == ["/notes", "/metadata"]


def test_times_are_utc_with_milliseconds() -> None:
    johannesburg = timezone(timedelta(hours=2))
    event = replace(a_cancelled_event(), at=NOON.replace(microsecond=7_999).astimezone(johannesburg))
    assert to_cloud_event(event)["time"] == "2026-11-22T12:00:00.007Z"


@pytest.mark.parametrize("type_", EventType)
def test_every_type_is_found_again_by_its_name_outside(type_: EventType) -> None:
    assert event_type(cloud_event_type(type_)) is type_


def test_an_unknown_type_is_not_found() -> None:
    with pytest.raises(KeyError):
        event_type("io.bbws.orders.order.created.v2")
