"""What the event-processor takes from its queue: events that move or erase orders, and its own commands."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import structlog

from orders.adapters.inbound.sqs.messages import (
    parse_bus_message,
    parse_command,
    parse_json_object,
    parse_order_event,
)
from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.adapters.privacy.masking import as_name
from orders.application.cloud_event import EVENT_SOURCE, cloud_event_type
from orders.application.commands import SCRUB_ORDER
from orders.application.scrub_order import ScrubOrder
from orders.domain.events import EventType

_log = structlog.get_logger(__name__)

Listener: TypeAlias = Callable[[ReceivedMessage], Awaitable[None]]
Heard: TypeAlias = tuple[str, str]
"""The bus's source and detail type of an event: only that source is believed about that type."""


class EventProcessor:
    """Hands each event to the use case that it is for.

    Attributes:
        dropped: how many events of unknown types have been passed over since the process started.
    """

    name = "event-processor"

    def __init__(self, scrub: ScrubOrder) -> None:
        self._scrub = scrub
        self.dropped = 0
        # Payments, fulfilment and products are heard here, too: one entry for each of their events.
        self._listeners: Mapping[Heard, Listener] = MappingProxyType(
            {(EVENT_SOURCE, cloud_event_type(EventType.ERASED)): self._erased}
        )

    async def __call__(self, message: ReceivedMessage) -> None:
        """Handle one message. Raises: MessageRefused, and as the use cases."""
        body = parse_json_object(message.body)
        if "command" in body:
            command = parse_command(body, SCRUB_ORDER)
            await self._scrub.execute(command.tenant_id, command.order_id, again=False)
            return
        event = parse_bus_message(message.body)
        listener = self._listeners.get((event.source, event.type))
        if listener is None:
            self.dropped += 1
            _log.info(
                "event dropped: nobody here listens to its type", source=as_name(event.source), type=as_name(event.type)
            )
            return
        await listener(message)

    async def _erased(self, message: ReceivedMessage) -> None:
        event = parse_order_event(message.body)
        await self._scrub.execute(event.tenant_id, event.order_id)
