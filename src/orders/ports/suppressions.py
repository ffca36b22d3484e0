"""Suppressed addresses: recipients a shop no longer sends mail to ([PIPE-10])."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from orders.ports.errors import PassedOver


class SuppressionReason(StrEnum):
    """Reasons for suppressing an address."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True)
class Suppression:
    """A suppressed address of one shop, identified only by its hash (``recipient_hash``).

    Attributes:
        at: when the mail bounced, or the recipient complained.
        order_id: the order that the mail was about.
        detail: the mail service's classification of the bounce or complaint.
    """

    tenant_id: str
    recipient_hash: str
    reason: SuppressionReason
    at: datetime
    order_id: str
    detail: str | None = None


class Suppressions(Protocol):
    """Stores suppressed addresses. Every method raises ``TransientPortError`` when the table is unreachable or
    throttles.
    """

    async def add(self, suppression: Suppression) -> None:
        """Suppresses an address. Idempotent; a complaint replaces a bounce, otherwise the stored entry stays.

        Feedback from before an address was removed from the list does not suppress it again.
        """
        ...

    async def find(self, tenant_id: str, recipient_hash: str) -> Suppression | None:
        """Returns the address's suppression (strongly consistent), or ``None``.

        Raises: UnreadableItem: there is one, but it is unreadable.
        """
        ...

    async def of_tenant(
        self, tenant_id: str, *, after: str | None = None, limit: int = 100, passed_over: PassedOver | None = None
    ) -> Sequence[Suppression]:
        """Returns a shop's suppressions by hash, behind ``after``; at most ``limit``, fewer only at the end.

        Args:
            passed_over: called with each unreadable entry, which is skipped; without it the first is raised.

        Raises: UnreadableItem.
        """
        ...

    async def remove(self, tenant_id: str, recipient_hash: str, *, at: datetime) -> bool:
        """Removes an address from the list, so that mail is sent to it again; returns whether it was suppressed."""
        ...
