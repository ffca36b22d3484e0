"""The ledger of erasures in memory. Contract: ports/erasure_ledger.py."""

from orders.ports.erasure_ledger import LedgerEntry, LedgerPage
from orders.ports.errors import ItemKind, PassedOver, TransientPortError, UnreadableItem


class MemoryErasureLedger:
    """``ErasureLedger`` in a dictionary; set ``reachable`` to false for an outage."""

    def __init__(self) -> None:
        self.reachable = True
        self._entries: dict[tuple[str, str], LedgerEntry] = {}
        self._damaged: set[tuple[str, str]] = set()

    def damage(self, tenant_id: str, order_id: str) -> None:
        """Makes an entry unreadable."""
        self._damaged.add((tenant_id, order_id))

    async def enter(self, entry: LedgerEntry) -> None:
        """See ``ErasureLedger.enter``."""
        self._ask()
        self._entries.setdefault((entry.tenant_id, entry.order_id), entry)

    async def page(
        self,
        *,
        tenant_id: str | None = None,
        after: str | None = None,
        limit: int = 100,
        passed_over: PassedOver | None = None,
    ) -> LedgerPage:
        """See ``ErasureLedger.page``."""
        self._ask()
        behind = None if after is None else _parsed(after)
        keys = sorted(
            key
            for key in self._entries
            if (tenant_id is None or key[0] == tenant_id) and (behind is None or key > behind)
        )
        found: list[LedgerEntry] = []
        for key in keys[:limit]:
            if key not in self._damaged:
                found.append(self._entries[key])
            elif passed_over is None:
                raise _fault(key)
            else:
                passed_over(_fault(key))
        return LedgerPage(found, "|".join(keys[limit - 1]) if len(keys) > limit else None)

    def _ask(self) -> None:
        if not self.reachable:
            raise TransientPortError("erasure ledger", "out of reach")


def _parsed(position: str) -> tuple[str, str]:
    tenant_id, between, order_id = position.partition("|")
    if not between:
        raise ValueError(f"{position[:80]!r} is no position in the ledger")
    return tenant_id, order_id


def _fault(key: tuple[str, str]) -> UnreadableItem:
    return UnreadableItem(ItemKind.ERASURE, "/".join(key), "it was damaged", tenant_id=key[0], order_id=key[1])
