"""Acceptances in memory. Contract: ports/acceptances.py."""

from dataclasses import replace

from orders.adapters.outbound.memory.orders_table import MemoryTable, OrderKey, rough_bytes
from orders.domain.errors import Fault
from orders.domain.events import Receipt
from orders.ports.acceptances import Acceptance, AcceptanceState, KeyClaim
from orders.ports.errors import (
    AcceptanceExists,
    ItemKind,
    OrderClaimed,
    OrderExists,
    OrderTooLarge,
    TransientPortError,
)
from orders.ports.order_repository import MAX_ORDER_BYTES


class MemoryAcceptances:
    """``Acceptances`` over the ``MemoryTable`` of a ``MemoryOutbox``."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    async def add(self, acceptance: Acceptance) -> None:
        """See ``Acceptances.add``."""
        size = rough_bytes(acceptance)
        if size > MAX_ORDER_BYTES:
            raise OrderTooLarge(size, MAX_ORDER_BYTES)
        self._table.lease.check()
        key = (acceptance.tenant_id, acceptance.order_id)
        if acceptance.receipt is not None:
            self._claim(KeyClaim(*key, acceptance.receipt))
        existing = self._table.accepted.get(key)
        if existing is None:
            self._table.accepted[key] = acceptance
            self._table.unqueued[key] = acceptance.accepted_at
        elif existing != acceptance:
            self._table.check(ItemKind.ACCEPTANCE, *key)
            raise AcceptanceExists(existing)
        self._table.answer()

    async def get(self, tenant_id: str, order_id: str) -> Acceptance | None:
        """See ``Acceptances.get``."""
        self._table.check(ItemKind.ACCEPTANCE, tenant_id, order_id)
        return self._table.accepted.get((tenant_id, order_id))

    async def queued(self, tenant_id: str, order_id: str) -> None:
        """See ``Acceptances.queued``."""
        self._table.lease.check()
        self._table.unqueued.pop((tenant_id, order_id), None)

    async def finish(
        self, tenant_id: str, order_id: str, state: AcceptanceState, faults: tuple[Fault, ...] = ()
    ) -> None:
        """See ``Acceptances.finish``."""
        self._table.lease.check()
        key = (tenant_id, order_id)
        acceptance = self._table.accepted[key]
        if state is AcceptanceState.REJECTED and not self._close(key, faults):
            state, faults = AcceptanceState.PLACED, ()
        if acceptance.state not in {AcceptanceState.PLACED, state}:
            self._table.accepted[key] = replace(acceptance, state=state, faults=faults, draft=None)
        self._table.unqueued.pop(key, None)

    async def redact(self, tenant_id: str, order_id: str, receipt: Receipt | None) -> None:
        """See ``Acceptances.redact``."""
        self._table.lease.check()
        key = (tenant_id, order_id)
        acceptance = self._table.accepted.get(key)
        if acceptance is not None:
            self._table.accepted[key] = replace(acceptance, draft=None, state=AcceptanceState.PLACED, receipt=receipt)
            self._table.unqueued.pop(key, None)

    def _claim(self, claim: KeyClaim) -> None:
        key = (claim.tenant_id, claim.order_id)
        if key in self._table.rows:
            self._table.check(ItemKind.ORDER, *key)
            raise OrderExists(self._table.rows[key].order)
        existing = self._table.claims.setdefault(key, claim)
        if not claim.same_request(existing):
            raise OrderClaimed(existing)

    def _close(self, key: OrderKey, faults: tuple[Fault, ...]) -> bool:
        if key in self._table.rows:
            return False
        claim = self._table.claims.get(key) or KeyClaim(*key)
        self._table.claims[key] = replace(claim, faults=claim.faults or faults)
        return True


class MemoryOrderCommands:
    """``OrderCommands`` that records requests as (tenant id, order id, traceparent)."""

    def __init__(self) -> None:
        self.reachable = True
        self.asked: list[tuple[str, str, str | None]] = []

    async def place_accepted(self, tenant_id: str, order_id: str, traceparent: str | None = None) -> None:
        """See ``OrderCommands.place_accepted``."""
        if not self.reachable:
            raise TransientPortError("order-creation queue", "out of reach")
        self.asked.append((tenant_id, order_id, traceparent))
