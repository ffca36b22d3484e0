"""Every worker of a service, with the bus and the queues between them, one message at a time."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from orders.adapters.inbound.sqs.message_handler import AuditedHandler
from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.adapters.inbound.sqs.worker import QueueWorker
from orders.adapters.inbound.sqs.workers.customer_notifier import CustomerNotifier
from orders.adapters.inbound.sqs.workers.event_processor import EventProcessor
from orders.adapters.inbound.sqs.workers.internal_notifier import InternalNotifier
from orders.adapters.inbound.sqs.workers.mail_feedback import MailFeedbackHandler
from orders.adapters.inbound.sqs.workers.pdf_creator import PdfCreator
from orders.adapters.inbound.sqs.workers.record_creator import ANY, RecordCreator, Senders
from orders.adapters.outbound.memory.audit_trail import MemoryAuditTrail
from orders.adapters.outbound.memory.clock import SteppingClock
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.application.policy.audit import Audit
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.contracts.cloud_event import EVENT_SOURCE, to_cloud_event
from orders.contracts.commands import PLACE_ACCEPTED, RETAIN_ORDER, SCRUB_ORDER
from orders.domain.events import OrderEvent
from tests.support.builders import NOON
from tests.support.service import Service

Handler = Callable[[ReceivedMessage], Awaitable[None]]


def message(body: Any) -> ReceivedMessage:
    """A message as a queue hands it out."""
    return ReceivedMessage("m1", body if isinstance(body, str) else json.dumps(body), "receipt", 1)


def delivered(event: OrderEvent, *, replayed: bool = False) -> ReceivedMessage:
    """The event as the bus delivers it."""
    content = to_cloud_event(event, replayed=replayed)
    return message(
        {"id": "1", "source": EVENT_SOURCE, "detail-type": content["type"], "time": content["time"], "detail": content}
    )


def an_event_processor(service: Service) -> EventProcessor:
    """The event-processor over a service."""
    return EventProcessor(
        service.scrub_order, service.apply_external_event, service.use_cases.retain_order(), service.counters
    )


def handled(worker: QueueWorker) -> Handler:
    """The worker as a poller calls it, with nobody to read the audit trail."""
    return AuditedHandler(worker, Audit(MemoryAuditTrail(MemoryMetrics()), SteppingClock(NOON)))


class Workers:
    """Delivers what the service has told, by the rules of topology.yaml, and what it has asked of itself."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.workers: list[QueueWorker] = [
            RecordCreator(service.place_accepted, service.place_queued, Senders({ANY: ANY})),
            PdfCreator(service.render_document),
            InternalNotifier(service.notify_staff),
            CustomerNotifier(service.notify_customer),
            an_event_processor(service),
            MailFeedbackHandler(service.record_mail_feedback, service.counters),
        ]
        self.handlers: Mapping[str, Handler] = {worker.name: handled(worker) for worker in self.workers}
        self._told = self._commanded = 0

    async def settle(self) -> None:
        """Go on until nobody has anything to do any more, but for what waits for its time."""
        while True:
            await self._service.fast_path.drain()
            events = self._service.publisher.published[self._told :]
            commands = self._service.commands.asked[self._commanded :]
            if not events and not commands:
                return
            self._told += len(events)
            self._commanded += len(commands)
            for tenant_id, order_id, _ in commands:
                body = {"command": PLACE_ACCEPTED, "tenant_id": tenant_id, "order_id": order_id}
                await self.handlers["record-creator"](message(body))
            for event in events:
                await self.deliver(event)

    async def deliver(self, event: OrderEvent) -> None:
        """Hand one event to each worker whose queue a rule leads it to."""
        arriving = delivered(event)
        type_ = json.loads(arriving.body)["detail-type"]
        topology = packaged_topology()
        workers = {queue.name: queue.worker for queue in topology.queues}
        for rule in topology.rules:
            types = rule.detail_types
            if rule.queue is not None and EVENT_SOURCE in rule.sources and (types is None or type_ in types):
                await self.handlers[workers[rule.queue]](arriving)

    async def let_time_pass(self) -> None:
        """Deliver the commands whose time had not come."""
        for requests, command in (
            (self._service.scrub_requests, SCRUB_ORDER),
            (self._service.retain_requests, RETAIN_ORDER),
        ):
            due, requests.requested = requests.requested, []
            for tenant_id, order_id, _ in due:
                body = {"command": command, "tenant_id": tenant_id, "order_id": order_id}
                await self.handlers["event-processor"](message(body))
        await self.settle()
