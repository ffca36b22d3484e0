"""Finding what can't be read, for who is to mend it ([PIPE-14])."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from orders.ports.errors import PortError, UnreadableItem


class UnknownPlace(PortError):
    """A look was to go on behind what is no place in it."""

    def __init__(self, given: str) -> None:
        self.given = given
        super().__init__(f"{given[:80]!r} is no place of an order; give the one that the page before has told")


@dataclass(frozen=True, slots=True)
class Findings:
    """What came of a look.

    Attributes:
        items: what can't be read, and why.
        looked_at: how many orders, or entries of the outbox, were looked at.
        next_position: where to go on; ``None`` at the end.
    """

    items: Sequence[UnreadableItem]
    looked_at: int
    next_position: str | None = None


class UnreadableItems(Protocol):
    """Looks for items that can't be read. Every method raises ``TransientPortError`` when the table is out of reach."""

    async def in_outbox(self, *, limit: int) -> Findings:
        """Those that hold up the outbox: orders, their waiting events and acceptances, ``limit`` entries of a shard."""
        ...

    async def of_tenant(self, tenant_id: str, *, after: str | None = None, limit: int = 1000) -> Findings:
        """Those of a shop, ``limit`` orders at most, oldest first, with all that is kept of each.

        What is kept of the shop itself (suppressed addresses) is looked at where nothing is ``after``.

        Raises: UnknownPlace: ``after`` is no ``Findings.next_position``.
        """
        ...

    async def of_order(self, tenant_id: str, order_id: str) -> Findings:
        """Those of one order: itself, its events, its acceptance, its mails."""
        ...
