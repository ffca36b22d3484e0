"""Use cases: accepts an order now, and places it later ([API-7]).

An accepted order is durable under its final id before its caller gets a response. If the process dies before the
command is on the queue, the relay finds the order and sends it. From the queue the record-creator places the order, or
records why it can't be placed.
"""

import logging
from collections.abc import Collection

from orders.application.events.publish_events import EventFastPath
from orders.application.orders.first_answer import FirstAnswer
from orders.application.orders.place_order import PlaceOrder
from orders.application.policy.audit import about
from orders.application.policy.caller import Caller
from orders.application.policy.errors import ForeignCustomer, OrderNotFound, ShopNotReady
from orders.application.policy.idempotency import KeyedRequest
from orders.domain.errors import ActionForbidden, Fault, InvalidOrder
from orders.domain.order import Order
from orders.domain.placing import Draft
from orders.ports.acceptances import Acceptance, Acceptances, AcceptanceState
from orders.ports.clock import Clock, OrderIds
from orders.ports.errors import OrderClaimed, OrderExists, OrderTooLarge
from orders.ports.order_repository import OrderRepository

_log = logging.getLogger(__name__)


class AcceptOrder:
    """Accepts an order for asynchronous placement."""

    def __init__(self, place_order: PlaceOrder, first_answer: FirstAnswer, clock: Clock, ids: OrderIds) -> None:
        self._place_order = place_order
        self._first_answer = first_answer
        self._clock = clock
        self._ids = ids

    async def execute(self, caller: Caller, draft: Draft, request: KeyedRequest | None = None) -> Order:
        """Accepts the order; when this returns it is durable.

        Returns:
            The order as it will be placed.

        Raises: as ``PlaceOrder.execute``.
        """
        self._place_order.permit(caller, draft.customer_id)
        order_id = self._ids.next(self._clock.now()) if request is None else request.order_id(caller)
        about(tenant_id=caller.tenant_id, order_id=order_id)
        claim = None if request is None else await self._first_answer.find_claim(caller, request)
        complete = await self._place_order.complete(caller, draft)
        if request is not None and claim is not None:
            await self._first_answer.give(claim, caller, complete, request)
        order = (await self._place_order.prepare(caller, complete, order_id)).change.order
        await self._first_answer.accept(caller, complete, order, request)
        return order


class PlaceAccepted:
    """Places an accepted order, or records its rejection."""

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
        """Places the order, once however often this is called.

        Raises:
            OrderNotFound: nothing was accepted under this id.
            TransientPortError: table or another service is out of reach; another call continues from there.
        """
        acceptance = await self._acceptances.get(tenant_id, order_id)
        if acceptance is None:
            raise OrderNotFound(order_id)
        if acceptance.state is not AcceptanceState.ACCEPTED:
            return
        # It may be placed already, by a handler that died before it recorded that; later changes don't matter.
        if await self._repository.get(tenant_id, order_id) is None:
            faults = await self._place(acceptance)
            if faults:
                _log.info("accepted order %s is rejected: %s", order_id, ", ".join(fault.code for fault in faults))
                await self._acceptances.finish(tenant_id, order_id, AcceptanceState.REJECTED, tuple(faults))
                return
        await self._acceptances.finish(tenant_id, order_id, AcceptanceState.PLACED)

    async def _place(self, acceptance: Acceptance) -> Collection[Fault]:
        """Places the accepted order; returns its faults if it can't be placed."""
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
            change = (await self._place_order.prepare(caller, acceptance.draft, acceptance.order_id)).change
            if acceptance.receipt is not None:
                change = change.answered(acceptance.receipt)
            claimed_by = None if acceptance.receipt is None else acceptance.receipt.key
            event = await self._repository.add(change, claimed_by=claimed_by)
        except InvalidOrder as error:
            return error.faults
        except (ActionForbidden, ForeignCustomer) as error:
            return [Fault((), "not_allowed", str(error))]
        except ShopNotReady as error:
            return [error.fault]
        except OrderTooLarge as error:
            return [Fault((), "order_too_large", error.detail)]
        except OrderClaimed as error:
            if not error.existing.faults:
                raise
            return error.existing.faults  # rejected by another handler of the same message
        except OrderExists:
            return ()  # placed by that handler
        self._fast_path.publish(event)
        return ()
