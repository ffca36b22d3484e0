"""What the event-processor takes from its queue: events that move or erase orders, and its own commands."""

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
from orders.adapters.wire.card_redaction import without_cards
from orders.application.events.apply_external_event import ApplyExternalEvent
from orders.application.orders.scrub_order import ScrubOrder
from orders.contracts.cloud_event import EVENT_SOURCE, cloud_event_type
from orders.contracts.commands import SCRUB_ORDER
from orders.domain.events import EventType
from orders.domain.reports import SOURCES, ReportType
from orders.ports.metrics import Counters

_log = structlog.get_logger(__name__)

Listener: TypeAlias = Callable[[BusMessage], Awaitable[None]]
Heard: TypeAlias = tuple[str, str]
"""The bus's source and detail type of an event: only that source is believed about that type."""

DROPPED = "events_dropped"
"""Counts events that nobody here listens to."""

TRANSITIONS = (
    EventType.PROCESSING,
    EventType.FULFILLED,
    EventType.REJECTED,
    EventType.CANCELLED,
    EventType.COMPLETED,
)
"""The events of our own after which a report that came too early may have its turn."""


class EventProcessor(QueueWorker):
    """Hands each event to the use case that it is for.

    Attributes:
        dropped: how many events of unknown types have been passed over since the process started.
    """

    name = "event-processor"

    def __init__(self, scrub: ScrubOrder, hear: ApplyExternalEvent, counters: Counters) -> None:
        self._scrub = scrub
        self._hear = hear
        self._counters = counters
        self.dropped = 0
        listeners: dict[Heard, Listener] = {(EVENT_SOURCE, cloud_event_type(EventType.ERASED)): self._erased}
        listeners |= {(EVENT_SOURCE, cloud_event_type(type_)): self._moved for type_ in TRANSITIONS}
        listeners |= {(source, str(type_)): partial(self._reported, type_) for type_, source in SOURCES.items()}
        self._listeners: Mapping[Heard, Listener] = MappingProxyType(listeners)

    async def handle(self, message: Message) -> None:
        """Handles one message. Raises: MessageRefused, and as the use cases."""
        if "command" in message.content:
            command = order_command(message.content, SCRUB_ORDER)
            await self._scrub.execute(command.tenant_id, command.order_id, again=False)
            return
        event = bus_message(message.content)
        listener = self._listeners.get((event.source, event.type))
        if listener is None:
            self._drop(event)
            return
        await listener(event)

    def redact(self, body: str) -> str:
        """Removes card numbers: what other services send is theirs to answer for, but not to be stored here."""
        return without_cards(body)

    async def _erased(self, message: BusMessage) -> None:
        event = order_event(message)
        await self._scrub.execute(event.tenant_id, event.order_id)

    async def _moved(self, message: BusMessage) -> None:
        event = order_event(message)
        await self._hear.catch_up(event.tenant_id, event.order_id)

    async def _reported(self, type_: ReportType, event: BusMessage) -> None:
        named, report = parse_report(type_, event.detail)
        await self._hear.execute(named.tenant_id, named.order_id, report, traceparent=named.traceparent)

    def _drop(self, event: BusMessage) -> None:
        self.dropped += 1
        # A known type from somebody who is not believed about it is worth a look; labels must be few.
        known = event.type in set(ReportType)
        self._counters.count(DROPPED, why="source" if known else "type")
        log = _log.warning if known else _log.info
        log("event dropped: nobody here listens to its type", source=as_name(event.source), type=as_name(event.type))
