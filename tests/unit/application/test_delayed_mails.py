"""A mail says the same whether it is written at once, after a pause, or after a redrive ([PIPE-15])."""

from dataclasses import dataclass, field

import pytest

from orders.adapters.outbound.memory.mail_intents import MemoryMailIntents
from orders.adapters.outbound.memory.mail_sender import MemoryMailSender
from orders.adapters.outbound.rendering.mail_composer import JinjaMailComposer
from orders.application.mail.notify_customer import NotifyCustomer
from orders.application.mail.notify_staff import NotifyStaff
from orders.application.mail.send_mail import SendMail
from orders.application.policy.caller import worker
from orders.contracts.mail_marks import MARK_HEADER
from orders.domain.events import EventType, OrderEvent
from orders.domain.lifecycle import Action, Role
from orders.domain.order import Order
from orders.domain.parts import ParcelLine
from orders.domain.shipping import Shipment
from orders.ports.mail import MailContent
from tests.support.builders import a_draft, a_line
from tests.support.service import LEASE, Service, a_caller

STAFF = a_caller(Role.STAFF)


@dataclass
class Notifiers:
    """Both notifiers with a mail service of their own, over a service's orders; ``done`` events are passed over."""

    service: Service
    sender: MemoryMailSender = field(default_factory=MemoryMailSender)

    def __post_init__(self) -> None:
        service, composer = self.service, JinjaMailComposer()
        send = SendMail(
            MemoryMailIntents(), service.suppressions, self.sender, service.clock, service.counters, lease=LEASE
        )
        self._customer = NotifyCustomer(
            service.repository, service.tenants, composer, service.documents, service.request_document, send
        )
        self._staff = NotifyStaff(service.repository, service.tenants, composer, send)
        self.done = 0

    async def hear(self, events: list[OrderEvent]) -> None:
        for event in events:
            parcel = event.data.get("parcel_id")
            where = (event.tenant_id, event.order_id, event.type, event.sequence)
            await self._staff.execute(*where)
            await self._customer.execute(*where, parcel_id=parcel if isinstance(parcel, str) else None)

    async def catch_up(self) -> None:
        await self.service.fast_path.drain()
        events = sorted(self.service.publisher.published, key=lambda event: event.sequence)
        await self.hear(events[self.done :])
        self.done = len(events)

    @property
    def mails(self) -> dict[tuple[str, str], MailContent]:
        """The sent mails, by recipient and mark."""
        return {(mail.recipient, dict(mail.headers)[MARK_HEADER]): mail.content for mail in self.sender.sent}

    @property
    def shipping_subjects(self) -> list[str]:
        return [mail.content.subject for mail in self.sender.sent if "way" in mail.content.subject]


async def one_by_one(service: Service, order: Order, units: list[int], *watching: Notifiers) -> Order:
    """Ship so many units of the first line in each parcel, and deliver each parcel when the next has left."""
    for number, quantity in enumerate(units, start=1):
        shipment = Shipment("DHL", f"H{number}", lines=(ParcelLine("line_1", quantity),))
        order = await service.fulfil_order.execute(STAFF, order, shipment)
        for each in watching:
            await each.catch_up()
        if number > 1:
            order = await service.deliver_parcel.execute(STAFF, order, f"par_{number - 1}")
    return order


@pytest.mark.parametrize(
    ("units", "said"),
    [
        ([2], ["Your order {} is on its way"]),
        ([1, 1], ["Part of your order {} is on its way", "Another parcel of your order {} is on its way"]),
        (
            [1, 1, 0],
            ["Part of your order {} is on its way", "Another parcel of your order {} is on its way"],
        ),  # not all
    ],
)
async def test_each_parcels_mail_tells_of_its_own_moment(units: list[int], said: list[str]) -> None:
    service = Service()
    prompt, late = Notifiers(service), Notifiers(service)
    order = await service.place_order.execute(a_caller(), a_draft(lines=(a_line(quantity=2 + units.count(0)),)))
    await prompt.catch_up()
    order = await service.change_status.execute(STAFF, order, Action.PROCESS)
    order = await one_by_one(service, order, [each for each in units if each], prompt)
    await late.catch_up()
    assert late.shipping_subjects == prompt.shipping_subjects == [each.format(order.order_number) for each in said]
    texts = [mail.content.text for mail in late.sender.sent if "way" in mail.content.subject]
    assert [("the rest follows" in text, "STILL TO COME" in text) for text in texts][: len(units) - 1] == [
        (number == 0, True) for number in range(len(units) - 1)
    ]


@pytest.mark.parametrize("end", ["completed", "cancelled", "rejected"])
async def test_written_at_the_end_every_mail_says_what_it_would_have_said_at_once(end: str) -> None:
    service = Service()
    prompt, late, backwards = Notifiers(service), Notifiers(service), Notifiers(service)
    order = await service.place_order.execute(a_caller(), a_draft(lines=(a_line(quantity=3),)))
    await prompt.catch_up()
    if end == "completed":
        await service.render_document.execute(worker("tenant_a", "pdf-creator"), order.order_id)
        await prompt.catch_up()
        order = await service.open_order.execute(STAFF, order.order_id)
        order = await service.change_status.execute(STAFF, order, Action.PROCESS)
        order = await one_by_one(service, order, [1, 1, 1], prompt)
        order = await service.deliver_parcel.execute(STAFF, order, "par_3")
        order = await service.change_status.execute(STAFF, order, Action.COMPLETE)
    else:
        action = Action.CANCEL if end == "cancelled" else Action.REJECT
        order = await service.change_status.execute(STAFF, order, action, reason="out_of_stock")
    await prompt.catch_up()
    await late.catch_up()
    await backwards.hear(sorted(service.publisher.published, key=lambda event: -event.sequence))
    assert order.status == end
    assert late.mails == prompt.mails
    assert backwards.mails == prompt.mails
    assert len(prompt.mails) == {"completed": 6, "cancelled": 3, "rejected": 2}[end]
    new = next(mail for mail in late.sender.sent if mail.content.subject.startswith("New order"))
    assert "Reason" not in new.content.text + new.content.html


async def test_whether_it_is_sent_is_decided_by_the_order_as_it_is() -> None:
    service = Service()
    notifiers = Notifiers(service)
    order = await service.place_order.execute(a_caller(), a_draft())
    order = await service.change_status.execute(STAFF, order, Action.CANCEL, reason="no")
    await service.fast_path.drain()
    await service.delete_order.execute(a_caller(Role.ADMIN), order)
    await notifiers.catch_up()
    assert notifiers.sender.sent == []
    types = [event.type for event in service.publisher.published]
    assert types == [EventType.CREATED, EventType.CANCELLED, EventType.DELETED]
