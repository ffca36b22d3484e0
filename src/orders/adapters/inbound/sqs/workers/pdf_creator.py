"""The pdf-creator renders orders' documents."""

from orders.adapters.inbound.sqs.messages import parse_command, parse_json_object, parse_order_event
from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.application.documents.render_document import RenderDocument
from orders.application.policy.caller import worker
from orders.contracts.commands import RENDER_DOCUMENT


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
