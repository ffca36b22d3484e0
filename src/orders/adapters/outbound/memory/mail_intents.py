"""Mail intents in memory. Contract: ports/mail.py."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.ports.clock import Clock
from orders.ports.errors import ItemKind, PassedOver, TransientPortError, UnreadableItem
from orders.ports.lease import WriterLease
from orders.ports.mail import Claim, MailFeedback, MailIntent, MailRecord, MailReference, MailState


@dataclass(frozen=True, slots=True)
class _Entry:
    record: MailRecord
    lease_until: datetime | None = None
    expires_at: datetime | None = None


class MemoryMailIntents:
    """``MailIntents`` in a dictionary; set ``reachable`` to false for an outage."""

    def __init__(self, lease: WriterLease | None = None, clock: Clock | None = None) -> None:
        """``clock`` tells what is over; without one nothing ever is."""
        self._clock = clock
        self.reachable = True
        self._lease: WriterLease = lease or AlwaysWriter()
        self._entries: dict[MailReference, _Entry] = {}
        self._damaged: set[MailReference] = set()

    def damage(self, mail: MailReference) -> None:
        """Makes a record unreadable."""
        self._damaged.add(mail)

    def faults(self) -> list[UnreadableItem]:
        """Returns all unreadable records."""
        return [_fault(mail) for mail in sorted(self._damaged, key=str)]

    async def claim(self, intent: MailIntent, *, now: datetime, lease: timedelta) -> Claim:
        """See ``MailIntents.claim``."""
        self._lease.check()
        self._ask()
        known = self._entries.get(intent.reference)
        if intent.reference in self._damaged:
            raise _fault(intent.reference)
        if known and (known.lease_until is None or known.lease_until > now):
            return Claim(False, known.record, known.lease_until)
        attempts = known.record.attempts + 1 if known else 1
        record = _record(intent, MailState.CLAIMED, now, attempts)
        feedback = known.record.feedback if known else None
        entry = _Entry(replace(record, feedback=feedback), now + lease, _expiry(intent, known))
        self._entries[intent.reference] = entry
        return Claim(True, entry.record, entry.lease_until)

    async def release(self, intent: MailIntent, claim: Claim, *, now: datetime, failure: str | None = None) -> None:
        """See ``MailIntents.release``."""
        self._lease.check()
        self._ask()
        known = self._entries.get(intent.reference)
        if known and known.lease_until and known.lease_until > now and known.lease_until == claim.lease_until:
            # This claim sent no mail, so it does not count as an attempt.
            record = replace(known.record, attempts=known.record.attempts - 1)
            if failure is not None:
                record = replace(record, state=MailState.FAILED, at=now, detail=failure)
            self._entries[intent.reference] = replace(known, record=record, lease_until=now)

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
        self._lease.check()
        self._ask()
        known = self._entries.get(intent.reference)
        if known and known.record.state is MailState.SENT:
            return
        attempts = known.record.attempts if known else 0
        record = _record(intent, state, at, attempts, message_id=message_id, detail=detail)
        feedback = known.record.feedback if known else None
        self._entries[intent.reference] = _Entry(replace(record, feedback=feedback), None, _expiry(intent, known))

    async def note_feedback(self, mail: MailReference, feedback: MailFeedback) -> bool:
        """See ``MailIntents.note_feedback``."""
        self._lease.check()
        self._ask()
        known = self._entries.get(mail)
        if known is None:
            return False
        if known.record.feedback is None or known.record.feedback.kind < feedback.kind:
            self._entries[mail] = replace(known, record=replace(known.record, feedback=feedback))
        return True

    async def of_order(
        self, tenant_id: str, order_id: str, passed_over: PassedOver | None = None
    ) -> Sequence[MailRecord]:
        """See ``MailIntents.of_order``."""
        self._ask()
        found: list[MailRecord] = []
        for key, entry in self._entries.items():
            if not _is_of(key, tenant_id, order_id):
                continue
            if key not in self._damaged:
                found.append(entry.record)
            elif passed_over is None:
                raise _fault(key)
            else:
                passed_over(_fault(key))
        return sorted(found, key=lambda record: (record.sequence, record.at))

    async def redact(self, tenant_id: str, order_id: str) -> None:
        """See ``MailIntents.redact``."""
        self._lease.check()
        self._ask()
        for key, entry in self._entries.items():
            if _is_of(key, tenant_id, order_id):
                self._entries[key] = replace(entry, record=entry.record.erased())

    def keep_until(self, tenant_id: str, order_id: str, expires_at: datetime) -> int:
        """Lets an order's mails go at that time or later; returns how many were changed."""
        self._ask()
        changed = 0
        for key, entry in self._entries.items():
            if _is_of(key, tenant_id, order_id) and (entry.expires_at is None or entry.expires_at < expires_at):
                self._entries[key] = replace(entry, expires_at=expires_at)
                changed += 1
        return changed

    def _ask(self) -> None:
        if not self.reachable:
            raise TransientPortError("orders table", "out of reach")
        if self._clock is not None:
            now = self._clock.now()
            for key in [key for key, each in self._entries.items() if each.expires_at and each.expires_at <= now]:
                del self._entries[key]


def _expiry(intent: MailIntent, known: _Entry | None) -> datetime | None:
    return intent.expires_at or (known.expires_at if known else None)


def _fault(mail: MailReference) -> UnreadableItem:
    return UnreadableItem(
        ItemKind.MAIL,
        f"{mail.tenant_id}/{mail.order_id}/{mail.sequence}",
        "it was damaged",
        tenant_id=mail.tenant_id,
        order_id=mail.order_id,
        sequence=mail.sequence,
    )


def _is_of(mail: MailReference, tenant_id: str, order_id: str) -> bool:
    return (mail.tenant_id, mail.order_id) == (tenant_id, order_id)


def _record(
    intent: MailIntent,
    state: MailState,
    at: datetime,
    attempts: int,
    *,
    message_id: str | None = None,
    detail: str | None = None,
) -> MailRecord:
    return MailRecord(
        sequence=intent.sequence,
        template=intent.template,
        state=state,
        at=at,
        recipient_hint=None if intent.recipient is None else _hint(intent.recipient),
        attempts=attempts,
        message_id=message_id,
        detail=detail,
    )


def _hint(recipient: str) -> str:
    name, at, host = recipient.rpartition("@")
    return f"{name[:1]}…{at}{host}" if at else "…"
