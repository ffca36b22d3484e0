"""Acceptances: orders accepted for asynchronous placement and not placed yet ([API-7])."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from orders.domain.errors import Fault
from orders.domain.events import Receipt
from orders.domain.identity import order_number
from orders.domain.lifecycle import Role
from orders.domain.placing import Draft


class AcceptanceState(StrEnum):
    """The state of an acceptance."""

    ACCEPTED = "accepted"
    PLACED = "placed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A validated order under the id that it will have once placed.

    Attributes:
        customer_id: the customer who places the order.
        draft: the complete order to place; ``None`` once it is placed or rejected.
        principal, roles, caller_customer_id: the caller on whose behalf it is placed.
        receipt: the response stored for the caller's idempotency key; ``None`` without a key.
        faults: the reasons for a rejection.
    """

    tenant_id: str
    order_id: str
    customer_id: str
    principal: str
    roles: frozenset[Role]
    accepted_at: datetime
    draft: Draft | None = field(default=None, repr=False)
    caller_customer_id: str | None = None
    traceparent: str | None = None
    receipt: Receipt | None = None
    state: AcceptanceState = AcceptanceState.ACCEPTED
    faults: tuple[Fault, ...] = ()

    @property
    def order_number(self) -> str:
        """The number that the order will have."""
        return order_number(self.order_id)


@dataclass(frozen=True, slots=True)
class KeyClaim:
    """Reserves an order's key for the request that was accepted under its id; it is not an order and blocks any other.

    An acceptance with an idempotency key is claimed before it is stored. One without a key has an id that nobody else
    knows, so it is claimed only on rejection, to stop it from being placed afterwards.

    Attributes:
        receipt: the response to the first request under the idempotency key, however far that request got; its ``key``
            identifies the claim's owner, its ``fingerprint`` the body. ``None`` without a key.
        faults: the reasons for a rejection; with any, no order can replace the claim.
    """

    tenant_id: str
    order_id: str
    receipt: Receipt | None = None
    faults: tuple[Fault, ...] = ()

    def same_request(self, other: "KeyClaim") -> bool:
        """Compares idempotency key and body fingerprint; ``True`` if both claims belong to one request."""
        mine, theirs = self.receipt, other.receipt
        if mine is None or theirs is None:
            return False
        return (mine.key, mine.fingerprint) == (theirs.key, theirs.fingerprint)


class Acceptances(Protocol):
    """Stores acceptances. Every method raises ``TransientPortError`` when the table is unreachable or throttles.

    An acceptance whose command is not queued yet is listed by ``Outbox.overdue``, so none is lost. An acceptance and an
    order of one id exclude each other through the order's key: ``OrderRepository.add`` refuses a claimed one.
    """

    async def add(self, acceptance: Acceptance) -> None:
        """Stores the acceptance. Idempotent: adding an identical one after a lost response succeeds.

        One with a receipt claims the order's key first. An existing claim for the same idempotency key and body is
        taken over: the process that wrote it died before going further, or is about to go on.

        Raises:
            OrderExists: with a receipt: an order of this id is placed already.
            OrderClaimed: with a receipt: the order's key is claimed for another body or another idempotency key.
            AcceptanceExists: another acceptance has this id.
            UnreadableItem: an unreadable acceptance has this id.
            OrderTooLarge: it would exceed ``MAX_ORDER_BYTES``; nothing was stored or claimed.
        """
        ...

    async def get(self, tenant_id: str, order_id: str) -> Acceptance | None:
        """Returns the latest version of the acceptance (strongly consistent). Raises: UnreadableItem."""
        ...

    async def queued(self, tenant_id: str, order_id: str) -> None:
        """Records that its command is on the queue, so that ``Outbox.overdue`` no longer lists it. Idempotent."""
        ...

    async def finish(
        self, tenant_id: str, order_id: str, state: AcceptanceState, faults: tuple[Fault, ...] = ()
    ) -> None:
        """Records the final state and deletes the draft. Idempotent.

        A placed order is never rejected afterwards, nor a rejected one placed: a rejection blocks the order's key
        first, and where an order is there already, records that it was placed instead.
        """
        ...

    async def redact(self, tenant_id: str, order_id: str, receipt: Receipt | None) -> None:
        """Deletes the draft and replaces the receipt, after the placed order has been erased.

        Idempotent; does nothing without an acceptance.
        """
        ...


class OrderCommands(Protocol):
    """Sends commands to the order-creation queue."""

    async def place_accepted(self, tenant_id: str, order_id: str, traceparent: str | None = None) -> None:
        """Queues the command to place the accepted order. Raises: TransientPortError."""
        ...
