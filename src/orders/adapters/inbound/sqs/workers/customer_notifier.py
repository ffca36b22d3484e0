"""The customer-notifier: sends customers mails about their orders."""

from orders.adapters.inbound.sqs.worker import Message, QueueWorker
from orders.adapters.inbound.sqs.workers.mailed_events import event_to_mail
from orders.application.mail.notify_customer import NotifyCustomer


class CustomerNotifier(QueueWorker):
    """Sends customers mails about their orders; replayed events trigger none unless the replay asked for mails."""

    name = "customer-notifier"

    def __init__(self, notify: NotifyCustomer) -> None:
        self._notify = notify

    async def handle(self, message: Message) -> None:
        """Handles one message. Raises: MessageRefused, and as ``NotifyCustomer.execute``."""
        event = event_to_mail(message)
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
