"""Suppressed addresses in memory. Contract: ports/suppressions.py."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.ports.errors import ItemKind, PassedOver, TransientPortError, UnreadableItem
from orders.ports.lease import WriterLease
from orders.ports.suppressions import Suppression, SuppressionReason

_Key: TypeAlias = tuple[str, str]


class MemorySuppressions:
    """``Suppressions`` in dictionaries; set ``reachable`` to false for an outage."""

    def __init__(self, lease: WriterLease | None = None) -> None:
        self.reachable = True
        self._lease: WriterLease = lease or AlwaysWriter()
        self._held: dict[_Key, Suppression] = {}
        self._removed: dict[_Key, datetime] = {}
        self._damaged: set[_Key] = set()

    def damage(self, tenant_id: str, recipient_hash: str) -> None:
        """Makes an entry unreadable."""
        self._damaged.add((tenant_id, recipient_hash))

    def faults(self, tenant_id: str) -> list[UnreadableItem]:
        """Returns all unreadable entries of a shop."""
        return [_fault(*key) for key in sorted(self._damaged) if key[0] == tenant_id]

    async def add(self, suppression: Suppression) -> None:
        """See ``Suppressions.add``."""
        self._lease.check()
        self._ask()
        key = (suppression.tenant_id, suppression.recipient_hash)
        known, removed = self._held.get(key), self._removed.get(key)
        if removed is not None and suppression.at <= removed:
            return
        complained = SuppressionReason.COMPLAINED
        if known is None or (known.reason is not complained and suppression.reason is complained):
            self._held[key] = suppression

    async def find(self, tenant_id: str, recipient_hash: str) -> Suppression | None:
        """See ``Suppressions.find``."""
        self._ask()
        if (tenant_id, recipient_hash) in self._damaged:
            raise _fault(tenant_id, recipient_hash)
        return self._held.get((tenant_id, recipient_hash))

    async def of_tenant(
        self, tenant_id: str, *, after: str | None = None, limit: int = 100, passed_over: PassedOver | None = None
    ) -> Sequence[Suppression]:
        """See ``Suppressions.of_tenant``."""
        self._ask()
        held = [each for (tenant, _), each in self._held.items() if tenant == tenant_id]
        behind = [each for each in held if each.recipient_hash > (after or "")]
        found: list[Suppression] = []
        for each in sorted(behind, key=lambda each: each.recipient_hash):
            if (tenant_id, each.recipient_hash) not in self._damaged:
                found.append(each)
            elif passed_over is None:
                raise _fault(tenant_id, each.recipient_hash)
            else:
                passed_over(_fault(tenant_id, each.recipient_hash))
        return found[:limit]

    async def remove(self, tenant_id: str, recipient_hash: str, *, at: datetime) -> bool:
        """See ``Suppressions.remove``."""
        self._lease.check()
        self._ask()
        if self._held.pop((tenant_id, recipient_hash), None) is None:
            return False
        self._removed[tenant_id, recipient_hash] = at
        return True

    def _ask(self) -> None:
        if not self.reachable:
            raise TransientPortError("orders table", "out of reach")


def _fault(tenant_id: str, recipient_hash: str) -> UnreadableItem:
    place = f"{tenant_id}/{recipient_hash}"
    return UnreadableItem(ItemKind.SUPPRESSION, place, "it was damaged", tenant_id=tenant_id)
