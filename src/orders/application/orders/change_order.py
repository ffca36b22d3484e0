"""The one way in which an order that exists is changed: decide, write under a condition, decide again if it moved."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from weakref import WeakValueDictionary

from orders.application.events.publish_events import EventFastPath
from orders.application.policy.caller import Caller, owns
from orders.application.policy.errors import OrderNotFound, VersionMismatch
from orders.application.policy.idempotency import NO_PRECONDITIONS, Preconditions, Replays, with_receipt
from orders.application.policy.turns import others_turn
from orders.domain.events import Stamp
from orders.domain.order import Change, Order
from orders.domain.reports import Reported
from orders.ports.clock import Clock
from orders.ports.errors import OutboxFull, StaleOrder, TransientPortError
from orders.ports.order_repository import OrderRepository

MAX_ATTEMPTS = 200
"""Of N writers at least one succeeds in each round, so this many can change one order at the same moment."""

Decision = Callable[[Order, Stamp], Change | Awaitable[Change]]
"""Awaited where it has to ask somebody first; what it has learnt is of no use in the next round."""


class OrderChanger:
    """Makes a change durable without ever losing another one.

    What wants to change one order in one process takes turns: fifty at once would otherwise write some 1,300 times, for
    each that succeeds refuses all others, and the last would wait longer than a request may take. Between processes
    the condition of the write decides.
    """

    def __init__(self, repository: OrderRepository, clock: Clock, fast_path: EventFastPath, replays: Replays) -> None:
        self._repository = repository
        self._replays = replays
        self._clock = clock
        self._fast_path = fast_path
        # Gone as soon as nobody holds it or waits for it.
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def change(
        self,
        order: Order,
        caller: Caller,
        decide: Decision,
        *,
        terms: Preconditions = NO_PRECONDITIONS,
        see_deleted: bool = False,
    ) -> Order:
        """Apply ``decide`` to the order and store what comes of it; on a concurrent change, to the order as it is then.

        A change of nothing but what is kept of reports has no event, and is written without one.

        Args:
            see_deleted: go on with an order that has been deleted meanwhile.

        Returns:
            The order after the change, or as it is when the action's effect already held.

        Raises:
            AlreadyAnswered, KeyReused: the request, or its key, has been here before.
            VersionMismatch: the order has another version than expected.
            DomainError, TransientPortError: what ``decide`` refuses, or can't find out.
            OutboxFull, OrderTooLarge, TransientPortError: as ``OrderRepository.save`` and ``note``.
        """
        turn = self._turns.setdefault((order.tenant_id, order.order_id), asyncio.Lock())
        waits = turn.locked()
        async with turn:
            if waits:
                # Whoever had their turn before has changed it.
                order = await self._reread(caller, order.order_id, see_deleted=see_deleted)
            return await self._change(order, caller, decide, terms=terms, see_deleted=see_deleted)

    async def _change(
        self, order: Order, caller: Caller, decide: Decision, *, terms: Preconditions, see_deleted: bool
    ) -> Order:
        for _ in range(MAX_ATTEMPTS):
            if terms.request is not None:
                await self._replays.check(order, caller, terms.request)
            if terms.expected_versions is not None and order.version not in terms.expected_versions:
                raise VersionMismatch(expected=terms.expected_versions, current=order.version)
            decided = decide(order, caller.stamp(self._clock.now()))
            if isinstance(decided, Awaitable):
                decided = await decided
            await others_turn()
            change = with_receipt(decided, caller, terms.request)
            if change.event is None and change.order.reported == order.reported:
                return change.order
            try:
                if change.event is None:
                    return await self._noted(order, change.order.reported)
                await self._repository.save(change)
            except StaleOrder:
                order = await self._reread(caller, order.order_id, see_deleted=see_deleted)
                continue
            except OutboxFull:
                # Many changes at once outrun the fast path; who comes next makes room, unless the bus takes nothing.
                if not await self._fast_path.relieve(order.tenant_id, order.order_id):
                    raise
                continue
            self._fast_path.publish(change.event)
            return change.order
        raise TransientPortError("orders table", f"order {order.order_id} is being changed by too many at once")

    async def _noted(self, order: Order, reported: Reported) -> Order:
        noted = replace(order, reported=replace(reported, revision=order.reported.revision + 1))
        await self._repository.note(noted)
        return noted

    async def _reread(self, caller: Caller, order_id: str, *, see_deleted: bool) -> Order:
        order = await self._repository.get(caller.tenant_id, order_id)
        if order is None or not owns(caller, order) or (order.deletion is not None and not see_deleted):
            raise OrderNotFound(order_id)
        return order
