"""Use cases: accept an order now and place it later ([API-7]).

What is accepted is durable under its final id before anybody is told, and found again by the relay if the process
dies before its command is on the queue. From there the record-creator places it, or notes why it can't be.
"""

import logging
from collections.abc import Collection

from orders.application.audit import about
from orders.application.caller import Caller
from orders.application.errors import ForeignCustomer, OrderNotFound, ShopNotReady
from orders.application.idempotency import KeyedRequest, Replays, repeat
from orders.application.place_order import PlaceOrder
from orders.application.publish_events import EventFastPath
from orders.domain.errors import ActionForbidden, Fault, InvalidOrder
from orders.domain.order import Order
from orders.domain.placing import Draft
from orders.ports.acceptances import Acceptance, Acceptances, AcceptanceState, OrderCommands
from orders.ports.clock import Clock, OrderIds
from orders.ports.errors import AcceptanceExists, OrderExists, OrderTooLarge, TransientPortError
from orders.ports.order_repository import OrderRepository

_log = logging.getLogger(__name__)


class QueueAccepted:
    """Puts the command to place an accepted order on its queue."""

    def __init__(self, acceptances: Acceptances, commands: OrderCommands) -> None:
        self._acceptances = acceptances
        self._commands = commands

    async def execute(self, tenant_id: str, order_id: str, traceparent: str | None = None) -> None:
        """Queue the order; done twice, it is queued twice and placed once. Raises: TransientPortError."""
        await self._commands.place_accepted(tenant_id, order_id, traceparent)
        await self._acceptances.queued(tenant_id, order_id)


class AcceptOrder:
    """Takes an order in whose placing nobody waits for."""

    def __init__(
        self,
        place_order: PlaceOrder,
        repository: OrderRepository,
        acceptances: Acceptances,
        queue: QueueAccepted,
        clock: Clock,
        ids: OrderIds,
        fast_path: EventFastPath,
        replays: Replays,
    ) -> None:
        self._place_order = place_order
        self._repository = repository
        self._acceptances = acceptances
        self._queue = queue
        self._clock = clock
        self._ids = ids
        self._fast_path = fast_path
        self._replays = replays

    async def execute(self, caller: Caller, draft: Draft, request: KeyedRequest | None = None) -> Order:
        """Accept the order; when this returns it is durable.

        Returns:
            The order as it is going to be.

        Raises: as ``PlaceOrder.execute``.
        """
        self._place_order.permit(caller, draft.customer_id)
        now = self._clock.now()
        order_id = self._ids.next(now) if request is None else request.order_id(caller)
        about(tenant_id=caller.tenant_id, order_id=order_id)
        if request is not None:
            await self._check(caller, request)
        complete = await self._place_order.complete(caller, draft)
        order = (await self._place_order.prepare(caller, complete, order_id)).order
        acceptance = Acceptance(
            tenant_id=caller.tenant_id,
            order_id=order_id,
            customer_id=draft.customer_id,
            principal=caller.principal,
            roles=caller.roles,
            accepted_at=now,
            draft=complete,
            caller_customer_id=caller.customer_id,
            traceparent=caller.traceparent,
            receipt=None if request is None else request.receipt(caller, order),
        )
        try:
            await self._acceptances.add(acceptance)
        except AcceptanceExists as error:
            _repeat(error.existing, request)
            raise
        self._fast_path.begin(self._hurry(acceptance))
        return order

    async def _check(self, caller: Caller, request: KeyedRequest) -> None:
        order_id = request.order_id(caller)
        existing = await self._repository.get(caller.tenant_id, order_id)
        if existing is not None:
            await self._replays.check_creation(existing, request)
        _repeat(await self._acceptances.get(caller.tenant_id, order_id), request)

    async def _hurry(self, acceptance: Acceptance) -> None:
        try:
            await self._queue.execute(acceptance.tenant_id, acceptance.order_id, acceptance.traceparent)
        except TransientPortError as error:
            _log.info("left to the relay: %s", error)


def _repeat(existing: Acceptance | None, request: KeyedRequest | None) -> None:
    if existing is not None and existing.receipt is not None and request is not None:
        repeat(existing.receipt, request)


class PlaceAccepted:
    """Places what was accepted, or notes why it can't be."""

    def __init__(
        self,
        place_order: PlaceOrder,
        repository: OrderRepository,
        acceptances: Acceptances,
        fast_path: EventFastPath,
    ) -> None:
        self._place_order = place_order
        self._repository = repository
        self._acceptances = acceptances
        self._fast_path = fast_path

    async def execute(self, tenant_id: str, order_id: str) -> None:
        """Place the order, once however often this is asked.

        Raises:
            OrderNotFound: nothing was accepted under this id.
            TransientPortError: table or another service is out of reach; asking again goes on from there.
        """
        acceptance = await self._acceptances.get(tenant_id, order_id)
        if acceptance is None:
            raise OrderNotFound(order_id)
        if acceptance.state is not AcceptanceState.ACCEPTED:
            return
        # Placed by a message whose handler died before it could note so: what has changed since is no matter.
        if await self._repository.get(tenant_id, order_id) is None:
            faults = await self._place(acceptance)
            if faults:
                _log.info("accepted order %s is rejected: %s", order_id, ", ".join(fault.code for fault in faults))
                await self._acceptances.finish(tenant_id, order_id, AcceptanceState.REJECTED, tuple(faults))
                return
        await self._acceptances.finish(tenant_id, order_id, AcceptanceState.PLACED)

    async def _place(self, acceptance: Acceptance) -> Collection[Fault]:
        """Place it; what is wrong with it if it can't be."""
        caller = Caller(
            tenant_id=acceptance.tenant_id,
            principal=acceptance.principal,
            roles=acceptance.roles,
            customer_id=acceptance.caller_customer_id,
            traceparent=acceptance.traceparent,
        )
        assert acceptance.draft is not None
        try:
            self._place_order.permit(caller, acceptance.draft.customer_id)
            change = await self._place_order.prepare(caller, acceptance.draft, acceptance.order_id)
            if acceptance.receipt is not None:
                change = change.answered(acceptance.receipt)
            await self._repository.add(change)
        except InvalidOrder as error:
            return error.faults
        except (ActionForbidden, ForeignCustomer) as error:
            return [Fault("", "not_allowed", str(error))]
        except ShopNotReady as error:
            return [error.fault]
        except OrderTooLarge as error:
            return [Fault("", "order_too_large", error.detail)]
        except OrderExists:
            return ()  # by the same message, handled elsewhere at the same time
        if change.event is not None:
            self._fast_path.publish(change.event)
        return ()
