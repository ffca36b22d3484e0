"""Mail intents in DynamoDB: every claim and mark is one conditional write. Contract: ports/mail.py ([PIPE-9])."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from orders.adapters.outbound.dynamodb.items.attribute_values import Item
from orders.adapters.outbound.dynamodb.items.event_items import EPOCH
from orders.adapters.outbound.dynamodb.items.instants import epoch_seconds, instant_text, parse_instant
from orders.adapters.outbound.dynamodb.items.part_items import present
from orders.adapters.outbound.dynamodb.items.schema import (
    EXPIRY,
    SCHEMA_ATTRIBUTE,
    SCHEMA_VERSION,
    item_reader,
    reading,
)
from orders.adapters.outbound.dynamodb.keys import mail_key, mail_partition
from orders.adapters.outbound.dynamodb.table import ConditionFailed, OrdersTable, Placeholders
from orders.domain.erasing import ERASED
from orders.ports.clock import Clock
from orders.ports.errors import ItemKind, PassedOver, UnreadableItem
from orders.ports.lease import WriterLease
from orders.ports.mail import (
    Claim,
    FeedbackKind,
    MailFeedback,
    MailIntent,
    MailRecord,
    MailReference,
    MailState,
    MailTemplate,
)

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

_PERSONAL = ("recipientHint", "detail")
"""Attributes that may identify a recipient: the hint, and the mail service's remarks on the address."""


def _claim_token() -> str:
    return token_hex(8)


