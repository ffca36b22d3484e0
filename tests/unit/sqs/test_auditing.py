"""Every worker is on record for each message that it was given ([SEC-5])."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from orders.adapters.inbound.sqs.message_handler import AuditedHandler
from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.adapters.inbound.sqs.worker import Message, QueueWorker
from orders.adapters.inbound.sqs.workers.customer_notifier import CustomerNotifier
from orders.adapters.inbound.sqs.workers.internal_notifier import InternalNotifier
from orders.adapters.inbound.sqs.workers.mail_feedback import MailFeedbackHandler
from orders.adapters.inbound.sqs.workers.pdf_creator import PdfCreator
from orders.adapters.inbound.sqs.workers.record_creator import ANY, RecordCreator, Senders
from orders.application.policy.errors import OrderNotFound
from orders.bootstrap.workers import WORKERS as ALL
from orders.contracts.cloud_event import EVENT_SOURCE, to_cloud_event
from orders.contracts.commands import PLACE_ACCEPTED, RENDER_DOCUMENT, SCRUB_ORDER
from orders.domain.events import EventType, OrderEvent
from orders.domain.identity import derived_order_id
from orders.domain.lifecycle import Action, Role
from orders.domain.order import Order
from orders.ports.audit import AuditOutcome, AuditRecord
from orders.ports.errors import NotYet, TransientPortError
from tests.support.builders import a_draft
from tests.support.hostile import TOO_DEEP
from tests.support.mail_service import in_sns, ses_event
from tests.support.service import Service, a_caller
from tests.support.workers import an_event_processor

ALLOWED, DENIED, REFUSED, FAILED = AuditOutcome
SENDER = "AROAEXAMPLE:thandi@example.com"


def message(body: Any) -> ReceivedMessage:
    text = body if isinstance(body, str) else json.dumps(body)
    return ReceivedMessage("message-1", text, "receipt", 1, sender=SENDER, author=SENDER)


def as_delivered(event: OrderEvent) -> Mapping[str, Any]:
    content = to_cloud_event(event)
    return {
        "id": "1", "source": EVENT_SOURCE, "detail-type": content["type"], "time": content["time"], "detail": content,
    }  # fmt: skip


WORKERS: Mapping[str, Callable[[Service], QueueWorker]] = {
    "record-creator": lambda service: RecordCreator(service.place_accepted, service.place_queued, Senders({ANY: ANY})),
    "pdf-creator": lambda service: PdfCreator(service.render_document),
    "customer-notifier": lambda service: CustomerNotifier(service.notify_customer),
    "internal-notifier": lambda service: InternalNotifier(service.notify_staff),
    "event-processor": an_event_processor,
    "mail-feedback": lambda service: MailFeedbackHandler(service.record_mail_feedback, service.counters),
}


@dataclass
class Desk:
    """A service with an order, and an audited worker."""

    service: Service
    order: Order

    @classmethod
    async def open(cls) -> "Desk":
        service = Service()
        order = await service.place_order.execute(a_caller(), a_draft())
        await service.fast_path.drain()
        service.trail.records.clear()
        return cls(service, order)

    @property
    def created(self) -> Mapping[str, Any]:
        return as_delivered(self.service.publisher.published[0])

    async def give(self, worker: str, body: Any) -> AuditRecord:
        """Gives the worker a message; returns the audit records."""
        try:
            await AuditedHandler(WORKERS[worker](self.service), self.service.audit)(message(body))
        finally:
            (record,) = self.service.trail.records
        return record


def test_every_worker_has_a_case_here() -> None:
    assert set(WORKERS) == set(ALL)


@pytest.mark.parametrize("worker", ["pdf-creator", "customer-notifier", "internal-notifier"])
async def test_reading_an_order_for_an_event_is_audited(worker: str) -> None:
    desk = await Desk.open()
    record = await desk.give(worker, desk.created)
    assert (record.principal, record.role, record.outcome, record.why) == (worker, "service", ALLOWED, None)
    assert (record.tenant_id, record.order_id) == ("tenant_a", desk.order.order_id)
    assert record.operation == "io.bbws.orders.order.created.v1"
    assert (record.origin, record.request_id) == ("queue:AROAEXAMPLE", "message-1")


async def test_commands_are_audited() -> None:
    desk = await Desk.open()
    command = {"command": RENDER_DOCUMENT, "tenant_id": "tenant_a", "order_id": desk.order.order_id}
    record = await desk.give("pdf-creator", command)
    assert (record.operation, record.order_id, record.outcome) == (RENDER_DOCUMENT, desk.order.order_id, ALLOWED)


async def test_queued_orders_are_audited_under_their_new_id() -> None:
    desk = await Desk.open()
    order = {"customer_id": "c", "items": [{"product_id": "p", "quantity": 1, "price": 1}], "total": 1}
    command = {"command": "create-order", "tenant_id": "tenant_b", "idempotency_key": "k", "order": order}
    record = await desk.give("record-creator", command)
    placed = derived_order_id(tenant_id="tenant_b", principal="queue:AROAEXAMPLE", key="k")
    assert (record.operation, record.tenant_id, record.order_id) == ("create-order", "tenant_b", placed)


async def test_placing_accepted_orders_is_audited() -> None:
    desk = await Desk.open()
    order = await desk.service.accept_order.execute(a_caller(), a_draft())
    await desk.service.fast_path.drain()
    command = {"command": PLACE_ACCEPTED, "tenant_id": "tenant_a", "order_id": order.order_id}
    record = await desk.give("record-creator", command)
    assert (record.operation, record.order_id, record.outcome) == (PLACE_ACCEPTED, order.order_id, ALLOWED)


async def test_scrubbing_is_audited() -> None:
    desk = await Desk.open()
    command = {"command": SCRUB_ORDER, "tenant_id": "tenant_a", "order_id": desk.order.order_id}
    with pytest.raises(NotYet):
        await desk.give("event-processor", command)
    admin = a_caller(Role.ADMIN)
    cancelled = await desk.service.change_status.execute(admin, desk.order, Action.CANCEL)
    await desk.service.erase_personal_data.execute(admin, cancelled)
    await desk.service.fast_path.drain()
    desk.service.trail.records.clear()
    record = await desk.give("event-processor", command)
    assert (record.operation, record.order_id, record.outcome) == (SCRUB_ORDER, desk.order.order_id, ALLOWED)


@pytest.mark.parametrize("wrapped", [False, True])
async def test_mail_feedback_is_audited(wrapped: bool) -> None:
    desk = await Desk.open()
    await desk.service.notify_staff.execute("tenant_a", desk.order.order_id, EventType.CREATED, 1)
    body: Any = ses_event(desk.service.sender.sent[0], "Bounce")
    record = await desk.give("mail-feedback", in_sns(body) if wrapped else body)
    assert (record.operation, record.outcome) == ("Bounce", ALLOWED)
    assert (record.tenant_id, record.order_id) == ("tenant_a", desk.order.order_id)


@pytest.mark.parametrize("worker", WORKERS)
@pytest.mark.parametrize("body", ["{", *TOO_DEEP], ids=["no JSON", *(f"{len(each)} characters" for each in TOO_DEEP)])
async def test_refused_messages_are_audited_as_refused(worker: str, body: str) -> None:
    desk = await Desk.open()
    with pytest.raises(MessageRefused):
        await desk.give(worker, body)
    (record,) = desk.service.trail.records
    assert (record.outcome, record.why, record.operation) == (REFUSED, "MessageRefused", "unknown-message")
    assert (record.tenant_id, record.order_id) == (None, None)


@pytest.mark.parametrize("worker", ["pdf-creator", "customer-notifier", "internal-notifier"])
async def test_a_missing_or_unreachable_order_is_audited(worker: str) -> None:
    desk = await Desk.open()
    event = {"detail": {**desk.created["detail"]}, **{k: v for k, v in desk.created.items() if k != "detail"}}
    if worker == "customer-notifier":
        event["detail"]["type"] = event["detail-type"] = "io.bbws.orders.order.cancelled.v1"
    missing = json.loads(json.dumps(event).replace(desk.order.order_id, "ord_" + "0" * 26))
    with pytest.raises(OrderNotFound):
        await desk.give(worker, missing)
    (record,) = desk.service.trail.records
    assert (record.outcome, record.why) == (REFUSED, "OrderNotFound")
    desk.service.trail.records.clear()
    desk.service.table.reachable = False
    with pytest.raises(TransientPortError):
        await desk.give(worker, event)
    (record,) = desk.service.trail.records
    assert (record.outcome, record.why, record.order_id) == (FAILED, "TransientPortError", desk.order.order_id)


async def test_bugs_and_cancellation_are_audited_as_failures() -> None:
    desk = await Desk.open()
    desk.service.renderer.failures.append(ZeroDivisionError("Thandi"))
    with pytest.raises(ZeroDivisionError):
        await desk.give("pdf-creator", desk.created)
    (record,) = desk.service.trail.records
    assert (record.outcome, record.why) == (FAILED, "ZeroDivisionError")


class _Endless(QueueWorker):
    name = "pdf-creator"

    async def handle(self, message: Message) -> None:
        await asyncio.Event().wait()


async def test_an_attempt_of_a_stopped_worker_is_audited() -> None:
    desk = await Desk.open()
    task = asyncio.create_task(AuditedHandler(_Endless(), desk.service.audit)(message(desk.created)))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    (record,) = desk.service.trail.records
    assert (record.outcome, record.why, record.order_id) == (FAILED, "CancelledError", desk.order.order_id)
