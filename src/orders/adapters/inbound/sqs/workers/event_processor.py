"""The event-processor: handles external events, the service's own status and erasure events, and its commands."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TypeAlias

import structlog

from orders.adapters.inbound.sqs.external_events import parse_report
from orders.adapters.inbound.sqs.messages import (
    BusMessage,
    bus_message,
    order_command,
    order_event,
)
from orders.adapters.inbound.sqs.worker import Message, QueueWorker
from orders.adapters.privacy.masking import as_name
from orders.adapters.trace_context import passed_on
from orders.adapters.wire.card_redaction import without_cards
from orders.application.events.apply_external_event import ApplyExternalEvent
from orders.application.orders.retain_order import RetainOrder
from orders.application.orders.scrub_order import ScrubOrder
from orders.contracts.cloud_event import EVENT_SOURCE, cloud_event_type
from orders.contracts.commands import RETAIN_ORDER, SCRUB_ORDER
from orders.domain.events import EventType
from orders.domain.reports import SOURCES, ReportType
from orders.domain.retention import ENDING
from orders.ports.metric_catalogue import EVENTS_DROPPED
from orders.ports.metrics import Counters

_log = structlog.get_logger(__name__)

Listener: TypeAlias = Callable[[BusMessage], Awaitable[None]]
Heard: TypeAlias = tuple[str, str]
"""Source and detail type of an event on the bus: a type is accepted from its source only."""


TRANSITIONS = (
    EventType.PROCESSING,
    EventType.FULFILLED,
    EventType.REJECTED,
    EventType.CANCELLED,
    EventType.COMPLETED,
)
"""Own events after which a parked report may apply."""
MOVED = frozenset(map(cloud_event_type, TRANSITIONS))
ENDED = frozenset(map(cloud_event_type, ENDING))
"""The public names of those, and of the events at which an order can end."""


class EventProcessor(QueueWorker):
    """Passes each event to its use case.

    Attributes:
        dropped: number of events without a listener since the process started.
    """

    name = "event-processor"

    def __init__(self, scrub: ScrubOrder, hear: ApplyExternalEvent, retain: RetainOrder, counters: Counters) -> None:
        self._scrub = scrub
        self._retain = retain
        self._hear = hear
        self._counters = counters
        self.dropped = 0
        listeners: dict[Heard, Listener] = {(EVENT_SOURCE, cloud_event_type(EventType.ERASED)): self._erased}
        listeners |= {(EVENT_SOURCE, cloud_event_type(type_)): self._moved for type_ in {*TRANSITIONS, *ENDING}}
        listeners |= {(source, str(type_)): partial(self._reported, type_) for type_, source in SOURCES.items()}
        self._listeners: Mapping[Heard, Listener] = MappingProxyType(listeners)

    async def handle(self, message: Message) -> None:
        """Handles one message. Raises: MessageRefused, and as the use cases."""
        if "command" in message.content:
            command = order_command(message.content, SCRUB_ORDER, RETAIN_ORDER)
            again = self._scrub if command.command == SCRUB_ORDER else self._retain
            await again.execute(command.tenant_id, command.order_id, again=False)
            return
        event = bus_message(message.content)
        listener = self._listeners.get((event.source, event.type))
        if listener is None:
            self._drop(event)
            return
        await listener(event)

    def redact(self, body: str) -> str:
        """Removes card numbers, which other services might send and which must not be stored here."""
        return without_cards(body)

    async def _erased(self, message: BusMessage) -> None:
        event = order_event(message)
        await self._scrub.execute(event.tenant_id, event.order_id)

    async def _moved(self, message: BusMessage) -> None:
        event = order_event(message)
        if message.type in MOVED:
            await self._hear.catch_up(event.tenant_id, event.order_id)
        if message.type in ENDED:
            await self._retain.execute(event.tenant_id, event.order_id)

    async def _reported(self, type_: ReportType, event: BusMessage) -> None:
        named, report = parse_report(type_, event.detail)
        await self._hear.execute(named.tenant_id, named.order_id, report, traceparent=passed_on(named.traceparent))

    def _drop(self, event: BusMessage) -> None:
        self.dropped += 1
        # A known type from an untrusted source deserves a warning; the metric needs few label values.
        known = event.type in set(ReportType)
        self._counters.count(EVENTS_DROPPED, why="source" if known else "type")
        log = _log.warning if known else _log.info
        log("event dropped: nobody here listens to its type", source=as_name(event.source), type=as_name(event.type))
