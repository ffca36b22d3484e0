"""What the event-processor makes of its messages."""

from typing import Any

import pytest

from orders.adapters.inbound.sqs.event_processor import EventProcessor
from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.application.cloud_event import to_cloud_event
from orders.application.commands import SCRUB_ORDER
from orders.application.errors import OrderNotFound
from orders.application.scrub_order import SECOND_PASS_AFTER
from orders.domain.events import EventType, OrderEvent
from orders.domain.lifecycle import Action, Role
from orders.domain.order import Order
from orders.ports.errors import NotYet
from tests.builders import a_draft, an_order_id
from tests.service import Service, a_caller
from tests.workers import delivered, message


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
    process = EventProcessor(service.scrub_order)
    await process(delivered(event))
    assert reasons(service, order) == [None, "[erased]", None]
    assert service.scrub_requests.requested == [(order.tenant_id, order.order_id, SECOND_PASS_AFTER)]
    assert process.dropped == 0


async def test_a_replayed_erasure_is_one_too() -> None:
    service = Service()
    order, event = await erased(service)
    await EventProcessor(service.scrub_order)(delivered(event, replayed=True))
    assert reasons(service, order) == [None, "[erased]", None]


async def test_by_command_it_is_scrubbed_and_no_more_asked_for() -> None:
    service = Service()
    order, _ = await erased(service)
    command = {"command": SCRUB_ORDER, "tenant_id": order.tenant_id, "order_id": order.order_id}
    for _ in range(2):
        await EventProcessor(service.scrub_order)(message(command))
    assert reasons(service, order) == [None, "[erased]", None]
    assert service.scrub_requests.requested == []


async def test_types_that_nobody_listens_to_are_counted_and_dropped() -> None:
    service = Service()
    order, event = await erased(service)
    process = EventProcessor(service.scrub_order)
    created = service.publisher.published[0]
    assert created.type is EventType.CREATED
    await process(delivered(created))
    await process(message(of_another("io.bbws.payments", "PaymentPostponed")))
    # The right type from the wrong source: whoever says so is not believed.
    content = to_cloud_event(event)
    await process(message(of_another("io.bbws.payments", str(content["type"]), content)))
    assert process.dropped == 3
    assert "Thandi changed her mind" in reasons(service, order)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("{", "is not JSON"),
        ({"command": "dance", "tenant_id": "t", "order_id": an_order_id()}, "no command 'dance'; there is scrub-order"),
        ({"command": SCRUB_ORDER, "tenant_id": "t"}, "not a command: wrong or unknown 'order_id'"),
        ({"detail": {}}, "not an EventBridge event"),
        (of_another("io.bbws.orders", "io.bbws.orders.order.erased.v1"), "not a CloudEvent"),
    ],
)
async def test_what_is_none_of_its_messages_is_refused_with_the_reason(body: Any, says: str) -> None:
    with pytest.raises(MessageRefused, match=says):
        await EventProcessor(Service().scrub_order)(message(body))


async def test_nothing_is_scrubbed_on_anybodys_word_alone() -> None:
    service = Service()
    order = await service.place_order.execute(a_caller(), a_draft())
    process = EventProcessor(service.scrub_order)
    with pytest.raises(NotYet):
        await process(message({"command": SCRUB_ORDER, "tenant_id": order.tenant_id, "order_id": order.order_id}))
    with pytest.raises(OrderNotFound):
        await process(message({"command": SCRUB_ORDER, "tenant_id": "tenant_b", "order_id": order.order_id}))
