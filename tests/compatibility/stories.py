"""What a release stores, told by its own adapters: each story leaves a table behind."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from orders.domain.erasing import erase
from orders.domain.errors import Fault
from orders.domain.events import EventType, Receipt
from orders.domain.lifecycle import Role
from orders.domain.order import Change, Order
from orders.domain.parts import Document, DocumentStatus, ParcelLine, Payment
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.domain.reports import Report, ReportType
from orders.domain.shipping import Shipment
from orders.ports.acceptances import Acceptance, AcceptanceState
from orders.ports.mail import FeedbackKind, MailFeedback, MailIntent, MailState, MailTemplate, recipient_hash
from orders.ports.suppressions import Suppression, SuppressionReason
from tests.compatibility.table import TENANT, Table
from tests.support.builders import NOON, a_draft, a_line, a_receipt, a_stamp, an_order_id, placed

Story: TypeAlias = Callable[[Table], Awaitable[None]]

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
MINUTE = timedelta(minutes=1)
SHOP = (Role.STAFF,)
RECIPIENT = "thandi@example.com"
FULL = a_draft(
    lines=(
        a_line(line_id="line_7", discount=Decimal("1.98"), tax_rate=Decimal("0.15")),
        a_line(product_id="prod_002", name=None, sku=None, quantity=1),
    ),
    shipping=Decimal("45.00"),
    discount=Decimal("10.00"),
    payment=Payment(method="card", token="tok_1", brand="visa", last4="4242"),
    campaign_code="SPRING",
    notes="Ring twice",
    metadata=(("channel", "web"), ("gift", "yes")),
    locale="en-ZA",
)
RECEIPT = replace(
    a_receipt("k" * 32, "f" * 32, 201, (("etag", '"1"'), ("location", "/v1.0/orders/1")), b'{"total":"59.98"}'),
    attempt="0a1b2c3d4e5f",
)


async def placed_with_everything(table: Table) -> None:
    change = _new(1, draft=FULL, receipt=RECEIPT)
    order = replace(
        change.order,
        campaign_discount=Money(500, Currency.of("ZAR")),
        prices_unchecked=True,
        notification_fault="no_address",
        recent_keys=(("k" * 32, 1),),
    )
    event = change.event and replace(change.event, traceparent=TRACE)
    await table.orders.add(replace(change, order=order, event=event))


async def with_as_little_as_can_be(table: Table) -> None:
    draft = a_draft(customer=None, notification_email=None, billing_address=None, shipping_address=None)
    await _stored(table, _new(2, draft=draft), publish=True)


async def from_placing_to_completion(table: Table) -> None:
    order = await _stored(table, _new(3, draft=FULL), publish=True)
    order = await _stored(table, order.document_rendered(_ready(order), _later(1)), publish=True)
    edited = order.changed(EventType.UPDATED, _later(2), {}, fields=("/notes", "/metadata/gift"))
    order = await _stored(table, _answered(edited), publish=True)
    order = await _stored(table, order.process(_later(3), SHOP), publish=True)
    first = Shipment("DHL", "JD0001", "https://track.example.com/1", (ParcelLine("line_7", 1),), NOON + MINUTE)
    order = await _stored(table, order.fulfil(first, _later(4), SHOP), publish=True)
    order = await _stored(table, order.fulfil(Shipment("DHL", "JD0002"), _later(5), SHOP), publish=True)
    for parcel in order.parcels:
        order = await _stored(table, order.deliver(parcel.parcel_id, _later(6), SHOP), publish=True)
    order = await _stored(table, order.complete(_later(7), SHOP), publish=True)
    order = await _stored(table, order.delete(_later(8), (Role.ADMIN,)), publish=True)
    await _stored(table, erase(order, _later(9), (Role.ADMIN,)))


async def changed_by_another_regions_writer(table: Table) -> None:
    order = await _stored(table, _new(14), publish=True)
    order = await _stored(table, order.process(_later(1), SHOP))
    table.lease.epoch = 2
    order = await _stored(table, order.fulfil(Shipment("DHL", "JD0006"), _later(2), SHOP))
    intent = MailIntent(TENANT, order.order_id, 3, MailTemplate.ORDER_SHIPPED, RECIPIENT)
    await table.mails.claim(intent, now=NOON, lease=timedelta(minutes=5))
    await table.acceptances.add(_acceptance(15, RECEIPT))


async def partly_shipped(table: Table) -> None:
    order = await _stored(table, _new(10), publish=True)
    order = await _stored(table, order.process(_later(1), SHOP))
    await _stored(table, order.fulfil(Shipment("DHL", "JD0003", lines=(ParcelLine("line_1", 1),)), _later(2), SHOP))


async def being_worked_on(table: Table) -> None:
    order = await _stored(table, _new(11), publish=True)
    await _stored(table, order.process(_later(1), SHOP), publish=True)


async def shipped_whole(table: Table) -> None:
    order = await _stored(table, _new(12), publish=True)
    order = await _stored(table, order.document_rendered(_ready(order), _later(1)), publish=True)
    order = await _stored(table, order.process(_later(1), SHOP), publish=True)
    await _stored(table, order.fulfil(Shipment("DHL", "JD0004"), _later(2), SHOP), publish=True)


async def cancelled_with_events_waiting(table: Table) -> None:
    order = await _stored(table, _new(4))
    failed = Document(DocumentStatus.FAILED, 1, NOON)
    order = await _stored(table, order.document_rendered(failed, _later(1)))
    await _stored(table, order.cancel("Ordered twice", _later(2), SHOP))


async def rejected_after_a_payment_failed(table: Table) -> None:
    order = await _stored(table, _new(5), publish=True)
    change = order.reject("payment_failed", _later(1), SHOP)
    reported = replace(change.order.reported, failed_at=NOON, captured_at=NOON - MINUTE)
    await _stored(table, replace(change, order=replace(change.order, reported=reported)), publish=True)


async def with_reports_that_wait(table: Table) -> None:
    order = await _stored(table, _new(6), publish=True)
    reported = order.reported
    for report in REPORTS.values():
        reported = reported.with_parked(report)
    await table.orders.note(replace(order, reported=replace(reported, revision=1)))


async def accepted(table: Table) -> None:
    await table.acceptances.add(_acceptance(7, RECEIPT))


async def accepted_and_placed(table: Table) -> None:
    acceptance = _acceptance(8, RECEIPT)
    await table.acceptances.add(acceptance)
    await table.acceptances.queued(TENANT, acceptance.order_id)
    change = _new(8, draft=FULL, receipt=RECEIPT)
    await table.orders.add(change, claimed_by=RECEIPT.key)
    await table.acceptances.finish(TENANT, acceptance.order_id, AcceptanceState.PLACED)


async def over_and_dated(table: Table) -> None:
    acceptance = _acceptance(16, RECEIPT)
    await table.acceptances.add(acceptance)
    order_id = acceptance.order_id
    change = _new(16, draft=FULL, receipt=RECEIPT)
    await table.outbox.settle(await table.orders.add(change, claimed_by=RECEIPT.key))
    await table.acceptances.finish(TENANT, order_id, AcceptanceState.PLACED)
    intent = MailIntent(TENANT, order_id, 1, MailTemplate.ORDER_CONFIRMATION, RECIPIENT)
    await table.mails.claim(intent, now=NOON, lease=timedelta(minutes=5))
    order = await _stored(table, change.order.cancel("Ordered twice", _later(1), SHOP), publish=True)
    assert order.expires_at is not None
    await table.retained.keep_until(TENANT, order_id, order.expires_at)


async def accepted_and_rejected(table: Table) -> None:
    acceptance = _acceptance(9, None)
    await table.acceptances.add(acceptance)
    faults = (Fault(("lines", 0, "price"), "price_mismatch", "it is 30.00"),)
    await table.acceptances.finish(TENANT, acceptance.order_id, AcceptanceState.REJECTED, faults)


async def with_mails(table: Table) -> None:
    order_id = (await _stored(table, _new(13), publish=True)).order_id
    lease = timedelta(minutes=5)
    intents = [MailIntent(TENANT, order_id, 1, template, RECIPIENT) for template in MailTemplate]
    for intent in intents:
        await table.mails.claim(intent, now=NOON, lease=lease)
    _, sent, bounced, complained, delayed, failed, skipped, released = intents
    for intent in (sent, bounced, complained, delayed):
        await table.mails.finish(intent, MailState.SENT, at=NOON + MINUTE, message_id="0100018f-0000-0000")
    for intent, kind in zip((bounced, complained, delayed), FeedbackKind, strict=True):
        await table.mails.note_feedback(intent.reference, MailFeedback(kind, NOON + 2 * MINUTE, "Permanent/NoEmail"))
    await table.mails.finish(failed, MailState.FAILED, at=NOON + MINUTE, detail="refused")
    await table.mails.finish(skipped, MailState.SKIPPED, at=NOON + MINUTE, detail="suppressed")
    claim = await table.mails.claim(released, now=NOON + lease, lease=lease)
    await table.mails.release(released, claim, now=NOON + lease + MINUTE, failure="throttled")
    nobody = MailIntent(TENANT, order_id, 1, MailTemplate.STAFF_NEW_ORDER, None)
    await table.mails.finish(nobody, MailState.SKIPPED, at=NOON, detail="no recipient")


async def suppressed_addresses(table: Table) -> None:
    for number, reason in enumerate(SuppressionReason):
        hashed = recipient_hash(f"{number}@example.com")
        detail = "Permanent/NoEmail" if number else None
        await table.suppressions.add(Suppression(TENANT, hashed, reason, NOON, an_order_id(1), detail))
    removed = recipient_hash("back@example.com")
    await table.suppressions.add(Suppression(TENANT, removed, SuppressionReason.BOUNCED, NOON, an_order_id(1)))
    await table.suppressions.remove(TENANT, removed, at=NOON + MINUTE)


REPORTS: Mapping[str, Report] = {
    "captured": Report("pay_1", ReportType.PAYMENT_CAPTURED, NOON),
    "failed": Report("pay_2", ReportType.PAYMENT_FAILED, NOON, reason_code="card_declined"),
    "dispatched": Report(
        "ship_1", ReportType.SHIPMENT_DISPATCHED, NOON, None, "DHL", "JD0005", "https://track.example.com/5",
        (ParcelLine("line_1", 2),),
    ),
    "delivered": Report("ship_2", ReportType.SHIPMENT_DELIVERED, NOON, carrier="DHL", tracking_number="JD0005"),
    "out of stock": Report("stock_1", ReportType.STOCK_REJECTED, NOON, reason_code="sold_out"),
}  # fmt: skip

STORIES: Mapping[str, Story] = {
    each.__name__.replace("_", " "): each
    for each in (
        placed_with_everything,
        with_as_little_as_can_be,
        changed_by_another_regions_writer,
        being_worked_on,
        partly_shipped,
        shipped_whole,
        from_placing_to_completion,
        cancelled_with_events_waiting,
        rejected_after_a_payment_failed,
        with_reports_that_wait,
        accepted,
        accepted_and_placed,
        accepted_and_rejected,
        over_and_dated,
        with_mails,
        suppressed_addresses,
    )
}


def _new(number: int, *, draft: Any = None, receipt: Receipt | None = None) -> Change:
    change = placed(draft or a_draft(), roles=SHOP, tenant_id=TENANT, order_id=an_order_id(number))
    return replace(change, event=change.event and replace(change.event, receipt=receipt))


def _answered(change: Change) -> Change:
    return replace(change, event=change.event and replace(change.event, receipt=RECEIPT))


async def _stored(table: Table, change: Change, *, publish: bool = False) -> Order:
    stored = await (table.orders.add(change) if change.order.sequence == 1 else table.orders.save(change))
    if publish:
        await table.outbox.settle(stored)
    return change.order


def _ready(order: Order) -> Document:
    key = f"documents/{TENANT}/{order.order_id}/1.pdf"
    return Document(DocumentStatus.READY, 1, NOON, key, "a" * 64, 26_000)


def _later(minutes: int) -> Any:
    return a_stamp(NOON + minutes * MINUTE, principal="staff_1", role=Role.STAFF)


def _acceptance(number: int, receipt: Receipt | None) -> Acceptance:
    return Acceptance(
        TENANT, an_order_id(number), "cust_test_001", "portal", frozenset({Role.CUSTOMER, Role.SERVICE}), NOON,
        draft=FULL, caller_customer_id="cust_test_001", traceparent=TRACE, receipt=receipt,
    )  # fmt: skip
