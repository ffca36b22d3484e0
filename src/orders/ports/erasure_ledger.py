"""The ledger of erasures, apart from the orders: a restored table of orders is erased anew by it ([DATA-5])."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from orders.ports.errors import PassedOver


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An order whose personal data is to be gone wherever the order is; nothing personal itself.

    Attributes:
        at: when the erasure was asked for.
        by: the principal that asked for it, by its id.
    """

    tenant_id: str
    order_id: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Some entries; ``resume`` is the position to continue from, ``None`` at the end."""

    entries: Sequence[LedgerEntry]
    resume: str | None


class ErasureLedger(Protocol):
    """Keeps what has been erased. Every method raises ``TransientPortError`` when the table is unreachable or
    throttles.
    """

    async def enter(self, entry: LedgerEntry) -> None:
        """Enters an erasure. Idempotent: the first entry of an order stays.

        Called before the order's personal data goes, so that no restored table can hold an erased order that the
        ledger does not name.
        """
        ...

    async def page(
        self,
        *,
        tenant_id: str | None = None,
        after: str | None = None,
        limit: int = 100,
        passed_over: PassedOver | None = None,
    ) -> LedgerPage:
        """Returns at most ``limit`` entries of a shop, or of all, each once over all pages; in no particular order.

        Args:
            after: the ``resume`` of the page before.
            passed_over: called with each unreadable entry, which is skipped; without it the first is raised.

        Raises: UnreadableItem; ValueError: ``after`` is no position.
        """
        ...
