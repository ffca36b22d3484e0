"""Finding unreadable items, for operators to repair ([PIPE-14])."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from orders.ports.errors import PortError, UnreadableItem


class UnknownPlace(PortError):
    """The position to continue from does not exist."""

    def __init__(self, given: str) -> None:
        self.given = given
        super().__init__(f"{given[:80]!r} is no place of an order; give the one that the page before has told")


@dataclass(frozen=True, slots=True)
class Findings:
    """The result of a scan.

    Attributes:
        items: the unreadable items, each with the reason.
        looked_at: number of orders, or outbox entries, that were scanned.
        next_position: where to continue; ``None`` at the end.
    """

    items: Sequence[UnreadableItem]
    looked_at: int
    next_position: str | None = None


class UnreadableItems(Protocol):
    """Scans for unreadable items. Every method raises ``TransientPortError`` when the table is unreachable or
    throttles.
    """

    async def in_outbox(self, *, limit: int) -> Findings:
        """Returns those that block the outbox: orders, waiting events and acceptances, from ``limit`` entries of each
        shard.
        """
        ...

    async def of_tenant(self, tenant_id: str, *, after: str | None = None, limit: int = 1000) -> Findings:
        """Returns those of a shop, from at most ``limit`` orders, oldest first, with everything stored of each.

        Data of the shop itself (suppressed addresses) is scanned when ``after`` is not given.

        Raises: UnknownPlace: ``after`` is not a ``Findings.next_position``.
        """
        ...

    async def of_order(self, tenant_id: str, order_id: str) -> Findings:
        """Returns those of one order: the order, its events, its acceptance and its mails."""
        ...
