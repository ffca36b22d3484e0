"""Bounces and complaints: what SES says of a mail, and what comes of it ([PIPE-10])."""

import json
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.adapters.inbound.sqs.workers.mail_feedback import MailFeedbackHandler
from orders.application.operations.dead_letters import subject_of
from orders.application.operations.message_outline import outline
from orders.contracts.mail_marks import MARK_TAG
from orders.domain.events import EventType
from orders.domain.lifecycle import Action, Role
from orders.domain.order import Order
from orders.ports.errors import TransientPortError
from orders.ports.mail import FeedbackKind, Mail, MailRecord, MailState, recipient_hash
from orders.ports.metric_catalogue import MAIL_FEEDBACK_RECEIVED, MAILS
from orders.ports.suppressions import Suppression, SuppressionReason
from tests.support.builders import a_draft, an_order_id
from tests.support.mail_service import identity_notification, in_sns, ses_event
from tests.support.service import Service, a_caller
from tests.support.workers import handled, message

STAFF = "staff@example.com"
TENANT = "tenant.a_1"


class Post:
    """A service that has sent one mail to a shop's staff, and its mail-feedback worker."""

    service: Service
    order: Order
    mail: Mail

    @classmethod
    async def open(cls) -> "Post":
        post = cls()
        post.service = Service()
        caller = a_caller(tenant_id=TENANT)
        post.order = await post.service.place_order.execute(caller, a_draft())
        await post.service.notify_staff.execute(TENANT, post.order.order_id, EventType.CREATED, 1)
        (post.mail,) = post.service.sender.sent
        return post

    async def take(self, body: Any) -> None:
        handler = handled(MailFeedbackHandler(self.service.record_mail_feedback, self.service.counters))
        await handler(message(body))

    async def record(self) -> MailRecord:
        (record,) = await self.service.intents.of_order(TENANT, self.order.order_id)
        return record

    async def suppression(self) -> Suppression | None:
        return await self.service.suppressions.find(TENANT, recipient_hash(STAFF))

    def counted(self, what: str) -> float:
        return self.service.counters.of(MAIL_FEEDBACK_RECEIVED, what=what)


