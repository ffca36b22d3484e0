"""Use case: notifies the shop's staff of new and cancelled orders."""

from collections.abc import Awaitable, Callable
from functools import partial
from types import MappingProxyType

from orders.application.events.load_order_for_event import CREATED_SEQUENCE, order_of_event
from orders.application.mail.send_mail import SendMail
from orders.contracts.mail_marks import mail_headers, mail_tags
from orders.domain.as_it_was import as_it_was
from orders.domain.events import EventType
from orders.ports.mail import Mail, MailComposer, MailIntent, MailTemplate
from orders.ports.order_repository import OrderRepository
from orders.ports.tenants import TenantDirectory

TEMPLATES = MappingProxyType(
    {
        EventType.CREATED: MailTemplate.STAFF_NEW_ORDER,
        EventType.CANCELLED: MailTemplate.STAFF_ORDER_CANCELLED,
    }
)


Pace = Callable[[], Awaitable[None]]


async def unhurried() -> None:
    """Returns at once: the pace without a rate limit."""


class NotifyStaff:
    """Mails each of the tenant's staff addresses."""

    def __init__(
        self,
        repository: OrderRepository,
        tenants: TenantDirectory,
        composer: MailComposer,
        send: SendMail,
        pace: Pace = unhurried,
    ) -> None:
        """``pace`` is awaited before each mail of an event but the first, which the event's own token covers."""
        self._repository = repository
        self._tenants = tenants
        self._composer = composer
        self._send = send
        self._pace = pace

    async def execute(self, tenant_id: str, order_id: str, event: EventType, sequence: int) -> None:
        """Sends the event's mail, once to each address; recorded as skipped if the shop has no address.

        The mail shows the order as of the event, whenever it is written. For a deleted or erased order nothing is sent
        or recorded.

        Raises:
            OrderNotFound, EventNeverWas: as ``order_of_event``.
            NotYet, TransientPortError: as that and ``SendMail.execute``; a retry skips addresses already served.
        """
        template = TEMPLATES.get(event)
        if template is None:
            return
        order = await order_of_event(self._repository, tenant_id, order_id, event, sequence)
        if order.deletion is not None or order.erasure is not None:
            return
        if event is EventType.CREATED:
            sequence = CREATED_SEQUENCE
        told = as_it_was(order, event, sequence)
        tenant = await self._tenants.profile(tenant_id)

        async def compose(intent: MailIntent, recipient: str) -> Mail:
            return Mail(
                recipient=recipient,
                sender_name=tenant.name,
                content=await self._composer.compose(template, told, tenant),
                tags=mail_tags(order, intent),
                headers=mail_headers(order, intent),
            )

        for number, address in enumerate(tenant.staff_addresses or (None,)):
            if number:
                await self._pace()
            intent = MailIntent(tenant_id, order_id, sequence, template, address, order.expires_at)
            await self._send.execute(intent, partial(compose, intent))
