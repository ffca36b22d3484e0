"""Documents rendered once per version, mails sent once per intent, whatever is repeated or fails."""

from dataclasses import replace
from datetime import timedelta

import pytest

from orders.adapters.outbound.memory.mail_sender import MemoryMailSender
from orders.adapters.outbound.memory.suppressions import MemorySuppressions
from orders.adapters.outbound.rendering.mail_composer import JinjaMailComposer
from orders.application.mail.notify_customer import NotifyCustomer
from orders.application.mail.notify_staff import NotifyStaff
from orders.application.mail.send_mail import SendMail
from orders.application.policy.caller import worker
from orders.application.policy.errors import EventNeverWas, OrderNotFound
from orders.domain.errors import InvalidOrder
from orders.domain.events import EventType, OrderEvent
from orders.domain.lifecycle import Action, Role
from orders.domain.order import Order
from orders.domain.parts import DocumentStatus
from orders.domain.revising import revision_of
from orders.domain.shipping import Shipment
from orders.ports.errors import MailRejected, NotYet, QuotaReached, RenderingFailed, TransientPortError
from orders.ports.mail import Mail, MailContent, MailIntent, MailRecord, MailState, MailTemplate
from orders.ports.metric_catalogue import MAILS, ORDER_PROCESSING_FAILURES, ORDERS_PROCESSED
from orders.ports.suppressions import Suppression
from orders.ports.tenants import TenantProfile
from tests.support.builders import a_draft, a_tenant, an_order_id
from tests.support.service import LEASE, PlainComposer, PlainRenderer, Service, a_caller

PDF = worker("tenant_a", "pdf-creator")


async def placed(service: Service, **changes: object) -> Order:
    order = await service.place_order.execute(a_caller(), a_draft(**changes))
    await service.fast_path.drain()
    return order


async def rendered(service: Service, order: Order) -> Order:
    await service.render_document.execute(PDF, order.order_id)
    await service.fast_path.drain()
    return await service.open_order.execute(a_caller(Role.STAFF), order.order_id)


def mails(service: Service) -> dict[str, float]:
    """How many mails ended how."""
    counted = service.counters.counted(MAILS)
    return {outcome: times for labels, times in counted.items() for _, outcome in labels}


async def confirm(
    service: Service, order: Order, event: EventType = EventType.DOCUMENT_READY, sequence: int = 2
) -> None:
    await service.notify_customer.execute("tenant_a", order.order_id, event, sequence)


async def test_a_document_is_rendered_once_and_put_on_record() -> None:
    service = Service()
    order = await rendered(service, await placed(service))
    document = order.current_document
    assert document is not None
    assert document.key == f"orders/tenant_a/2026/11/{order.order_id}/1.pdf"
    assert service.documents.documents[document.key].startswith(b"%PDF " + order.order_number.encode())
    assert document.size_bytes == len(service.documents.documents[document.key])
    again = await rendered(service, order)
    assert (again.sequence, service.renderer.rendered) == (2, 1)
    assert [event.type for event in service.publisher.published] == [EventType.CREATED, EventType.DOCUMENT_READY]


async def test_one_version_of_what_is_printed_has_one_key_whatever_else_changes() -> None:
    service = Service()
    order = await placed(service)
    await service.change_status.execute(a_caller(Role.STAFF), order, Action.PROCESS)
    order = await rendered(service, order)
    assert order.version == 2
    assert order.document is not None
    assert order.document.version == 1


async def test_an_order_that_cannot_be_rendered_is_known_as_such_and_can_be_tried_again() -> None:
    service = Service()
    service.renderer.failures = [RenderingFailed("template is broken")]
    order = await rendered(service, await placed(service))
    assert order.document is not None
    assert order.document.status is DocumentStatus.FAILED
    assert await service.link_document.execute(order) is None
    assert service.requests.requested == [("tenant_a", order.order_id)]
    await service.render_document.execute(PDF, order.order_id, again=True)
    healed = await service.open_order.execute(a_caller(), order.order_id)
    assert healed.document is not None
    assert healed.document.status is DocumentStatus.READY