FORMS: dict[str, Callable[..., Any]] = {
    "configuration set, raw": ses_event,
    "configuration set, wrapped": lambda *known, **facts: in_sns(ses_event(*known, **facts)),
    "identity, raw": identity_notification,
    "identity, wrapped": lambda *known, **facts: in_sns(identity_notification(*known, **facts)),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
async def test_a_hard_bounce_shows_in_history_and_suppresses_the_address(form: Callable[..., Any]) -> None:
    post = await Post.open()
    for _ in range(2):
        await post.take(form(post.mail, "Bounce", bounceSubType="NoEmail"))
    record = await post.record()
    assert record.state is MailState.SENT
    assert record.feedback is not None
    assert (record.feedback.kind, record.feedback.detail) == (FeedbackKind.BOUNCED, "Permanent/NoEmail")
    suppression = await post.suppression()
    assert suppression == Suppression(
        TENANT,
        recipient_hash(STAFF),
        SuppressionReason.BOUNCED,
        record.feedback.at,
        post.order.order_id,
        "Permanent/NoEmail",
    )


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
async def test_a_complaint_suppresses_the_address(form: Callable[..., Any]) -> None:
    post = await Post.open()
    await post.take(form(post.mail, "Complaint"))
    feedback = (await post.record()).feedback
    assert feedback is not None
    assert (feedback.kind, feedback.detail) == (FeedbackKind.COMPLAINED, "abuse")
    suppression = await post.suppression()
    assert suppression is not None
    assert suppression.reason is SuppressionReason.COMPLAINED


@pytest.mark.parametrize("kind", ["Transient", "Undetermined"])
async def test_what_may_pass_is_noted_and_no_more(kind: str) -> None:
    post = await Post.open()
    await post.take(ses_event(post.mail, "Bounce", bounceType=kind, bounceSubType="MailboxFull"))
    feedback = (await post.record()).feedback
    assert feedback is not None
    assert (feedback.kind, feedback.detail) == (FeedbackKind.DELAYED, f"{kind}/MailboxFull")
    assert await post.suppression() is None


async def test_a_complaint_taken_back_is_none() -> None:
    post = await Post.open()
    await post.take(ses_event(post.mail, "Complaint", complaintFeedbackType="not-spam"))
    assert ((await post.record()).feedback, await post.suppression()) == (None, None)


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_in_any_order_the_gravest_stays(order: tuple[int, ...]) -> None:
    post = await Post.open()
    bodies = [
        ses_event(post.mail, "Bounce", bounceType="Transient"),
        ses_event(post.mail, "Bounce"),
        ses_event(post.mail, "Complaint"),
    ]
    for index in order:
        await post.take(bodies[index])
    feedback, suppression = (await post.record()).feedback, await post.suppression()
    assert feedback is not None
    assert suppression is not None
    assert (feedback.kind, suppression.reason) == (FeedbackKind.COMPLAINED, SuppressionReason.COMPLAINED)


async def test_a_suppressed_address_is_skipped_with_an_entry_and_only_for_that_shop() -> None:
    post = await Post.open()
    await post.take(ses_event(post.mail, "Bounce"))
    for tenant in (TENANT, "tenant_a_1", "tenant.a.1"):
        order = await post.service.place_order.execute(a_caller(tenant_id=tenant), a_draft())
        for _ in range(2):
            await post.service.notify_staff.execute(tenant, order.order_id, EventType.CREATED, 1)
        (record,) = await post.service.intents.of_order(tenant, order.order_id)
        skipped = tenant == TENANT
        assert record.state is (MailState.SKIPPED if skipped else MailState.SENT)
        assert record.detail == ("the address is suppressed: a mail to it bounced" if skipped else None)
    assert post.service.counters.counted(MAILS) == {
        frozenset({("outcome", "suppressed")}): 1,
        frozenset({("outcome", "sent")}): 3,
    }
    assert len(post.service.sender.to(STAFF)) == 3


async def test_history_tells_staff_and_the_customer_of_their_own_mails() -> None:
    post = await Post.open()
    await post.take(ses_event(post.mail, "Bounce"))
    page = await post.service.read_history.execute(a_caller(Role.STAFF, tenant_id=TENANT), post.order)
    (mail,) = (entry for entry in page.entries if isinstance(entry, MailRecord))
    assert mail.feedback is not None
    erased = mail.erased()
    assert (erased.recipient_hint, erased.feedback) == ("[erased]", mail.feedback)


async def test_feedback_on_an_erased_orders_mail_is_noted_all_the_same() -> None:
    post = await Post.open()
    admin = a_caller(Role.ADMIN, tenant_id=TENANT)
    cancelled = await post.service.change_status.execute(admin, post.order, Action.CANCEL)
    await post.service.erase_personal_data.execute(admin, cancelled)
    await post.service.fast_path.drain()
    await post.service.scrub_order.execute(TENANT, post.order.order_id)
    await post.take(ses_event(post.mail, "Complaint"))
    record = await post.record()
    assert (record.recipient_hint, record.feedback and record.feedback.kind) == ("[erased]", FeedbackKind.COMPLAINED)
    assert await post.suppression() is not None


async def test_a_mail_that_is_not_on_record_suppresses_nothing() -> None:
    post = await Post.open()
    body = ses_event(post.mail, "Bounce")
    mark = body["mail"]["tags"][MARK_TAG][0]
    body["mail"]["tags"][MARK_TAG] = [mark.replace(post.order.order_id, an_order_id(77))]
    await post.take(body)
    assert (post.counted("unknown"), post.counted("bounced")) == (1, 0)
    assert await post.suppression() is None


async def test_other_systems_mails_and_other_events_are_counted_and_dropped() -> None:
    post = await Post.open()
    await post.take(identity_notification(post.mail, "Bounce", headers=False))
    for kind in ("Delivery", "Send", "DeliveryDelay", "Something New"):
        await post.take(ses_event(post.mail, kind))
    await post.take({"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have subscribed."})
    greeting = "Successfully validated SNS topic for Amazon SES event publishing."
    await post.take(greeting)
    await post.take(in_sns(greeting))
    assert (post.counted("foreign"), post.counted("other")) == (1, 5)
    assert (await post.record()).feedback is None


def _without_mark(body: dict[str, Any]) -> dict[str, Any]:
    body["mail"]["tags"][MARK_TAG] = ["thandi@example.com"]
    return body


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda _: "{", "the body is not JSON"),
        (lambda body: {"mail": body["mail"]}, "neither eventType nor notificationType"),
        (lambda body: body | {"bounce": None}, "not a Bounce: bounce"),
        (lambda body: body | {"bounce": {"bounceType": "x@y.example"}}, "not a Bounce: bounce.bounceType: "),
        (_without_mark, "the mark that its mail bears is none of ours"),
    ],
)
async def test_what_it_cannot_read_is_refused_and_kept_without_addresses(
    spoil: Callable[[Any], Any], says: str
) -> None:
    post = await Post.open()
    with pytest.raises(MessageRefused, match=says) as refusal:
        await post.take(spoil(ses_event(post.mail, "Bounce")))
    kept = refusal.value.kept or ""
    assert "@" not in kept + refusal.value.reason
    assert "Harbour" not in kept
    json.loads(kept)


