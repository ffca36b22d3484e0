"""Which events of orders mails are sent about."""

import structlog

from orders.adapters.inbound.sqs.messages import OrderEventMessage, parse_order_event
from orders.adapters.inbound.sqs.queue import ReceivedMessage

_log = structlog.get_logger(__name__)


def event_to_mail(message: ReceivedMessage) -> OrderEventMessage | None:
    """Parses the message's event; ``None`` for a replayed one that is to send no mail. Raises: MessageRefused."""
    event = parse_order_event(message.body)
    if not event.mails:
        _log.info("replayed event sends no mail", order_id=event.order_id, sequence=event.sequence)
        return None
    return event