class DynamoMailIntents:
    """Mail intents in a separate partition for each order; recipients only as a hash and a hint."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        lease: WriterLease,
        *,
        claim_tokens: Callable[[], str] = _claim_token,
        clock: Clock | None = None,
    ) -> None:
        """``claim_tokens`` returns a unique text for each claim."""
        self._table = OrdersTable(client, table_name, lease, clock=clock)
        self._claim_tokens = claim_tokens

    async def claim(self, intent: MailIntent, *, now: datetime, lease: timedelta) -> Claim:
        """See ``MailIntents.claim``."""
        place = Placeholders()
        token = self._claim_tokens()
        state, lease_until = place.name("state"), place.name("leaseUntil")
        attempts, schema = place.name("attempts"), place.name(SCHEMA_ATTRIBUTE)
        change = _set(
            place,
            self._described(intent)
            | {
                "state": MailState.CLAIMED,
                "at": instant_text(now),
                "leaseUntil": instant_text(now + lease),
                "claimToken": token,
            },
        )
        try:
            item = await self._table.update(
                mail_key(intent.reference),
                change=(
                    f"{change}, {attempts} = if_not_exists({attempts}, {place.value(0)}) + {place.value(1)}"
                    f" REMOVE {place.name('detail')}"
                ),
                # A permanent failure has no lease; a released one has a lease that has expired.
                condition=(
                    f"attribute_not_exists({place.name('PK')}) OR"
                    # An item of a later schema must not be overwritten.
                    f" ((attribute_not_exists({schema}) OR {schema} <= {place.value(SCHEMA_VERSION)})"
                    f" AND {state} IN ({place.value(MailState.CLAIMED)}, {place.value(MailState.FAILED)})"
                    f" AND {lease_until} <= {place.value(instant_text(now))})"
                ),
                place=place,
                returning=True,
            )
        except ConditionFailed as refused:
            # The client retries after a lost response: the existing claim may be its own.
            return _claim(refused.found, granted=refused.found.get("claimToken") == token)
        return _claim(item, granted=True)

    async def release(self, intent: MailIntent, claim: Claim, *, now: datetime, failure: str | None = None) -> None:
        """See ``MailIntents.release``."""
        place = Placeholders()
        attempts, state, lease_until = place.name("attempts"), place.name("state"), place.name("leaseUntil")
        at = place.value(instant_text(now))
        # This claim sent no mail, so it does not count as an attempt.
        change = f"SET {lease_until} = {at}, {attempts} = {attempts} - {place.value(1)}"
        if failure is not None:
            failed, detail = place.value(MailState.FAILED), place.value(failure)
            change += f", {state} = {failed}, {place.name('at')} = {at}, {place.name('detail')} = {detail}"
        try:
            await self._table.update(
                mail_key(intent.reference),
                change=change,
                # Leases of one intent never end at the same time: the next begins when the last has expired.
                condition=(
                    f"{state} = {place.value(MailState.CLAIMED)} AND {lease_until} > {at}"
                    f" AND {lease_until} = {place.value(claim.lease_until and instant_text(claim.lease_until))}"
                ),
                place=place,
            )
        except ConditionFailed:
            return  # finished, expired, released already, or claimed by another by now

    async def finish(
        self,
        intent: MailIntent,
        state: MailState,
        *,
        at: datetime,
        message_id: str | None = None,
        detail: str | None = None,
    ) -> None:
        """See ``MailIntents.finish``."""
        place = Placeholders()
        attempts, recorded = place.name("attempts"), place.name("state")
        outcome = {"messageId": message_id, "detail": detail}
        given = {name: value for name, value in outcome.items() if value is not None}
        change = _set(place, self._described(intent) | {"state": state, "at": instant_text(at)} | given)
        gone = [place.name(name) for name in ("leaseUntil", "claimToken", *(outcome.keys() - given.keys()))]
        try:
            await self._table.update(
                mail_key(intent.reference),
                change=(f"{change}, {attempts} = if_not_exists({attempts}, {place.value(0)}) REMOVE {', '.join(gone)}"),
                condition=f"attribute_not_exists({recorded}) OR {recorded} <> {place.value(MailState.SENT)}",
                place=place,
            )
        except ConditionFailed:
            return  # finished as sent, which is final

    async def note_feedback(self, mail: MailReference, feedback: MailFeedback) -> bool:
        """See ``MailIntents.note_feedback``."""
        place = Placeholders()
        kind = place.name("feedback")
        described = {"feedback": int(feedback.kind), "feedbackAt": instant_text(feedback.at)}
        change = _set(place, described | present(feedbackDetail=feedback.detail))
        if feedback.detail is None:
            change += f" REMOVE {place.name('feedbackDetail')}"
        try:
            await self._table.update(
                mail_key(mail),
                change=change,
                condition=(
                    f"attribute_exists({place.name('PK')})"
                    f" AND (attribute_not_exists({kind}) OR {kind} < {place.value(int(feedback.kind))})"
                ),
                place=place,
            )
        except ConditionFailed as refused:
            return bool(refused.found)
        return True

    async def of_order(
        self, tenant_id: str, order_id: str, passed_over: PassedOver | None = None
    ) -> Sequence[MailRecord]:
        """See ``MailIntents.of_order``."""
        records: list[MailRecord] = []
        async for item in self._items(tenant_id, order_id):
            try:
                records.append(mail_from_item(item))
            except UnreadableItem as error:
                if passed_over is None:
                    raise
                passed_over(error)
        return sorted(records, key=lambda record: (record.sequence, record.at))

    async def redact(self, tenant_id: str, order_id: str) -> None:
        """See ``MailIntents.redact``."""
        async for item in self._items(tenant_id, order_id):
            place = Placeholders()
            personal = {name: ERASED for name in _PERSONAL if item.get(name, ERASED) != ERASED}
            if personal:
                await self._table.update(
                    {name: item[name] for name in ("PK", "SK")},
                    change=_set(place, personal),
                    condition=f"attribute_exists({place.name('PK')})",
                    place=place,
                )

    def _described(self, intent: MailIntent) -> Item:
        described: Item = {
            SCHEMA_ATTRIBUTE: SCHEMA_VERSION,
            EPOCH: self._table.lease.check(),
            "sequence": intent.sequence,
            "template": intent.template,
        }
        if intent.recipient is not None:
            described["recipientHint"] = recipient_hint(intent.recipient)
        if intent.expires_at is not None:
            described[EXPIRY] = epoch_seconds(intent.expires_at)
        return described

    async def _items(self, tenant_id: str, order_id: str) -> AsyncIterator[Item]:
        place = Placeholders()
        condition = f"{place.name('PK')} = {place.value(mail_partition(tenant_id, order_id))}"
        resume = None
        while True:
            page = await self._table.query(condition, place, resume=resume)
            for item in page.items:
                yield item
            resume = page.resume
            if resume is None:
                return


def recipient_hint(recipient: str) -> str:
    """Masks an address so that only its owner recognises it: ``t…@example.com``."""
    name, at, host = recipient.rpartition("@")
    return f"{name[:1]}…{at}{host}" if at else "…"


def _set(place: Placeholders, attributes: Mapping[str, Any]) -> str:
    return "SET " + ", ".join(f"{place.name(name)} = {place.value(value)}" for name, value in attributes.items())


def _claim(item: Item, *, granted: bool) -> Claim:
    record = mail_from_item(item)
    with reading(ItemKind.MAIL, item):
        lease_until = item.get("leaseUntil")
        return Claim(granted, record, lease_until and parse_instant(lease_until))


@item_reader(ItemKind.MAIL, MailRecord)
def mail_from_item(item: Mapping[str, Any]) -> MailRecord:
    """Parses an intent's item. Raises: UnreadableItem."""
    return MailRecord(
        sequence=item["sequence"],
        template=MailTemplate(item["template"]),
        state=MailState(item["state"]),
        at=parse_instant(item["at"]),
        recipient_hint=item.get("recipientHint"),
        attempts=item["attempts"],
        message_id=item.get("messageId"),
        detail=item.get("detail"),
        feedback=_feedback(item),
    )


def _feedback(item: Mapping[str, Any]) -> MailFeedback | None:
    kind = item.get("feedback")
    if kind is None:
        return None
    return MailFeedback(FeedbackKind(kind), parse_instant(item["feedbackAt"]), item.get("feedbackDetail"))