async def test_nothing_is_on_record_when_renderer_or_bucket_are_down() -> None:
    service = Service()
    order = await placed(service)
    service.renderer.failures = [TransientPortError("document renderer", "killed")]
    with pytest.raises(TransientPortError):
        await rendered(service, order)
    service.documents.reachable = False
    with pytest.raises(TransientPortError):
        await rendered(service, order)
    assert (await service.open_order.execute(a_caller(), order.order_id)).document is None
    with pytest.raises(OrderNotFound):
        await service.render_document.execute(PDF, an_order_id(77))


async def test_a_link_is_given_when_there_is_something_to_fetch() -> None:
    service = Service()
    order = await placed(service)
    assert await service.link_document.execute(order) is None
    order = await rendered(service, order)
    link = await service.link_document.execute(order)
    assert link is not None
    assert order.order_number in link.url or link.url
    assert timedelta(minutes=4) < link.expires_at - order.created_at < timedelta(minutes=6)


@pytest.mark.parametrize("had", ["nothing", "a failure", "a file that is gone"])
async def test_of_a_deleted_order_it_is_rendered_when_somebody_asks_for_it(had: str) -> None:
    service, admin = Service(), a_caller(Role.ADMIN)
    order = await placed(service)
    if had != "nothing":
        service.renderer.failures = [RenderingFailed("template is broken")] if had == "a failure" else []
        order = await rendered(service, order)
        service.documents.documents.clear()
    order = await service.change_status.execute(a_caller(), order, Action.CANCEL)
    await service.delete_order.execute(admin, order)

    async def opened() -> Order:
        return await service.open_order.execute(admin, order.order_id, include_deleted=True)

    await service.render_document.execute(PDF, order.order_id)
    assert service.requests.requested == []
    assert not service.documents.documents, "nobody has asked"
    for _ in range(2):
        assert await service.link_document.execute(await opened()) is None
    assert service.requests.requested == [("tenant_a", order.order_id)]
    await service.render_document.execute(PDF, order.order_id, again=True)
    assert await service.link_document.execute(await opened()) is not None
    await service.fast_path.drain()
    ready = [event for event in service.publisher.published if event.type is EventType.DOCUMENT_READY]
    await confirm(service, await opened(), sequence=ready[-1].sequence)
    assert not service.sender.sent, "about a deleted order nobody is written to"


async def test_a_document_that_is_gone_is_asked_for_again() -> None:
    service = Service()
    order = await rendered(service, await placed(service))
    service.documents.documents.clear()
    assert await service.link_document.execute(order) is None
    with pytest.raises(NotYet):
        await confirm(service, order)
    # The link has asked a moment ago: that will do.
    assert service.requests.requested == [("tenant_a", order.order_id)]
    assert service.sender.sent == []
    await service.render_document.execute(PDF, order.order_id, again=True)
    await confirm(service, order)
    assert len(service.sender.sent) == 1


async def test_a_document_is_asked_for_again_after_a_while_and_rendered_only_if_it_is_gone() -> None:
    service = Service()
    order = await rendered(service, await placed(service))
    kept = dict(service.documents.documents)
    service.documents.documents.clear()
    await service.link_document.execute(order)
    service.clock._next += timedelta(seconds=31)
    await service.link_document.execute(order)
    assert len(service.requests.requested) == 2
    for _ in service.requests.requested:
        await service.render_document.execute(PDF, order.order_id, again=True)
    assert service.renderer.rendered == 2
    assert service.documents.documents == kept


