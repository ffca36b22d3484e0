"""Composing mails, sending them, and remembering which have been sent."""

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
    """A composed mail: one line of subject, and the same message as text and as HTML."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OrderTrouble:
    """Something that could not be done with an order, and was put aside.

    Attributes:
        where: whose work it was: a worker's name, or ``rule:`` and a rule's.
        since: when it was put aside.
        reference: by which operators find it.
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
        """The mail for an order; ``parcel_id`` says which parcel a shipping mail is about.

        Raises: RenderingFailed.
        """
        ...

    async def compose_trouble(self, trouble: OrderTrouble, tenant: TenantProfile) -> MailContent:
        """The mail ``STAFF_ORDER_STUCK``, which says nothing of a person. Raises: RenderingFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail."""

    filename: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one recipient.

    Attributes:
        sender_name: shown before the service's own sending address.
        tags: names and values (letters, digits, ``_`` and ``-``) that bounces and complaints bring back.
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
        """Send one mail; returns the mail service's id of it.

        Raises:
            MailRejected: this mail will never be accepted.
            TransientPortError: out of reach, or more than may be sent per second or day (``throttled``).
        """
        ...


def recipient_hash(recipient: str) -> str:
    """What is kept of an address where mails are told apart by it: a hash, the same for any case of it."""
    return sha256(recipient.lower().encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class MailReference:
    """Which mail it is, without the address that it goes to."""

    tenant_id: str
    order_id: str
    sequence: int
    template: MailTemplate
    recipient_hash: str | None


@dataclass(frozen=True, slots=True)
class MailQuota:
    """How many mails have been sent in the last 24 hours, and how many may be; below 0 is without end."""

    sent: float
    allowed: float

    @property
    def used(self) -> float:
        """The fraction that is used up."""
        return self.sent / self.allowed if self.allowed > 0 else float(self.allowed == 0)


class MailQuotas(Protocol):
    """Knows the mail service's quota for a day."""

    async def quota(self) -> MailQuota:
        """As it is now. Raises: TransientPortError, PermanentPortError."""
        ...


@dataclass(frozen=True, slots=True)
class MailIntent:
    """That one recipient is to get one mail about one event of one order: at most one such mail is sent.

    Attributes:
        sequence: of the event that it tells of.
    """

    tenant_id: str
    order_id: str
    sequence: int
    template: MailTemplate
    recipient: str | None = field(repr=False)

    @property
    def reference(self) -> MailReference:
        """The intent without the address."""
        hashed = None if self.recipient is None else recipient_hash(self.recipient)
        return MailReference(self.tenant_id, self.order_id, self.sequence, self.template, hashed)


class FeedbackKind(IntEnum):
    """What can come back of a mail that was sent; what is higher is graver."""

    DELAYED = 1
    BOUNCED = 2
    COMPLAINED = 3


@dataclass(frozen=True, slots=True)
class MailFeedback:
    """What came back: a bounce that may pass, one that will not, or the recipient's complaint.

    Attributes:
        detail: the mail service's words for what kind of it, such as ``Permanent/NoEmail``; never from the mail.
    """

    kind: FeedbackKind
    at: datetime
    detail: str | None = None


class MailState(StrEnum):
    """What became of an intent."""

    CLAIMED = "claimed"
    SENT = "sent"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class MailRecord:
    """What is remembered of an intent; the recipient only as a hint such as ``t…@example.com``.

    Attributes:
        attempts: how often it was claimed; above 1 a mail may have gone out more than once.
        detail: why it was skipped or failed.
        feedback: the gravest of what came back of it.
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
        """The record with tombstones in place of what it says of the recipient and of why."""
        return replace(self, recipient_hint=self.recipient_hint and ERASED, detail=self.detail and ERASED)


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a claim.

    Attributes:
        granted: the caller now holds the intent until its lease ends, and is to send the mail.
        record: the intent as it now stands: when not granted, who is ahead (``CLAIMED``) or what became of it.
        lease_until: when the lease, the caller's or the other holder's, ends; ``None`` when nobody can claim it again.
    """

    granted: bool
    record: MailRecord
    lease_until: datetime | None = None


class MailIntents(Protocol):
    """Remembers intents. Every method raises ``TransientPortError`` when the table is out of reach."""

    async def claim(self, intent: MailIntent, *, now: datetime, lease: timedelta) -> Claim:
        """Claim the intent for ``lease``: granted when nobody has, or when an earlier claim's lease has ended unmarked
        or was given back.

        Of any number of simultaneous claims exactly one is granted.

        Raises: UnreadableItem: what became of the intent can't be read; it stays as it is.
        """
        ...

    async def release(self, intent: MailIntent, claim: Claim, *, now: datetime, failure: str | None = None) -> None:
        """Give a granted claim back, because the mail surely did not go out: it can be claimed again at once.

        With ``failure``, which says why it did not, the intent is ``FAILED`` until then. Only this very claim is given
        back: an intent that is not claimed, or by now by somebody else, stays as it is.
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
        """Mark what became of a claimed intent (``SENT``, ``SKIPPED``, ``FAILED``); it can never be claimed again.

        An intent nobody claimed can be marked too: that is how a mail is skipped. A mark of ``SENT`` is final:
        later marks leave it as it is.
        """
        ...

    async def note_feedback(self, mail: MailReference, feedback: MailFeedback) -> bool:
        """Note what came back of a mail; graver feedback stays, of equal the first.

        Returns:
            Whether there is such a mail.
        """
        ...

    async def of_order(
        self, tenant_id: str, order_id: str, passed_over: PassedOver | None = None
    ) -> Sequence[MailRecord]:
        """All records of an order by sequence, then time.

        Args:
            passed_over: told of each that can't be read, which is left out; without it the first of them is raised.

        Raises: UnreadableItem.
        """
        ...

    async def redact(self, tenant_id: str, order_id: str) -> None:
        """Put tombstones in place of what an order's records say of recipients and of why; what became of mails stays.

        Repeatable. A record that is written meanwhile may be missed.
        """
        ...
