"""The internal-notifier: sends a shop's staff mails about orders."""

from orders.adapters.inbound.sqs.worker import Message, QueueWorker
from orders.adapters.inbound.sqs.workers.mailed_events import event_to_mail
from orders.application.mail.notify_staff import NotifyStaff


class InternalNotifier(QueueWorker):
    """Sends the shop's staff mails about orders; replayed events trigger none unless the replay asked for mails."""

    name = "internal-notifier"

    def __init__(self, notify: NotifyStaff) -> None:
        self._notify = notify

    async def handle(self, message: Message) -> None:
        """Handles one message. Raises: MessageRefused, and as ``NotifyStaff.execute``."""
        event = event_to_mail(message)
        if event is None:
            return
        await self._notify.execute(event.tenant_id, event.order_id, event.type, event.sequence)
