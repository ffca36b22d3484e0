"""Use case: notifies the customer of changes to their order."""

from types import MappingProxyType

from orders.application.documents.render_document import RequestDocument
from orders.application.events.load_order_for_event import CREATED_SEQUENCE, order_of_event
from orders.application.mail.send_mail import SendMail
from orders.contracts.mail_marks import mail_headers, mail_tags
from orders.domain.as_it_was import as_it_was
from orders.domain.events import EventType
from orders.domain.lifecycle import CALLED_OFF
from orders.domain.order import Order
from orders.ports.documents import DocumentStore
from orders.ports.errors import DocumentMissing, NotYet
from orders.ports.mail import Attachment, Mail, MailComposer, MailIntent, MailTemplate
from orders.ports.order_repository import OrderRepository
from orders.ports.tenants import TenantDirectory

TEMPLATES = MappingProxyType(
    {
        EventType.DOCUMENT_READY: MailTemplate.ORDER_CONFIRMATION,
        EventType.DOCUMENT_FAILED: MailTemplate.ORDER_CONFIRMATION,
        EventType.FULFILLED: MailTemplate.ORDER_SHIPPED,
        EventType.CANCELLED: MailTemplate.ORDER_CANCELLED,
        EventType.REJECTED: MailTemplate.ORDER_REJECTED,
        EventType.COMPLETED: MailTemplate.ORDER_COMPLETED,
    }
)


class NotifyCustomer:
    """Mails the customer; the confirmation has the PDF attached."""

    def __init__(
        self,
        repository: OrderRepository,
        tenants: TenantDirectory,
        composer: MailComposer,
        store: DocumentStore,
        request: RequestDocument,
        send: SendMail,
    ) -> None:
        self._repository = repository
        self._tenants = tenants
        self._composer = composer
        self._store = store
        self._request = request
        self._send = send

    async def execute(
        self, tenant_id: str, order_id: str, event: EventType, sequence: int, parcel_id: str | None = None
    ) -> None:
        """Sends the event's mail, once; does nothing for events without a customer mail.

        The mail shows the order as of the event, whenever it is written; whether it is sent depends on the current
        order. For a deleted or erased order nothing is sent or recorded.

        Args:
            parcel_id: the parcel of a ``FULFILLED`` event.

        Raises:
            OrderNotFound, EventNeverWas: as ``order_of_event``.
            NotYet, TransientPortError: as that and ``SendMail.execute``.
        """
        template = TEMPLATES.get(event)
        if template is None:
            return
        order = await order_of_event(self._repository, tenant_id, order_id, event, sequence)
        if order.deletion is not None or order.erasure is not None:
            return
        confirmation = template is MailTemplate.ORDER_CONFIRMATION
        intent = MailIntent(
            tenant_id=tenant_id,
            order_id=order_id,
            # The confirmation belongs to the created event, whichever document event triggers it: so there is one.
            sequence=CREATED_SEQUENCE if confirmation else sequence,
            template=template,
            recipient=order.notification_email,
            expires_at=order.expires_at,
        )
        if confirmation and order.status in CALLED_OFF:
            await self._send.skip_if_open(intent, f"the order was {order.status} before it could be confirmed")
            return
        if order.notification_email is None and order.notification_fault is not None:
            await self._send.skip(intent, order.notification_fault)
            return
        if confirmation and order.current_document is None:
            # The printed content has changed since: the next document's event triggers the mail, and both agree.
            return
        tenant = await self._tenants.profile(tenant_id)
        told = as_it_was(order, EventType.CREATED if confirmation else event, intent.sequence, parcel_id)

        async def compose(recipient: str) -> Mail:
            content = await self._composer.compose(template, told, tenant, parcel_id=parcel_id)
            return Mail(
                recipient=recipient,
                sender_name=tenant.name,
                content=content,
                reply_to=tenant.reply_to,
                attachments=await self._attachments(order) if confirmation else (),
                tags=mail_tags(order, intent),
                headers=mail_headers(order, intent),
            )

        await self._send.execute(intent, compose)

    async def _attachments(self, order: Order) -> tuple[Attachment, ...]:
        document = order.document
        if document is None or document.key is None:
            return ()
        try:
            pdf = await self._store.get(document.key)
        except DocumentMissing:
            await self._request.execute(order)
            raise NotYet(f"the document of order {order.order_id} is gone and being rendered again") from None
        return (Attachment(f"{order.order_number}.pdf", "application/pdf", pdf),)
