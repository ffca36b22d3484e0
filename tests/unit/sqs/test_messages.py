"""Bodies of messages: what is understood, and what is refused with which reason."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.adapters.inbound.sqs.messages import (
    MessageRefused,
    OrderEventMessage,
    bus_message,
    order_event,
    parse_json_object,
)
from orders.contracts.cloud_event import to_cloud_event
from orders.domain.events import EventType, OrderEvent
from orders.domain.lifecycle import Role
from tests.support.builders import NOON, a_stamp, an_order, an_order_id


def an_event(**changes: Any) -> OrderEvent:
    change = an_order().process(a_stamp(role=Role.STAFF), [Role.STAFF])
    assert change.event is not None
    return replace(change.event, **changes)


def an_envelope(detail: object = None, **changes: Any) -> dict[str, Any]:
    """Builds EventBridge's envelope of an event."""
    detail = to_cloud_event(an_event()) if detail is None else detail
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": "io.bbws.orders.order.processing.v1",
        "source": "io.bbws.orders",
        "account": "111122223333",
        "time": "2026-11-22T12:00:00Z",
        "region": "af-south-1",
        "resources": [],
        "detail": detail,
    } | changes


def in_sns(body: str) -> str:
    return json.dumps({"Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:x", "Message": body})


def parse_order_event(body: str) -> OrderEventMessage:
    return order_event(bus_message(parse_json_object(body)))


def test_our_own_event_comes_back_as_it_went() -> None:
    message = parse_order_event(json.dumps(an_envelope()))
    assert message.type is EventType.PROCESSING
    assert (message.tenant_id, message.order_id) == ("tenant_a", an_order_id())
    assert (message.sequence, message.version) == (2, 2)
    assert message.time == NOON
    assert message.event_id == f"{an_order_id()}.1.0000000002"
    assert message.data["previous_status"] == "pending"
    assert message.traceparent is None
    assert not message.replayed


@given(
    type_=st.sampled_from(EventType),
    sequence=st.integers(1, 10**9),
    version=st.integers(1, 10**9),
    at=st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive
    traceparent=st.none() | st.just("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    replayed=st.booleans(),
)
def test_every_event_survives_the_way_round(
    type_: EventType, sequence: int, version: int, at: datetime, traceparent: str | None, replayed: bool
) -> None:
    event = an_event(type=type_, sequence=sequence, version=version, at=at, traceparent=traceparent)
    message = parse_order_event(json.dumps(an_envelope(to_cloud_event(event, replayed=replayed))))
    assert message.type is type_
    assert (message.sequence, message.version, message.replayed) == (sequence, version, replayed)
    assert message.time == at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert message.traceparent == traceparent


def test_what_is_not_known_yet_does_no_harm() -> None:
    detail = to_cloud_event(an_event()) | {"partitionkey": "x"}
    message = parse_order_event(json.dumps(an_envelope(detail, **{"replay-name": "r1"})))
    assert message.sequence == 2


def test_a_topic_s_envelope_is_taken_off() -> None:
    assert parse_order_event(in_sns(json.dumps(an_envelope()))).sequence == 2
    assert parse_json_object(in_sns('{"notificationType": "Bounce"}')) == {"notificationType": "Bounce"}


def test_an_event_of_another_service_is_a_bus_message() -> None:
    envelope = an_envelope({"order_id": "x"}, source="io.bbws.payments", **{"detail-type": "PaymentCaptured"})
    message = bus_message(parse_json_object(json.dumps(envelope)))
    assert (message.source, message.type, message.detail) == ("io.bbws.payments", "PaymentCaptured", {"order_id": "x"})
    assert message.at == NOON


def cloud_event(**changes: Any) -> dict[str, Any]:
    return to_cloud_event(an_event()) | changes


REFUSED = {
    "not JSON": ("{", "the body is not JSON"),
    "empty": ("", "the body is not JSON"),
    "no JSON number": ('{"a": NaN}', "NaN is no JSON value"),
    "too deep": ("[" * 200_000, "the body is not JSON"),
    "no object": ("[1]", "not a JSON object but list"),
    "broken inside SNS": (in_sns("{"), "the SNS message is not JSON"),
    "no envelope": (json.dumps(cloud_event()), "not an EventBridge event: detail-type: Field required"),
    "another's event": (json.dumps(an_envelope(source="io.bbws.payments")), "not io.bbws.orders"),
    "no CloudEvent": (json.dumps(an_envelope({"order_id": "x"})), "not a CloudEvent: specversion: Field required"),
    "another version of CloudEvents": (json.dumps(an_envelope(cloud_event(specversion="2.0"))), "specversion"),
    "an unknown type": (json.dumps(an_envelope(cloud_event(type="io.bbws.orders.order.lost.v1"))), "no type of event"),
    "no sequence": (json.dumps(an_envelope(cloud_event(sequence="first"))), "sequence"),
    "a naive time": (json.dumps(an_envelope(cloud_event(time="2026-11-22T12:00:00"))), "time"),
    "a time before all years": (
        json.dumps(an_envelope(cloud_event(time="0001-01-01T00:00:00+14:00"))),
        "time: Value error, the time is out",
    ),
    "a time after all years": (
        json.dumps(an_envelope(time="9999-12-31T23:59:59-14:00")),
        "time: Value error, the time is out",
    ),
    "a wrong order id": (
        json.dumps(an_envelope(cloud_event(data={"order_id": "ord_1\n", "tenant_id": "t", "version": 1}))),
        "not an order event's data: order_id",
    ),
    "a wrong tenant": (
        json.dumps(an_envelope(cloud_event(data={"order_id": an_order_id(), "tenant_id": "a#b", "version": 1}))),
        "not an order event's data: tenant_id",
    ),
}


@pytest.mark.parametrize(("body", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_an_event_of_ours_is_refused_with_a_reason(body: str, reason: str) -> None:
    with pytest.raises(MessageRefused, match=reason) as refused:
        parse_order_event(body)
    assert refused.value.reason == str(refused.value)
    assert len(refused.value.reason) < 500


def test_reasons_do_not_quote_what_they_refuse() -> None:
    body = json.dumps(an_envelope(cloud_event(sequence="thandi@example.com")))
    with pytest.raises(MessageRefused) as refused:
        parse_order_event(body)
    assert "thandi" not in refused.value.reason


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_either_understood_or_refused(content: object) -> None:
    for body in (json.dumps(content), json.dumps(an_envelope(content)), in_sns(json.dumps(content))):
        try:
            understood = parse_order_event(body)
        except MessageRefused:
            continue
        assert understood.order_id
