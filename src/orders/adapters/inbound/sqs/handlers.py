"""What each worker does with a message of its queue: parse it, hand it to one use case."""

import structlog

from orders.adapters.inbound.sqs.messages import (
    OrderEventMessage,
    parse_command,
    parse_json_object,
    parse_order_event,
)
from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.application.documents.render_document import RenderDocument
from orders.application.mail.notify_customer import NotifyCustomer
from orders.application.mail.notify_staff import NotifyStaff
from orders.application.policy.caller import worker
from orders.contracts.commands import RENDER_DOCUMENT

_log = structlog.get_logger(__name__)


class PdfCreator:
    """Renders the document of an order that is new or prints something else than before, or that was asked for."""

    name = "pdf-creator"

    def __init__(self, render: RenderDocument) -> None:
        self._render = render

    async def __call__(self, message: ReceivedMessage) -> None:
        """Handle one message. Raises: MessageRefused, and as ``RenderDocument.execute``."""
        body = parse_json_object(message.body)
        if "command" in body:
            command = parse_command(body, RENDER_DOCUMENT)
            await self._render.execute(worker(command.tenant_id, self.name), command.order_id, again=True)
            return
        event = parse_order_event(message.body)
        await self._render.execute(worker(event.tenant_id, self.name, event.traceparent), event.order_id)


class CustomerNotifier:
    """Mails customers about their orders; replayed events send none unless they say so."""

    name = "customer-notifier"

    def __init__(self, notify: NotifyCustomer) -> None:
        self._notify = notify

    async def __call__(self, message: ReceivedMessage) -> None:
        """Handle one message. Raises: MessageRefused, and as ``NotifyCustomer.execute``."""
        event = _to_be_told_of(message)
        if event is None:
            return
        parcel = event.data.get("parcel_id")
        await self._notify.execute(
            event.tenant_id,
            event.order_id,
            event.type,
            event.sequence,
            parcel_id=parcel if isinstance(parcel, str) else None,
        )


class InternalNotifier:
    """Mails the shop's staff about orders; replayed events send none unless they say so."""

    name = "internal-notifier"

    def __init__(self, notify: NotifyStaff) -> None:
        self._notify = notify

    async def __call__(self, message: ReceivedMessage) -> None:
        """Handle one message. Raises: MessageRefused, and as ``NotifyStaff.execute``."""
        event = _to_be_told_of(message)
        if event is None:
            return
        await self._notify.execute(event.tenant_id, event.order_id, event.type, event.sequence)


def _to_be_told_of(message: ReceivedMessage) -> OrderEventMessage | None:
    """The message's event; ``None`` for a replayed one that is to send no mail. Raises: MessageRefused."""
    event = parse_order_event(message.body)
    if not event.mails:
        _log.info("replayed event sends no mail", order_id=event.order_id, sequence=event.sequence)
        return None
    return event
