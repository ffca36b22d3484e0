"""The contract of ``MailIntents``, on every backend."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from orders.ports.mail import FeedbackKind, MailFeedback, MailIntent, MailRecord, MailState, MailTemplate
from tests.contract.order_stores import Store
from tests.support.builders import NOON, an_order_id

LEASE = timedelta(seconds=50)
A_SECOND = timedelta(seconds=1)


@pytest.fixture
def intent(tenant_id: str) -> MailIntent:
    return MailIntent(tenant_id, an_order_id(), 3, MailTemplate.ORDER_CONFIRMATION, "Thandi@example.com")


def record_of(intent: MailIntent, state: MailState, **particulars: object) -> MailRecord:
    record = MailRecord(intent.sequence, intent.template, state, NOON, "T…@example.com", 1)
    return replace(record, **particulars)  # type: ignore[arg-type]


async def test_the_first_claim_is_granted(store: Store, intent: MailIntent) -> None:
    claim = await store.mails.claim(intent, now=NOON, lease=LEASE)

    assert claim.granted
    assert claim.record == record_of(intent, MailState.CLAIMED)
    assert claim.lease_until == NOON + LEASE


async def test_who_comes_second_learns_who_is_ahead(store: Store, intent: MailIntent) -> None:
    await store.mails.claim(intent, now=NOON, lease=LEASE)

    claim = await store.mails.claim(intent, now=NOON + LEASE - A_SECOND, lease=LEASE)

    assert not claim.granted
    assert claim.record == record_of(intent, MailState.CLAIMED)
    assert claim.lease_until == NOON + LEASE


async def test_of_twenty_claims_at_once_one_is_granted(store: Store, intent: MailIntent) -> None:
    claims = await asyncio.gather(*(store.mails.claim(intent, now=NOON, lease=LEASE) for _ in range(20)))

    assert [claim.granted for claim in claims].count(True) == 1
    assert {claim.record.attempts for claim in claims} == {1}


async def test_a_lease_that_ended_is_granted_to_one_again(store: Store, intent: MailIntent) -> None:
    await store.mails.claim(intent, now=NOON, lease=LEASE)

    claims = await asyncio.gather(*(store.mails.claim(intent, now=NOON + LEASE, lease=LEASE) for _ in range(5)))

    assert [claim.granted for claim in claims].count(True) == 1
    assert {claim.record.attempts for claim in claims} == {2}
    assert {claim.lease_until for claim in claims} == {NOON + 2 * LEASE}


@pytest.mark.parametrize("state", [MailState.SENT, MailState.SKIPPED, MailState.FAILED])
async def test_what_is_marked_is_never_granted_again(store: Store, intent: MailIntent, state: MailState) -> None:
    await store.mails.claim(intent, now=NOON, lease=LEASE)
    await store.mails.finish(intent, state, at=NOON + A_SECOND, message_id="m-1", detail="so it went")

    claim = await store.mails.claim(intent, now=NOON + 10 * LEASE, lease=LEASE)

    assert not claim.granted
    assert claim.record == record_of(intent, state, at=NOON + A_SECOND, message_id="m-1", detail="so it went")
    assert claim.lease_until is None


async def test_an_intent_nobody_claimed_can_be_marked(store: Store, intent: MailIntent) -> None:
    without_address = replace(intent, recipient=None)
    await store.mails.finish(without_address, MailState.SKIPPED, at=NOON, detail="no address")

    expected = record_of(intent, MailState.SKIPPED, recipient_hint=None, attempts=0, detail="no address")
    assert await store.mails.of_order(intent.tenant_id, intent.order_id) == [expected]
    assert not (await store.mails.claim(without_address, now=NOON, lease=LEASE)).granted


async def test_sent_is_final_and_other_marks_are_not(store: Store, intent: MailIntent) -> None:
    await store.mails.claim(intent, now=NOON, lease=LEASE)
    await store.mails.finish(intent, MailState.FAILED, at=NOON, detail="refused")
    await store.mails.finish(intent, MailState.SENT, at=NOON, message_id="m-1")
    await store.mails.finish(intent, MailState.FAILED, at=NOON + A_SECOND, detail="refused")
    await store.mails.finish(intent, MailState.SENT, at=NOON + A_SECOND, message_id="m-2")

    [record] = await store.mails.of_order(intent.tenant_id, intent.order_id)
    assert record == record_of(intent, MailState.SENT, message_id="m-1")


async def test_a_claim_given_back_can_be_claimed_at_once(store: Store, intent: MailIntent) -> None:
    first = await store.mails.claim(intent, now=NOON, lease=LEASE)

    await store.mails.release(intent, first, now=NOON + A_SECOND)
    await store.mails.release(intent, first, now=NOON + A_SECOND)
    claim = await store.mails.claim(intent, now=NOON + A_SECOND, lease=LEASE)

    assert claim.granted
    # No mail can have gone out of the first claim: this is not a second attempt.
    assert claim.record == record_of(intent, MailState.CLAIMED, at=NOON + A_SECOND)


async def test_a_claim_given_back_for_a_failure_says_so_until_it_is_claimed_again(
    store: Store, intent: MailIntent
) -> None:
    first = await store.mails.claim(intent, now=NOON, lease=LEASE)
    for _ in range(2):
        await store.mails.release(intent, first, now=NOON + A_SECOND, failure="not made")
    [record] = await store.mails.of_order(intent.tenant_id, intent.order_id)
    assert record == record_of(intent, MailState.FAILED, at=NOON + A_SECOND, attempts=0, detail="not made")

    early = await store.mails.claim(intent, now=NOON, lease=LEASE)
    assert (early.granted, early.lease_until) == (False, NOON + A_SECOND)  # by a clock that is behind: it is open yet
    claim = await store.mails.claim(intent, now=NOON + A_SECOND, lease=LEASE)
    assert claim.granted
    assert claim.record == record_of(intent, MailState.CLAIMED, at=NOON + A_SECOND)

    await store.mails.release(intent, claim, now=NOON + 2 * A_SECOND, failure="not made")
    await store.mails.finish(intent, MailState.FAILED, at=NOON + 2 * A_SECOND, detail="refused")
    refused = await store.mails.claim(intent, now=NOON + LEASE, lease=LEASE)
    assert (refused.granted, refused.lease_until, refused.record.detail) == (False, None, "refused")


async def test_who_comes_too_late_does_not_give_back_anothers_claim(store: Store, intent: MailIntent) -> None:
    slow = await store.mails.claim(intent, now=NOON, lease=LEASE)
    later = NOON + LEASE
    assert (await store.mails.claim(intent, now=later, lease=LEASE)).granted

    await store.mails.release(intent, slow, now=later + A_SECOND)

    assert not (await store.mails.claim(intent, now=later + A_SECOND, lease=LEASE)).granted


async def test_giving_back_what_is_not_claimed_changes_nothing(store: Store, intent: MailIntent) -> None:
    other = await store.mails.claim(replace(intent, sequence=9), now=NOON, lease=LEASE)
    await store.mails.finish(replace(intent, sequence=9), MailState.SENT, at=NOON, message_id="m-9")
    await store.mails.release(intent, other, now=NOON)
    assert [record.sequence for record in await store.mails.of_order(intent.tenant_id, intent.order_id)] == [9]

    await store.mails.finish(intent, MailState.SENT, at=NOON, message_id="m-1")
    await store.mails.release(intent, other, now=NOON)
    record, _ = await store.mails.of_order(intent.tenant_id, intent.order_id)
    assert record == record_of(intent, MailState.SENT, attempts=0, message_id="m-1")


async def test_intents_differ_by_order_event_template_and_recipient(store: Store, intent: MailIntent) -> None:
    others = [
        replace(intent, order_id=an_order_id(2)),
        replace(intent, sequence=4),
        replace(intent, template=MailTemplate.STAFF_NEW_ORDER),
        replace(intent, recipient="thandi@example.org"),
        replace(intent, recipient=None),
        replace(intent, tenant_id=f"{intent.tenant_id}x"),
    ]
    for each in (intent, *others):
        assert (await store.mails.claim(each, now=NOON, lease=LEASE)).granted
    assert not (await store.mails.claim(replace(intent, recipient="thandi@EXAMPLE.com"), now=NOON, lease=LEASE)).granted


async def test_the_records_of_an_order_come_by_event_then_time(store: Store, intent: MailIntent) -> None:
    staff = replace(intent, template=MailTemplate.STAFF_NEW_ORDER, recipient="staff@example.com")
    shipped = replace(intent, sequence=12, template=MailTemplate.ORDER_SHIPPED)
    first = replace(intent, sequence=1, template=MailTemplate.ORDER_CANCELLED)
    for each, at in ((shipped, 0), (intent, 3), (staff, 2), (first, 9)):
        await store.mails.claim(each, now=NOON + at * A_SECOND, lease=LEASE)

    records = await store.mails.of_order(intent.tenant_id, intent.order_id)

    assert [(record.sequence, record.template) for record in records] == [
        (1, MailTemplate.ORDER_CANCELLED),
        (3, MailTemplate.STAFF_NEW_ORDER),
        (3, MailTemplate.ORDER_CONFIRMATION),
        (12, MailTemplate.ORDER_SHIPPED),
    ]
    assert await store.mails.of_order(intent.tenant_id, an_order_id(7)) == []


async def test_redacted_records_say_what_became_of_the_mail_and_not_of_whom(store: Store, intent: MailIntent) -> None:
    refused = replace(intent, sequence=4)
    skipped = replace(intent, sequence=5, recipient=None)
    claimed = replace(intent, sequence=6)
    await store.mails.finish(intent, MailState.SENT, at=NOON, message_id="m-1")
    await store.mails.finish(refused, MailState.FAILED, at=NOON, detail="Address thandi@example.com is blacklisted")
    await store.mails.finish(skipped, MailState.SKIPPED, at=NOON)
    await store.mails.claim(claimed, now=NOON, lease=LEASE)
    other = replace(intent, order_id=an_order_id(2))
    await store.mails.finish(other, MailState.SENT, at=NOON, message_id="m-2")

    for _ in range(2):
        await store.mails.redact(intent.tenant_id, intent.order_id)

    erased = {"recipient_hint": "[erased]", "attempts": 0}
    assert await store.mails.of_order(intent.tenant_id, intent.order_id) == [
        record_of(intent, MailState.SENT, message_id="m-1", **erased),
        record_of(refused, MailState.FAILED, detail="[erased]", **erased),
        record_of(skipped, MailState.SKIPPED, recipient_hint=None, attempts=0),
        record_of(claimed, MailState.CLAIMED, recipient_hint="[erased]"),
    ]
    (untouched,) = await store.mails.of_order(other.tenant_id, other.order_id)
    assert untouched.recipient_hint == "T…@example.com"


async def test_a_redacted_mail_is_not_sent_again(store: Store, intent: MailIntent) -> None:
    await store.mails.finish(intent, MailState.SENT, at=NOON, message_id="m-1")
    await store.mails.redact(intent.tenant_id, intent.order_id)
    await store.mails.redact(intent.tenant_id, an_order_id(9))

    claim = await store.mails.claim(intent, now=NOON + 2 * LEASE, lease=LEASE)

    assert not claim.granted
    assert claim.record.recipient_hint == "[erased]"


@pytest.mark.parametrize("kinds", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
async def test_of_what_came_back_of_a_mail_the_gravest_is_on_record(
    store: Store, intent: MailIntent, kinds: tuple[int, ...]
) -> None:
    await store.mails.claim(intent, now=NOON, lease=LEASE)
    for kind in kinds:
        feedback = MailFeedback(FeedbackKind(kind), NOON + kind * A_SECOND, None if kind == 3 else f"kind {kind}")
        for later in (0, 9):
            assert await store.mails.note_feedback(
                intent.reference, replace(feedback, at=feedback.at + later * A_SECOND)
            )
    complained = MailFeedback(FeedbackKind.COMPLAINED, NOON + 3 * A_SECOND)
    assert await store.mails.of_order(intent.tenant_id, intent.order_id) == [
        record_of(intent, MailState.CLAIMED, feedback=complained)
    ]


async def test_feedback_and_the_marks_of_sending_do_not_touch_each_other(store: Store, intent: MailIntent) -> None:
    delayed = MailFeedback(FeedbackKind.DELAYED, NOON)
    await store.mails.claim(intent, now=NOON, lease=LEASE)
    # The mail was sent and has bounced; who sent it has died, and another sends it again.
    await store.mails.note_feedback(intent.reference, delayed)
    claim = await store.mails.claim(intent, now=NOON + LEASE, lease=LEASE)
    assert claim.record.feedback == delayed
    await store.mails.finish(intent, MailState.SENT, at=NOON, message_id="m-1")
    await store.mails.redact(intent.tenant_id, intent.order_id)
    (record,) = await store.mails.of_order(intent.tenant_id, intent.order_id)
    assert (record.state, record.recipient_hint, record.feedback) == (MailState.SENT, "[erased]", delayed)


async def test_of_a_mail_that_never_was_nothing_can_come_back(store: Store, intent: MailIntent) -> None:
    assert not await store.mails.note_feedback(intent.reference, MailFeedback(FeedbackKind.BOUNCED, NOON))
    assert await store.mails.of_order(intent.tenant_id, intent.order_id) == []