async def test_customers_see_their_own_mails_and_not_who_in_the_shop_did_what() -> None:
    service = Service()
    order = await rendered(service, await placed(service))
    await confirm(service, order)
    await service.notify_staff.execute("tenant_a", order.order_id, EventType.CREATED, 1)
    order = await service.change_status.execute(a_caller(Role.STAFF), order, Action.PROCESS)
    seen = (await service.read_history.execute(a_caller(), order)).entries
    assert [str(entry.template) for entry in seen if isinstance(entry, MailRecord)] == ["order_confirmation"]
    principals = [entry.actor.principal for entry in seen if isinstance(entry, OrderEvent)]
    assert principals == ["customer-principal", "service", "staff"]
    by_staff = (await service.read_history.execute(a_caller(Role.STAFF), order)).entries
    assert len(by_staff) == len(seen) + 1
    assert "staff-principal" in [entry.actor.principal for entry in by_staff if isinstance(entry, OrderEvent)]


async def test_an_order_is_counted_for_each_document_that_is_put_on_record_and_no_other() -> None:
    service = Service()
    service.renderer.failures = [RenderingFailed("a bug"), RenderingFailed("a bug")]

    def counted() -> tuple[float, float]:
        return service.counters.of(ORDERS_PROCESSED), service.counters.of(ORDER_PROCESSING_FAILURES)

    order = await rendered(service, await placed(service))
    assert counted() == (1, 1)
    for expected in ((1, 1), (2, 1), (2, 1)):  # fails again, is rendered on request, is there
        await service.render_document.execute(PDF, order.order_id, again=True)
        await service.fast_path.drain()
        assert counted() == expected


async def test_an_order_that_is_deleted_while_it_is_rendered_is_none_that_was_processed() -> None:
    service = Service()
    order = await service.change_status.execute(a_caller(), await placed(service), Action.CANCEL)

    class Deleting(PlainRenderer):
        async def render(self, order: Order, tenant: TenantProfile) -> bytes:
            await service.delete_order.execute(a_caller(Role.ADMIN), order)
            raise RenderingFailed("a bug")

    service.render_document._renderer = Deleting()
    await service.render_document.execute(PDF, order.order_id)
    assert service.counters.of(ORDERS_PROCESSED) == 0


async def test_the_confirmation_goes_out_once_with_the_document() -> None:
    service = Service()
    order = await rendered(service, await placed(service))
    await confirm(service, order)
    await confirm(service, order)
    await confirm(service, order, sequence=1)  # another document changes nothing about it
    (mail,) = service.sender.sent
    assert (mail.recipient, mail.sender_name) == ("thandi@example.com", "Harbour & Sons")
    assert [each.filename for each in mail.attachments] == [f"{order.order_number}.pdf"]
    assert ("X-Order-Number", order.order_number) in mail.headers
    assert ("template", "order_confirmation") in mail.tags
    assert mails(service) == {"sent": 1}


async def test_mail_and_document_agree_when_the_order_is_changed_at_once() -> None:
    service = Service()
    order = await rendered(service, await placed(service))
    changed = await service.update_order.execute(
        a_caller(), order, lambda current: replace(revision_of(current), notes="ring twice")
    )
    await confirm(service, changed)  # the event of the document that is out of date by now
    assert service.sender.sent == []
    changed = await rendered(service, changed)
    assert changed.document is not None
    assert changed.document.version == 2
    await confirm(service, changed, sequence=changed.sequence)
    assert len(service.sender.sent) == 1


async def test_who_has_called_off_an_order_is_not_thanked_for_it_afterwards() -> None:
    service = Service()
    order = await rendered(service, await placed(service))
    await service.change_status.execute(a_caller(), order, Action.CANCEL)
    await confirm(service, order)
    assert service.sender.sent == []
    (record,) = await service.intents.of_order("tenant_a", order.order_id)
    assert (record.state, record.detail) == (MailState.SKIPPED, "the order was cancelled before it could be confirmed")


async def test_without_a_document_the_confirmation_goes_out_alone() -> None:
    service = Service()
    service.renderer.failures = [RenderingFailed("broken")]
    order = await rendered(service, await placed(service))
    await confirm(service, order, EventType.DOCUMENT_FAILED)
    (mail,) = service.sender.sent
    assert mail.attachments == ()


