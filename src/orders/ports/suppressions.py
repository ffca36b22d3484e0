"""Addresses that a shop does not write to any more ([PIPE-10])."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from orders.ports.errors import PassedOver


class SuppressionReason(StrEnum):
    """Why an address is not written to."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True)
class Suppression:
    """One address of one shop, known by its hash (``recipient_hash``) only.

    Attributes:
        at: when the mail bounced, or its recipient complained.
        order_id: the order that the mail was about.
        detail: the mail service's words for what kind of bounce or complaint.
    """

    tenant_id: str
    recipient_hash: str
    reason: SuppressionReason
    at: datetime
    order_id: str
    detail: str | None = None


class Suppressions(Protocol):
    """Keeps suppressed addresses. Every method raises ``TransientPortError`` when the table is out of reach."""

    async def add(self, suppression: Suppression) -> None:
        """Suppress an address; a complaint takes the place of a bounce, else what is there stays. Repeatable.

        What happened before an address was taken off the list does not put it there again.
        """
        ...

    async def find(self, tenant_id: str, recipient_hash: str) -> Suppression | None:
        """The address's suppression (strongly consistent), or ``None``.

        Raises: UnreadableItem: there is one, and nobody can say what it says.
        """
        ...

    async def of_tenant(
        self, tenant_id: str, *, after: str | None = None, limit: int = 100, passed_over: PassedOver | None = None
    ) -> Sequence[Suppression]:
        """Those of a shop by hash, behind ``after``; at most ``limit``, fewer only at the end.

        Args:
            passed_over: told of each that can't be read, which is left out; without it the first of them is raised.

        Raises: UnreadableItem.
        """
        ...

    async def remove(self, tenant_id: str, recipient_hash: str, *, at: datetime) -> bool:
        """Take an address off the list, so that it is written to again; whether it was on it."""
        ...
