"""Changes existing orders under an optimistic lock: decide, write conditionally, decide again on a conflict."""

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
"""Decides a change; awaited if it has to ask another service, which every attempt asks anew."""


class OrderChanger:
    """Stores changes without losing a concurrent one.

    Changes of one order in one process are serialised: fifty at once would otherwise cause some 1,300 writes, since
    each success fails all others, and the last would exceed the request timeout. Between processes the write's
    condition decides.
    """

    def __init__(self, repository: OrderRepository, clock: Clock, fast_path: EventFastPath, replays: Replays) -> None:
        self._repository = repository
        self._replays = replays
        self._clock = clock
        self._fast_path = fast_path
        # Weak references: a lock is dropped when nobody holds it or waits for it.
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
        """Applies ``decide`` to the order and stores the result; after a conflict, to the latest version.

        A change of nothing but the record of external events has no event, and is written without one.

        Args:
            see_deleted: continue with an order that has been deleted meanwhile.

        Returns:
            The order after the change, or as it is if the action's effect already holds.

        Raises:
            AlreadyAnswered, KeyReused: the idempotency key was used before.
            VersionMismatch: the order has another version than expected.
            DomainError, TransientPortError: raised by ``decide``.
            OutboxFull, OrderTooLarge, TransientPortError: as ``OrderRepository.save`` and ``note``.
        """
        turn = self._turns.setdefault((order.tenant_id, order.order_id), asyncio.Lock())
        waits = turn.locked()
        async with turn:
            if waits:
                # The previous holder of the lock has changed it.
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
                event = await self._repository.save(change)
            except StaleOrder:
                order = await self._reread(caller, order.order_id, see_deleted=see_deleted)
                continue
            except OutboxFull:
                # Many changes at once outrun the fast path: make room by publishing, unless the bus is down.
                if not await self._fast_path.relieve(order.tenant_id, order.order_id):
                    raise
                continue
            self._fast_path.publish(event)
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
