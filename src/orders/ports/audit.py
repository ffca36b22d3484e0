"""The audit trail: who read or changed which order's personal data, and what operators did ([SEC-5])."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

AUDIT_LOST = "audit_records_lost"
"""Counted for each record that could not be kept."""


class AuditOutcome(StrEnum):
    """What came of an attempt."""

    ALLOWED = "allowed"
    DENIED = "denied"
    """Who it was is not known, or it is not theirs to do or to see."""
    REFUSED = "refused"
    """They may, but not so, or not now."""
    FAILED = "failed"
    """The service did not manage, or never came to an answer: something may have been changed all the same."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One attempt. Identifiers, words and times; nothing personal of whom the order is about.

    Attributes:
        at: when it ended, UTC.
        principal: who: a token's subject, a worker's name, an operator; ``None`` when that is not known.
        role: in which role, ``none`` without one.
        tenant_id, order_id: on which order; ``None`` for what is about none or many, or where that is not known.
        operation: what, such as ``getOrder`` (an operation id of the API), ``render-document`` (a command, or a type
            of event, that a worker was sent) or ``orders dlq redrive``.
        origin: from where: a client's address, ``queue:`` and who has sent the message, or ``cli``.
        request_id: of the request, or the message's id.
        why: why it was not allowed, as a word such as ``not-found``.
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
    """Keeps records, in the order in which they come.

    What callers choose and could fill with anything (``principal``, ``request_id``) is kept without what can be found
    to be personal; a principal that is somebody's address or number is kept as a hash, the same each time.
    """

    def record(self, record: AuditRecord) -> None:
        """Keep the record. Never fails and never waits: one that can't be kept is counted as ``AUDIT_LOST``."""
        ...
