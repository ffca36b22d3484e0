"""Messages of each worker and their effects, over the use cases and in-memory adapters."""

from typing import Any

import pytest

from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.adapters.inbound.sqs.workers.customer_notifier import CustomerNotifier
from orders.adapters.inbound.sqs.workers.internal_notifier import InternalNotifier
from orders.adapters.inbound.sqs.workers.pdf_creator import PdfCreator
from orders.application.policy.errors import OrderNotFound
from orders.contracts.commands import RENDER_DOCUMENT
from orders.domain.events import OrderEvent
from orders.domain.order import Order
from tests.support.builders import a_draft, an_order_id
from tests.support.service import Service, a_caller
from tests.support.workers import delivered, handled, message


async def placed(service: Service) -> tuple[Order, OrderEvent]:
    order = await service.place_order.execute(a_caller(), a_draft())
    await service.fast_path.drain()
    return order, service.publisher.published[-1]


async def test_a_created_event_is_rendered_confirmed_and_told_to_staff() -> None:
    service = Service()
    order, created = await placed(service)
    await handled(PdfCreator(service.render_document))(delivered(created))
    await service.fast_path.drain()
    ready = service.publisher.published[-1]
    assert ready.actor.principal == "pdf-creator"
    await handled(CustomerNotifier(service.notify_customer))(delivered(ready))
    await handled(InternalNotifier(service.notify_staff))(delivered(created))
    assert [dict(mail.tags)["template"] for mail in service.sender.sent] == ["order_confirmation", "staff_new_order"]
    assert order.order_number in service.sender.sent[0].content.subject


async def test_twice_is_as_good_as_once() -> None:
    service = Service()
    _, created = await placed(service)
    for _ in range(2):
        await handled(PdfCreator(service.render_document))(delivered(created))
        await handled(InternalNotifier(service.notify_staff))(delivered(created))
    assert (service.renderer.rendered, len(service.sender.sent)) == (1, 1)


async def test_replayed_events_send_no_mail() -> None:
    service = Service()
    _, created = await placed(service)
    await handled(InternalNotifier(service.notify_staff))(delivered(created, replayed=True))
    await handled(CustomerNotifier(service.notify_customer))(delivered(created, replayed=True))
    assert service.sender.sent == []


async def test_a_document_can_be_asked_for_by_command() -> None:
    service = Service()
    order, created = await placed(service)
    create = handled(PdfCreator(service.render_document))
    await create(delivered(created))
    service.documents.documents.clear()
    await create(message({"command": RENDER_DOCUMENT, "tenant_id": order.tenant_id, "order_id": order.order_id}))
    assert len(service.documents.documents) == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("{", "is not JSON"),
        ({"command": "dance", "tenant_id": "t", "order_id": an_order_id()}, "no command 'dance'"),
        ({"command": RENDER_DOCUMENT, "tenant_id": "t"}, "not a command: wrong or missing 'order_id'"),
        ({"detail": {}}, "not an EventBridge event"),
    ],
)
async def test_what_is_none_of_its_messages_is_refused_with_the_reason(body: Any, says: str) -> None:
    with pytest.raises(MessageRefused, match=says):
        await handled(PdfCreator(Service().render_document))(message(body))


async def test_a_message_about_an_order_that_never_was_is_impossible() -> None:
    body = {"command": RENDER_DOCUMENT, "tenant_id": "tenant_a", "order_id": an_order_id(5)}
    with pytest.raises(OrderNotFound):
        await handled(PdfCreator(Service().render_document))(message(body))
