"""Selects the events that trigger mails."""

import structlog

from orders.adapters.inbound.sqs.messages import OrderEventMessage, bus_message, order_event
from orders.adapters.inbound.sqs.worker import Message

_log = structlog.get_logger(__name__)


def event_to_mail(message: Message) -> OrderEventMessage | None:
    """Parses the message's event; returns ``None`` if it was replayed without mails. Raises: MessageRefused."""
    event = order_event(bus_message(message.content))
    if not event.mails:
        _log.info("replayed event sends no mail", order_id=event.order_id, sequence=event.sequence)
        return None
    return event
