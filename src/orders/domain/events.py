"""Defines the events of an order, in sequence.

Events are facts for other systems: identifiers, statuses, amounts, line ids; never a name, an address or user input.
Further facts for the history (actor, reason, changed fields) are stored with the event and stay internal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

JsonValue: TypeAlias = "str | int | bool | Sequence[JsonValue] | Mapping[str, JsonValue] | None"


class EventType(StrEnum):
    """Every kind of event that an order emits."""

    CREATED = "created"
    UPDATED = "updated"
    PROCESSING = "processing"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    FULFILLED = "fulfilled"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    DELETED = "deleted"
    ERASED = "erased"
    DOCUMENT_READY = "document_ready"
    DOCUMENT_FAILED = "document_failed"


@dataclass(frozen=True, slots=True)
class Actor:
    """The actor of a change.

    Attributes:
        principal: token subject, service or worker name.
        role: the role it acted in.
    """

    principal: str
    role: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """The time, actor and trace of a change.

    Attributes:
        at: UTC, millisecond precision.
        traceparent: W3C trace context of the request or message that caused it.
    """

    at: datetime
    actor: Actor
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The stored response to a change with an idempotency key, given again when the request is repeated.

    Attributes:
        key: hash of tenant, caller, operation and idempotency key.
        fingerprint: hash of the request's body.
        answer: the whole response, in a form that only the caller's adapter understands.
        attempt: distinguishes requests with one key that would store the same at the same moment: only one of them made
            the change, and the others repeat it. ``None`` where requests come one after the other.
    """

    key: str
    fingerprint: str
    answer: bytes = field(repr=False)
    attempt: str | None = None


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """An event of one order.

    Attributes:
        sequence: 1, 2, 3, ... per order without gaps; it alone defines the order of events.
        version: the order's version after it.
        data: the published payload.
        reason: the reason as entered; for history, never published.
        changed: JSON pointers of the fields that changed, without values.
        receipt: the response stored for the idempotency key, if there was one; internal.
        epoch: the writer's, in which it was stored: two regions' events of one sequence differ in it.
        expires_at: when it goes with its order, if that was over when it happened; no part of the fact.
    """

    tenant_id: str
    order_id: str
    sequence: int
    version: int
    type: EventType
    at: datetime
    actor: Actor
    data: Mapping[str, JsonValue] = field(default_factory=dict)
    reason: str | None = field(default=None, repr=False)
    changed: tuple[str, ...] = ()
    traceparent: str | None = None
    receipt: Receipt | None = None
    epoch: int = 1
    expires_at: datetime | None = field(default=None, compare=False)