@pytest.mark.parametrize("action", [Action.CANCEL, Action.REJECT])
async def test_calling_off_has_the_document_rendered_once_more(action: Action) -> None:
    service = Service()
    order = await rendered(service, await placed(service))
    await confirm(service, order)
    order = await service.change_status.execute(a_caller(Role.STAFF), order, action, reason="no")
    assert order.current_document is None
    assert await service.link_document.execute(order) is None, "what is there says nothing of it"
    for _ in range(2):
        order = await rendered(service, order)
    document = order.current_document
    assert document is not None
    assert document.key == f"orders/tenant_a/2026/11/{order.order_id}/2.pdf"
    assert service.renderer.rendered == 2
    assert service.requests.requested == []
    await confirm(service, order, sequence=order.sequence)
    record = await a_record(service, order)
    assert (record.state, len(service.sender.sent)) == (MailState.SENT, 1)


async def test_a_confirmation_that_came_to_nothing_keeps_its_reason_when_the_order_is_called_off() -> None:
    service = Service()
    order = await service.place_order.execute(a_caller(Role.STAFF), a_draft(customer=None, notification_email=None))
    order = await rendered(service, order)
    await confirm(service, order)
    reason = (await a_record(service, order)).detail
    order = await service.change_status.execute(a_caller(Role.STAFF), order, Action.CANCEL, reason="no")
    order = await rendered(service, order)
    await confirm(service, order, sequence=order.sequence)
    record = await a_record(service, order)
    assert (record.state, record.detail) == (MailState.SKIPPED, reason)


async def a_record(service: Service, order: Order) -> MailRecord:
    (record,) = await service.intents.of_order("tenant_a", order.order_id)
    return record


async def test_without_an_address_the_mail_is_skipped_and_history_says_so() -> None:
    service = Service()
    order = await service.place_order.execute(a_caller(Role.STAFF), a_draft(customer=None, notification_email=None))
    order = await rendered(service, order)
    await confirm(service, order)
    assert service.sender.sent == []
    (record,) = await service.intents.of_order("tenant_a", order.order_id)
    assert (record.state, record.detail) == (MailState.SKIPPED, "no address to send it to")
    page = await service.read_history.execute(a_caller(Role.STAFF), order)
    assert record in page.entries


async def test_each_parcel_has_its_own_mail() -> None:
    service = Service()
    order = await placed(service)
    staff = a_caller(Role.STAFF)
    order = await service.change_status.execute(staff, order, Action.PROCESS)
    order = await service.fulfil_order.execute(staff, order, Shipment("DHL", "T1"))
    await service.notify_customer.execute("tenant_a", order.order_id, EventType.FULFILLED, 3, parcel_id="par_1")
    (mail,) = service.sender.sent
    assert (mail.content.text, mail.attachments) == ("parcel par_1", ())


async def test_events_that_concern_nobody_send_nothing() -> None:
    service = Service()
    order = await placed(service)
    await service.notify_customer.execute("tenant_a", order.order_id, EventType.PROCESSING, 2)
    await service.notify_staff.execute("tenant_a", order.order_id, EventType.COMPLETED, 2)
    assert service.sender.sent == []


async def test_staff_get_one_mail_each() -> None:
    service = Service()
    service.tenants.profiles["tenant_a"] = a_tenant(staff_addresses=("a@example.com", "b@example.com"))
    order = await placed(service)
    await service.notify_staff.execute("tenant_a", order.order_id, EventType.CREATED, 1)
    await service.notify_staff.execute("tenant_a", order.order_id, EventType.CREATED, 1)
    assert [mail.recipient for mail in service.sender.sent] == ["a@example.com", "b@example.com"]


async def test_a_shop_without_staff_addresses_is_skipped_visibly() -> None:
    service = Service()
    service.tenants.profiles["tenant_a"] = a_tenant(staff_addresses=())
    order = await placed(service)
    await service.notify_staff.execute("tenant_a", order.order_id, EventType.CREATED, 1)
    (record,) = await service.intents.of_order("tenant_a", order.order_id)
    assert record.state is MailState.SKIPPED


