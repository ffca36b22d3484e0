"""What each worker does with a message of its queue: parse it, hand it to one use case."""

from typing import Annotated

import structlog
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from orders.adapters.inbound.sqs.messages import MessageRefused, OrderEventMessage, parse_json_object, parse_order_event
from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.application.caller import worker
from orders.application.commands import RENDER_DOCUMENT
from orders.application.notify_customer import NotifyCustomer
from orders.application.notify_staff import NotifyStaff
from orders.application.render_document import RenderDocument
from orders.domain.identity import KEY_PATTERN, ORDER_ID_PATTERN

_log = structlog.get_logger(__name__)


class _RenderCommand(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    command: str
    tenant_id: Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
    order_id: Annotated[str, StringConstraints(pattern=ORDER_ID_PATTERN)]


class PdfCreator:
    """Renders the document of an order that was created or whose printed fields changed, or that was asked for."""

    name = "pdf-creator"

    def __init__(self, render: RenderDocument) -> None:
        self._render = render

    async def __call__(self, message: ReceivedMessage) -> None:
        """Handle one message. Raises: MessageRefused, and as ``RenderDocument.execute``."""
        body = parse_json_object(message.body)
        if "command" in body:
            command = self._command(body)
            await self._render.execute(worker(command.tenant_id, self.name), command.order_id, again=True)
            return
        event = parse_order_event(message.body)
        await self._render.execute(worker(event.tenant_id, self.name, event.traceparent), event.order_id)

    @staticmethod
    def _command(body: object) -> _RenderCommand:
        try:
            command = _RenderCommand.model_validate(body)
        except ValidationError as error:
            faults = "; ".join(str(fault["loc"][0]) for fault in error.errors(include_input=False))
            raise MessageRefused(f"not a command: wrong or unknown {faults}") from None
        if command.command != RENDER_DOCUMENT:
            raise MessageRefused(f"there is no command {command.command[:80]!r}; there is {RENDER_DOCUMENT}")
        return command


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
