"""Messages of the event-processor and their effects."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.adapters.inbound.sqs.workers.event_processor import TRANSITIONS
from orders.application.orders.scrub_order import SECOND_PASS_AFTER
from orders.application.policy.errors import OrderNotFound
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.contracts.cloud_event import cloud_event_type, to_cloud_event
from orders.contracts.commands import SCRUB_ORDER
from orders.domain.events import EventType, OrderEvent
from orders.domain.lifecycle import Action, Role
from orders.domain.order import Order
from orders.domain.reports import SOURCES, ReportType
from orders.domain.retention import ENDING
from orders.ports.errors import NotYet
from orders.ports.metric_catalogue import EVENTS_DROPPED
from tests.support.builders import a_draft, an_order, an_order_id
from tests.support.external_event_feeds import a_report, on_the_bus
from tests.support.service import HOLD, Service, a_caller
from tests.support.workers import an_event_processor, delivered, handled, message
from tools.message_schemas import report_file

EVENTS = Path(__file__).parents[3] / "docs" / "events"


async def erased(service: Service) -> tuple[Order, OrderEvent]:
    order = await service.place_order.execute(a_caller(), a_draft(notes="Ring twice"))
    order = await service.change_status.execute(a_caller(), order, Action.CANCEL, reason="Thandi changed her mind")
    order = await service.erase_personal_data.execute(a_caller(Role.ADMIN), order)
    await service.fast_path.drain()
    return order, service.publisher.published[-1]


def reasons(service: Service, order: Order) -> list[str | None]:
    return [event.reason for event in service.table.log(order.tenant_id, order.order_id).values()]


def of_another(source: str, type_: str, detail: Any = None) -> Any:
    return {
        "id": "1",
        "source": source,
        "detail-type": type_,
        "time": "2026-11-22T12:00:00Z",
        "detail": detail or {"order_id": "x"},
    }


async def test_an_erased_order_is_scrubbed_and_again_later() -> None:
    service = Service()
    order, event = await erased(service)
    process = an_event_processor(service)
    await handled(process)(delivered(event))
    assert reasons(service, order) == [None, "[erased]", None]
    assert service.scrub_requests.requested == [(order.tenant_id, order.order_id, SECOND_PASS_AFTER)]
    assert process.dropped == 0


async def test_a_replayed_erasure_is_applied_too() -> None:
    service = Service()
    order, event = await erased(service)
    await handled(an_event_processor(service))(delivered(event, replayed=True))
    assert reasons(service, order) == [None, "[erased]", None]


async def test_by_command_it_is_scrubbed_and_no_more_asked_for() -> None:
    service = Service()
    order, _ = await erased(service)
    command = {"command": SCRUB_ORDER, "tenant_id": order.tenant_id, "order_id": order.order_id}
    for _ in range(2):
        await handled(an_event_processor(service))(message(command))
    assert reasons(service, order) == [None, "[erased]", None]
    assert service.scrub_requests.requested == []


async def test_types_that_nobody_listens_to_are_counted_and_dropped() -> None:
    service = Service()
    order, event = await erased(service)
    process = an_event_processor(service)
    created = service.publisher.published[0]
    assert created.type is EventType.CREATED
    await handled(process)(delivered(created))
    await handled(process)(message(of_another("io.bbws.payments", "PaymentPostponed")))
    # The right type from the wrong source: whoever says so is not believed.
    content = to_cloud_event(event)
    await handled(process)(message(of_another("io.bbws.payments", str(content["type"]), content)))
    assert process.dropped == 3
    assert "Thandi changed her mind" in reasons(service, order)


@pytest.mark.parametrize("type_", ReportType)
async def test_each_report_is_believed_from_its_own_source_only(type_: ReportType) -> None:
    service = Service()
    order = await service.place_order.execute(a_caller(), a_draft())
    process = an_event_processor(service)
    report = a_report(type_)
    for source in {*SOURCES.values(), "io.bbws.orders", "com.example"} - {SOURCES[type_]}:
        await handled(process)(message(on_the_bus(order, report) | {"source": source}))
    assert (process.dropped, service.counters.of(EVENTS_DROPPED, why="source")) == (4, 4)
    untouched = await service.repository.get(order.tenant_id, order.order_id)
    assert untouched == order
    service.clock.advance(HOLD)
    await handled(process)(message(on_the_bus(order, report)))
    assert await service.repository.get(order.tenant_id, order.order_id) != order


def test_the_rules_lead_here_what_is_listened_to() -> None:
    rule = next(rule for rule in packaged_topology().rules if rule.name == "bbws-order-events")
    assert (set(rule.sources), set(rule.detail_types or ())) == (set(SOURCES.values()), set(ReportType))
    rule = next(rule for rule in packaged_topology().rules if rule.name == "bbws-order-transitions")
    assert set(rule.detail_types or ()) == {cloud_event_type(type_) for type_ in {*TRANSITIONS, *ENDING}}


@pytest.mark.parametrize(
    ("type_", "changed", "says"),
    [
        (ReportType.PAYMENT_CAPTURED, {"event_id": None}, "not a PaymentCaptured: event_id"),
        (ReportType.PAYMENT_CAPTURED, {"tenant_id": "a b"}, "tenant_id: "),
        (ReportType.PAYMENT_FAILED, {"occurred_at": "yesterday"}, "occurred_at: this must be an RFC 3339 time"),
        (ReportType.SHIPMENT_DISPATCHED, {"lines": None}, "lines: "),
        (ReportType.SHIPMENT_DISPATCHED, {"lines": [{"line_id": "line_1", "quantity": 0}]}, r"lines.0.quantity: "),
        (ReportType.SHIPMENT_DISPATCHED, {"carrier": "4242 4242 4242 4242"}, "carrier: this holds a card number"),
        (ReportType.SHIPMENT_DELIVERED, {"tracking_number": ""}, "tracking_number: "),
    ],
)
async def test_a_report_that_cannot_be_used_is_refused_with_the_place(
    type_: ReportType, changed: dict[str, Any], says: str
) -> None:
    service = Service()
    order = await service.place_order.execute(a_caller(), a_draft())
    body: Any = on_the_bus(order, a_report(type_))
    body["detail"] |= changed
    with pytest.raises(MessageRefused, match=says) as refusal:
        await handled(an_event_processor(service))(message(body))
    assert "4242" not in f"{refusal.value.reason} {refusal.value.kept}"


async def test_members_of_their_own_and_reasons_that_are_no_codes_are_passed_over() -> None:
    service = Service()
    order = await service.place_order.execute(a_caller(), a_draft())
    body: Any = on_the_bus(order, a_report(ReportType.STOCK_REJECTED))
    body["detail"] |= {"warehouse": {"id": 7}, "reason_code": "Sorry, Thandi!"}
    await handled(an_event_processor(service))(message(body))
    rejected = await service.repository.get(order.tenant_id, order.order_id)
    assert rejected is not None
    assert (rejected.status, rejected.reason) == ("rejected", "out_of_stock")


@pytest.mark.parametrize("type_", ReportType)
def test_what_is_read_is_what_the_schema_says(type_: ReportType) -> None:
    schema = json.loads((EVENTS / report_file(type_)).read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    body: Any = on_the_bus(an_order(), a_report(type_))
    validator.validate(body["detail"])
    del body["detail"]["occurred_at"]
    assert not validator.is_valid(body["detail"])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("{", "is not JSON"),
        (
            {"command": "dance", "tenant_id": "t", "order_id": an_order_id()},
            "no command 'dance'; there are scrub-order, retain-order",
        ),
        ({"command": SCRUB_ORDER, "tenant_id": "t"}, "not a command: wrong or missing 'order_id'"),
        ({"detail": {}}, "not an EventBridge event"),
        (of_another("io.bbws.orders", "io.bbws.orders.order.erased.v1"), "not a CloudEvent"),
    ],
)
async def test_what_is_none_of_its_messages_is_refused_with_the_reason(body: Any, says: str) -> None:
    with pytest.raises(MessageRefused, match=says):
        await handled(an_event_processor(Service()))(message(body))


async def test_nothing_is_scrubbed_on_anybodys_word_alone() -> None:
    service = Service()
    order = await service.place_order.execute(a_caller(), a_draft())
    process = an_event_processor(service)
    with pytest.raises(NotYet):
        await handled(process)(
            message({"command": SCRUB_ORDER, "tenant_id": order.tenant_id, "order_id": order.order_id})
        )
    with pytest.raises(OrderNotFound):
        await handled(process)(message({"command": SCRUB_ORDER, "tenant_id": "tenant_b", "order_id": order.order_id}))