async def test_messages_about_orders_that_never_were_are_refused() -> None:
    service = Service()
    with pytest.raises(OrderNotFound):
        await service.notify_staff.execute("tenant_a", an_order_id(5), EventType.CREATED, 1)
    with pytest.raises(OrderNotFound):
        await service.notify_customer.execute("tenant_a", an_order_id(5), EventType.COMPLETED, 1)


async def test_an_event_that_the_order_has_not_had_here_is_waited_for() -> None:
    service = Service()
    order = await placed(service)
    for early in (
        service.notify_staff.execute("tenant_a", order.order_id, EventType.CREATED, 2),
        service.notify_customer.execute("tenant_a", order.order_id, EventType.CANCELLED, 2),
        service.notify_customer.execute("tenant_a", order.order_id, EventType.CANCELLED, 10**40),
    ):
        with pytest.raises(NotYet, match="is at event 1 here"):
            await early
    assert await service.intents.of_order("tenant_a", order.order_id) == []


@pytest.mark.parametrize("event", [EventType.CANCELLED, EventType.REJECTED, EventType.COMPLETED])
async def test_an_event_that_the_order_cannot_have_had_is_refused(event: EventType) -> None:
    service = Service()
    order = await placed(service)
    with pytest.raises(EventNeverWas, match=f"is pending: it was never {event}"):
        await service.notify_customer.execute("tenant_a", order.order_id, event, 1)
    if event is EventType.CANCELLED:
        with pytest.raises(EventNeverWas):
            await service.notify_staff.execute("tenant_a", order.order_id, event, 1)
    assert await service.intents.of_order("tenant_a", order.order_id) == []


async def test_staff_hear_once_of_a_creation_whatever_its_sequence_is_said_to_be() -> None:
    service = Service()
    order = await rendered(service, await placed(service))
    for sequence in (1, 0, 2):
        await service.notify_staff.execute("tenant_a", order.order_id, EventType.CREATED, sequence)
    assert len(service.sender.sent) == 1


async def test_throttled_means_not_sent_and_the_next_try_sends() -> None:
    service = Service()
    order = await rendered(service, await placed(service))
    service.sender.failures = [TransientPortError("mail service", "rate exceeded", throttled=True)]
    with pytest.raises(TransientPortError):
        await confirm(service, order)
    await confirm(service, order)
    assert len(service.sender.sent) == 1


async def test_after_a_time_out_nobody_knows_so_the_lease_decides_and_the_second_mail_is_counted() -> None:
    service = Service()
    order = await rendered(service, await placed(service))
    service.sender.failures = [TransientPortError("mail service", "timed out")]
    with pytest.raises(TransientPortError):
        await confirm(service, order)
    with pytest.raises(NotYet, match="being sent by somebody else"):
        await confirm(service, order)
    service.clock._next += LEASE
    await confirm(service, order)
    assert len(service.sender.sent) == 1
    assert mails(service) == {"sent": 1, "repeated": 1}


async def test_what_the_mail_service_refuses_is_not_tried_again() -> None:
    service = Service()
    order = await rendered(service, await placed(service))
    service.sender.failures = [MailRejected("address does not exist")]
    await confirm(service, order)
    await confirm(service, order)
    assert service.sender.sent == []
    (record,) = await service.intents.of_order("tenant_a", order.order_id)
    assert (record.state, record.detail) == (MailState.FAILED, "address does not exist")
    assert mails(service) == {"rejected": 1}


async def test_a_mail_that_went_out_and_could_not_be_marked_counts_and_its_repetition_too() -> None:
    service = Service()
    order = await rendered(service, await placed(service))

    class Losing(MemoryMailSender):
        async def send(self, mail: Mail) -> str:
            service.intents.reachable = bool(self.sent)
            return await super().send(mail)

    service.send_mail._sender = sender = Losing()
    with pytest.raises(TransientPortError):
        await confirm(service, order)
    service.intents.reachable = True
    service.clock.advance(LEASE)
    await confirm(service, order)
    assert len(sender.sent) == 2
    assert mails(service) == {"sent": 2, "repeated": 1}


