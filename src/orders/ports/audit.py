"""The audit trail: who read or changed which order's personal data, and what operators did ([SEC-5])."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class AuditOutcome(StrEnum):
    """The outcome of an attempt."""

    ALLOWED = "allowed"
    DENIED = "denied"
    """The caller is unknown, or lacks permission for the operation or the resource."""
    REFUSED = "refused"
    """The caller has permission, but the request is invalid or not possible now."""
    FAILED = "failed"
    """The service failed, or never completed the response: something may have been changed nevertheless."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One audited attempt: identifiers, codes and times, and no personal data of the order's customer.

    Attributes:
        at: end of the attempt, UTC.
        principal: a token's subject, a worker's name or an operator; ``None`` if unknown.
        role: the role acted in; ``none`` without one.
        tenant_id, order_id: the order concerned; ``None`` if there is none, there are many, or it is unknown.
        operation: such as ``getOrder`` (an operation id of the API), ``render-document`` (a worker's command or event
            type) or ``orders dlq redrive``.
        origin: a client's address, ``queue:`` and the message's sender, or ``cli``.
        request_id: of the request, or the message's id.
        why: the reason for a refusal, as a code such as ``not-found``.
    """

    at: datetime
    principal: str | None
    role: str
    tenant_id: str | None
    operation: str
    order_id: str | None
    origin: str
    request_id: str
    outcome: AuditOutcome
    why: str | None = None


class AuditTrail(Protocol):
    """Records attempts in the order in which they arrive.

    Fields that callers choose freely (``principal``, ``request_id``) are stored without anything recognisably personal;
    a principal that is an e-mail address or a phone number is replaced by a hash, which is stable.
    """

    def record(self, record: AuditRecord) -> None:
        """Stores the record. Never raises and never waits: a record that can't be written is counted in
        ``AUDIT_RECORDS_LOST``.
        """
        ...
