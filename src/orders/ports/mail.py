"""Mails: composing and sending them, and the record of mails sent, which deduplicates."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from hashlib import sha256
from typing import Protocol

from orders.domain.erasing import ERASED
from orders.domain.order import Order
from orders.ports.errors import PassedOver
from orders.ports.tenants import TenantProfile


class MailTemplate(StrEnum):
    """Every mail that the service sends; values are the templates' folder names."""

    ORDER_CONFIRMATION = "order_confirmation"
    ORDER_SHIPPED = "order_shipped"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_REJECTED = "order_rejected"
    ORDER_COMPLETED = "order_completed"
    STAFF_NEW_ORDER = "staff_new_order"
    STAFF_ORDER_CANCELLED = "staff_order_cancelled"
    STAFF_ORDER_STUCK = "staff_order_stuck"


@dataclass(frozen=True, slots=True)
class MailContent:
    """A composed mail: a subject line, and the same message as text and as HTML."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OrderTrouble:
    """A dead letter about an order, of which staff are notified.

    Attributes:
        where: the worker's name, or ``rule:`` and a rule's name.
        since: when the message was dead-lettered.
        reference: the identifier by which operators find it.
        order_number: ``None`` for an order that was never placed.
    """

    where: str
    since: datetime
    reference: str
    order_number: str | None = None


class MailComposer(Protocol):
    """Renders mail templates."""

    async def compose(
        self, template: MailTemplate, order: Order, tenant: TenantProfile, *, parcel_id: str | None = None
    ) -> MailContent:
        """Returns the mail for an order; ``parcel_id`` selects the parcel of a shipping mail.

        Raises: RenderingFailed.
        """
        ...

    async def compose_trouble(self, trouble: OrderTrouble, tenant: TenantProfile) -> MailContent:
        """Returns the mail ``STAFF_ORDER_STUCK``, which holds no personal data. Raises: RenderingFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file attached to a mail."""

    filename: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one recipient.

    Attributes:
        sender_name: display name in front of the service's own sending address.
        tags: names and values (letters, digits, ``_`` and ``-``) that bounces and complaints return.
        headers: further headers, such as ``X-Order-Number``.
    """

    recipient: str = field(repr=False)
    sender_name: str
    content: MailContent = field(repr=False)
    reply_to: str | None = None
    attachments: tuple[Attachment, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


class MailSender(Protocol):
    """Hands mails to the mail service."""

    async def send(self, mail: Mail) -> str:
        """Sends one mail; returns the mail service's message id.

        Raises:
            MailRejected: the mail service will never accept this mail.
            TransientPortError: unreachable, or over the rate per second or day (``throttled``).
        """
        ...


def recipient_hash(recipient: str) -> str:
    """Returns the hash that identifies an address in stored records; case-insensitive."""
    return sha256(recipient.lower().encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class MailReference:
    """Identifies a mail without its recipient's address."""

    tenant_id: str
    order_id: str
    sequence: int
    template: MailTemplate
    recipient_hash: str | None


@dataclass(frozen=True, slots=True)
class MailQuota:
    """The mail service's quota: mails sent in the last 24 hours and the maximum; a negative maximum means unlimited."""

    sent: float
    allowed: float

    @property
    def used(self) -> float:
        """The fraction of the quota that is used."""
        return self.sent / self.allowed if self.allowed > 0 else float(self.allowed == 0)


class MailQuotas(Protocol):
    """Reads the mail service's daily quota."""

    async def quota(self) -> MailQuota:
        """Returns the current quota. Raises: TransientPortError, PermanentPortError."""
        ...


@dataclass(frozen=True, slots=True)
class MailIntent:
    """The intent to send one recipient one mail about one event of an order; at most one mail is sent for it.

    Attributes:
        sequence: of the event that the mail is about.
        expires_at: when its record goes; ``None`` while that is not known, before the order's end.
    """

    tenant_id: str
    order_id: str
    sequence: int
    template: MailTemplate
    recipient: str | None = field(repr=False)
    expires_at: datetime | None = None

    @property
    def reference(self) -> MailReference:
        """The intent's identity, without the address."""
        hashed = None if self.recipient is None else recipient_hash(self.recipient)
        return MailReference(self.tenant_id, self.order_id, self.sequence, self.template, hashed)


class FeedbackKind(IntEnum):
    """Kinds of feedback on a sent mail, in ascending severity."""

    DELAYED = 1
    BOUNCED = 2
    COMPLAINED = 3


@dataclass(frozen=True, slots=True)
class MailFeedback:
    """Feedback on a sent mail: a transient or permanent bounce, or a complaint.

    Attributes:
        detail: the mail service's classification, such as ``Permanent/NoEmail``; never text of the mail.
    """

    kind: FeedbackKind
    at: datetime
    detail: str | None = None


class MailState(StrEnum):
    """The state of a mail intent."""

    CLAIMED = "claimed"
    SENT = "sent"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class MailRecord:
    """The stored record of an intent; holds the recipient only as a hint such as ``t…@example.com``.

    Attributes:
        attempts: number of claims; above 1 the mail may have been sent more than once.
        detail: why it was skipped or failed.
        feedback: the most severe feedback received.
    """

    sequence: int
    template: MailTemplate
    state: MailState
    at: datetime
    recipient_hint: str | None = field(repr=False)
    attempts: int
    message_id: str | None = None
    detail: str | None = None
    feedback: MailFeedback | None = None

    def erased(self) -> "MailRecord":
        """Returns the record with tombstones in place of the recipient's hint and the detail."""
        return replace(self, recipient_hint=self.recipient_hint and ERASED, detail=self.detail and ERASED)


@dataclass(frozen=True, slots=True)
class Claim:
    """The result of claiming an intent.

    Attributes:
        granted: the caller holds the lease on the intent and must send the mail.
        record: the intent's current record; when not granted, it shows another's lease (``CLAIMED``) or the final
            state.
        lease_until: end of the lease, the caller's or the other holder's; ``None`` if it can't be claimed again.
    """

    granted: bool
    record: MailRecord
    lease_until: datetime | None = None


class MailIntents(Protocol):
    """Stores mail intents. Every method raises ``TransientPortError`` when the table is unreachable or throttles."""

    async def claim(self, intent: MailIntent, *, now: datetime, lease: timedelta) -> Claim:
        """Claims the intent with a lease of ``lease``: granted if it is unclaimed, or if an earlier lease expired
        without a result or was released.

        Of any number of concurrent claims exactly one is granted.

        Raises: UnreadableItem: the stored record is unreadable; it is left unchanged.
        """
        ...

    async def release(self, intent: MailIntent, claim: Claim, *, now: datetime, failure: str | None = None) -> None:
        """Releases a granted claim whose mail was definitely not sent, so that it can be claimed again at once.

        With ``failure``, the error text, the intent is ``FAILED`` until then. Only this very claim is released: an
        intent that is unclaimed, or claimed by another by now, is left unchanged.
        """
        ...

    async def finish(
        self,
        intent: MailIntent,
        state: MailState,
        *,
        at: datetime,
        message_id: str | None = None,
        detail: str | None = None,
    ) -> None:
        """Records the final state of an intent (``SENT``, ``SKIPPED``, ``FAILED``), after which it can't be claimed
        again.

        An unclaimed intent can be finished too: this is how a mail is skipped. ``SENT`` is never overwritten.
        """
        ...

    async def note_feedback(self, mail: MailReference, feedback: MailFeedback) -> bool:
        """Records feedback on a mail; more severe feedback replaces less severe, of equal severity the first stays.

        Returns:
            ``True`` if the mail exists.
        """
        ...

    async def of_order(
        self, tenant_id: str, order_id: str, passed_over: PassedOver | None = None
    ) -> Sequence[MailRecord]:
        """Returns all records of an order by sequence, then time.

        Args:
            passed_over: called with each unreadable record, which is skipped; without it the first is raised.

        Raises: UnreadableItem.
        """
        ...

    async def redact(self, tenant_id: str, order_id: str) -> None:
        """Replaces recipients' hints and details in an order's records with tombstones; states stay.

        Idempotent. A record written concurrently may be missed.
        """
        ...