async def test_a_mail_without_an_address_is_skipped_and_counted() -> None:
    service = Service()
    order = await placed(service)
    await service.send_mail.execute(replace(an_intent(order), recipient=None), lambda _: an_error())
    assert mails(service) == {"skipped": 1}


async def an_error() -> Mail:
    raise AssertionError("nothing is to be composed")


def an_intent(order: Order) -> MailIntent:
    return MailIntent("tenant_a", order.order_id, order.sequence, MailTemplate.ORDER_SHIPPED, "thandi@example.com")


async def shown(service: Service, order: Order) -> list[tuple[MailState, str | None]]:
    page = await service.read_history.execute(a_caller(Role.STAFF), order)
    return [(each.state, each.detail) for each in page.entries if isinstance(each, MailRecord)]


@pytest.mark.parametrize("error", [RenderingFailed("no parcel"), InvalidOrder([]), KeyError("a bug"), NotYet("wait")])
@pytest.mark.parametrize("step", ["suppressions", "composing", "sending"])
async def test_a_mail_that_can_not_be_made_claims_nothing_in_history_and_goes_out_when_that_is_mended(
    error: Exception, step: str
) -> None:
    """Such as the one of a forged event: whatever makes its delivery end as a dead letter leaves no claim behind."""
    service = Service()
    order = await placed(service)
    intent, mail = an_intent(order), Mail("thandi@example.com", "Shop", MailContent("s", "t", "<p>h</p>"))
    failures = {step: error}

    async def failing(name: str) -> None:
        if name in failures:
            raise failures.pop(name)

    class Suppressed(MemorySuppressions):
        async def find(self, tenant_id: str, recipient_hash: str) -> Suppression | None:
            await failing("suppressions")
            return await super().find(tenant_id, recipient_hash)

    class Sender(MemoryMailSender):
        async def send(self, mail: Mail) -> str:
            await failing("sending")
            return await super().send(mail)

    async def compose(_: str) -> Mail:
        await failing("composing")
        return mail

    sender = Sender()
    send = SendMail(service.intents, Suppressed(), sender, service.clock, service.counters, lease=LEASE)
    with pytest.raises(type(error)):
        await send.execute(intent, compose)
    failed = (MailState.FAILED, f"the mail could not be made ({type(error).__name__})")
    assert await shown(service, order) == ([] if isinstance(error, NotYet) else [failed])
    await send.execute(intent, compose)
    assert (len(sender.sent), await shown(service, order)) == (1, [(MailState.SENT, None)])
    assert mails(service) == {"sent": 1}


async def test_a_forged_parcel_leaves_no_claim() -> None:
    service = Service()
    order = await placed(service)
    notify = NotifyCustomer(
        service.repository,
        service.tenants,
        JinjaMailComposer(),
        service.documents,
        service.request_document,
        service.send_mail,
    )
    with pytest.raises((RenderingFailed, EventNeverWas)):
        await notify.execute("tenant_a", order.order_id, EventType.FULFILLED, 1, parcel_id="par_9")
    assert [state for state, _ in await shown(service, order)] in ([], [MailState.FAILED])


async def test_each_further_address_of_one_event_waits_its_turn_and_a_full_day_gives_the_claim_back() -> None:
    service = Service()
    order = await placed(service)
    service.tenants.profiles["tenant_a"] = a_tenant(staff_addresses=("a@example.com", "b@example.com", "c@example.com"))
    turns: list[int] = []

    async def pace() -> None:
        turns.append(len(service.sender.sent))

    notify = NotifyStaff(service.repository, service.tenants, PlainComposer(), service.send_mail, pace)
    service.sender.failures = [QuotaReached("mail service", "Daily message quota exceeded.")]
    with pytest.raises(QuotaReached):
        await notify.execute("tenant_a", order.order_id, EventType.CREATED, 1)
    await notify.execute("tenant_a", order.order_id, EventType.CREATED, 1)
    assert turns == [1, 2]
    assert len(service.sender.sent) == 3
    assert mails(service) == {"sent": 3}