async def test_what_is_kept_still_says_which_mail_it_was() -> None:
    post = await Post.open()
    spoilt = ses_event(post.mail, "Bounce") | {"bounce": {"bounceType": "Permanent"}}
    with pytest.raises(MessageRefused) as refusal:
        await post.take(in_sns(spoilt))
    kept = refusal.value.kept or ""
    subject = subject_of(kept)
    assert (subject.tenant_id, subject.order_id, subject.kind) == (TENANT, post.order.order_id, "Bounce")
    assert subject_of(json.dumps(in_sns(spoilt))) == subject
    assert '"bounceType": "Permanent"' in outline(kept)


async def test_an_outage_leaves_it_to_the_next_delivery() -> None:
    post = await Post.open()
    memory: Any = post.service.suppressions
    memory.reachable = False
    with pytest.raises(TransientPortError):
        await post.take(ses_event(post.mail, "Bounce"))
    memory.reachable = True
    await post.take(ses_event(post.mail, "Bounce"))
    assert await post.suppression() is not None


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "2026-11-22T12:06:00Z", "0001-01-01T00:00:00+14:00"])
async def test_feedback_of_a_time_that_cannot_be_is_refused(at: str) -> None:
    post = await Post.open()
    for kind in ("Bounce", "Complaint"):
        with pytest.raises(MessageRefused) as refused:
            await post.take(ses_event(post.mail, kind, timestamp=at))
        assert STAFF not in (refused.value.kept or STAFF)
    assert await post.suppression() is None


async def test_a_fault_of_ours_leaves_no_address_in_the_dead_letters_and_can_be_sent_again() -> None:
    post = await Post.open()

    class Bug:
        async def execute(self, *_: object) -> None:
            raise ZeroDivisionError(STAFF)

    handler = handled(MailFeedbackHandler(Bug(), post.service.counters))  # type: ignore[arg-type]
    with pytest.raises(MessageRefused, match="a fault of ours: ZeroDivisionError") as refused:
        await handler(message(ses_event(post.mail, "Bounce")))
    kept = refused.value.kept
    assert kept is not None
    assert STAFF not in kept + refused.value.reason
    await post.take(json.loads(kept))
    assert await post.suppression() is not None
