"""The pdf-creator: renders orders' documents."""

from orders.adapters.inbound.sqs.messages import bus_message, order_command, order_event
from orders.adapters.inbound.sqs.worker import Message, QueueWorker
from orders.adapters.trace_context import passed_on
from orders.application.documents.render_document import RenderDocument
from orders.application.policy.caller import worker
from orders.contracts.commands import RENDER_DOCUMENT


class PdfCreator(QueueWorker):
    """Renders an order's document: on events that change its content, or on a command."""

    name = "pdf-creator"

    def __init__(self, render: RenderDocument) -> None:
        self._render = render

    async def handle(self, message: Message) -> None:
        """Handles one message. Raises: MessageRefused, and as ``RenderDocument.execute``."""
        if "command" in message.content:
            command = order_command(message.content, RENDER_DOCUMENT)
            await self._render.execute(
                worker(command.tenant_id, self.name, passed_on(None)), command.order_id, again=True
            )
            return
        event = order_event(bus_message(message.content))
        await self._render.execute(worker(event.tenant_id, self.name, event.traceparent), event.order_id)
