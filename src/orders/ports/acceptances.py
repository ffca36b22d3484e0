"""Orders that have been accepted and are yet to be placed ([API-7])."""

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
    """What has become of an acceptance."""

    ACCEPTED = "accepted"
    PLACED = "placed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A validated order under the id that it is going to have.

    Attributes:
        customer_id: whose order it is.
        draft: what is to be placed, complete; ``None`` once that is decided.
        principal, roles, caller_customer_id: on whose behalf.
        receipt: what the caller was answered, where they gave an idempotency key.
        faults: why it was rejected.
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
        """The number that the order is going to have."""
        return order_number(self.order_id)


@dataclass(frozen=True, slots=True)
class KeyClaim:
    """Holds an order's place for what was accepted under its id: it is no order, and no other order may go there.

    An acceptance with an idempotency key is claimed before it is kept. One without a key has an id that nobody else
    knows, and is claimed only when it is rejected, so that it can't be placed any more.

    Attributes:
        receipt: what the first request under the key is answered, whether or not it got any further; its ``key`` says
            whose the claim is, its ``fingerprint`` for which body. ``None`` without a key.
        faults: why it was rejected; once there are any, no order takes the claim's place.
    """

    tenant_id: str
    order_id: str
    receipt: Receipt | None = None
    faults: tuple[Fault, ...] = ()

    def same_request(self, other: "KeyClaim") -> bool:
        """Whether both are of one key and one body."""
        mine, theirs = self.receipt, other.receipt
        if mine is None or theirs is None:
            return False
        return (mine.key, mine.fingerprint) == (theirs.key, theirs.fingerprint)


class Acceptances(Protocol):
    """Keeps acceptances. Every method raises ``TransientPortError`` when the table is out of reach or throttles.

    One that is not queued yet is found by ``Outbox.overdue``, so that none is forgotten. Acceptances and orders of one
    id exclude each other by way of the order's place: ``OrderRepository.add`` refuses what is claimed there.
    """

    async def add(self, acceptance: Acceptance) -> None:
        """Keep an acceptance. The very same one again, after an answer got lost, succeeds.

        One with a receipt claims the order's place first. A claim that is there for the same key and body is as good
        as its own: whoever put it did not get any further, or is about to.

        Raises:
            OrderExists: with a receipt: an order was placed under its id.
            OrderClaimed: with a receipt: the order's place is claimed for another body, or another key.
            AcceptanceExists: another one has its id.
            UnreadableItem: one has its id that can't be read.
            OrderTooLarge: it would exceed ``MAX_ORDER_BYTES``; nothing was kept, nor claimed.
        """
        ...

    async def get(self, tenant_id: str, order_id: str) -> Acceptance | None:
        """The acceptance as of the latest write (strongly consistent). Raises: UnreadableItem."""
        ...

    async def queued(self, tenant_id: str, order_id: str) -> None:
        """Note that its command is on the queue: ``Outbox.overdue`` forgets it. Repeatable."""
        ...

    async def finish(
        self, tenant_id: str, order_id: str, state: AcceptanceState, faults: tuple[Fault, ...] = ()
    ) -> None:
        """Note what has become of it; the draft goes. Repeatable.

        What was placed is never rejected any more, and what was rejected never placed: rejecting closes the order's
        place first, and where an order is there already, notes that instead.
        """
        ...

    async def redact(self, tenant_id: str, order_id: str, receipt: Receipt | None) -> None:
        """Its order was placed and has been erased: the draft goes, and this receipt takes the place of the one kept.

        Repeatable; without an acceptance nothing happens.
        """
        ...


class OrderCommands(Protocol):
    """The queue of orders to be placed."""

    async def place_accepted(self, tenant_id: str, order_id: str, traceparent: str | None = None) -> None:
        """See to it that the accepted order is placed. Raises: TransientPortError."""
        ...
