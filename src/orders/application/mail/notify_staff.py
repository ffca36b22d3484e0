"""Use case: tell the shop's staff what came in and what was called off."""

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
    """Where nobody counts mails per second."""


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
        """``pace`` is awaited before each mail of an event beyond the first, whose turn the event's own was."""
        self._repository = repository
        self._tenants = tenants
        self._composer = composer
        self._send = send
        self._pace = pace

    async def execute(self, tenant_id: str, order_id: str, event: EventType, sequence: int) -> None:
        """Send the mail that belongs to the event, once to each address; a shop without one is noted as skipped.

        It tells of the order as it was at its event, whenever it is written. About an order that is deleted or erased
        nobody is written to any more, and nothing is noted.

        Raises:
            OrderNotFound, EventNeverWas: as ``order_of_event``.
            NotYet, TransientPortError: as that and ``SendMail.execute``; addresses already served are not served again.
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
            intent = MailIntent(tenant_id, order_id, sequence, template, address)
            await self._send.execute(intent, partial(compose, intent))
