"""Use case: applies events of payments, fulfilment and products to orders ([PIPE-11])."""

import logging
from datetime import timedelta

from orders.application.orders.change_order import Decision, OrderChanger
from orders.application.policy.caller import Caller
from orders.application.policy.errors import ApplicationError, OrderNotFound
from orders.domain.clocks import is_to_come
from orders.domain.errors import DomainError
from orders.domain.external_event_rules import REPORTERS, dropped, hear, hear_parked, held_for
from orders.domain.order import Order
from orders.domain.reports import SOURCES, Report
from orders.ports.acceptances import Acceptances, AcceptanceState
from orders.ports.clock import Clock
from orders.ports.errors import NotYet
from orders.ports.order_repository import OrderRepository
from orders.ports.reports import ReportReturns

_log = logging.getLogger(__name__)


class ReportFromTheFuture(ApplicationError):
    """An event is dated in the future: its sender's clock is wrong."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"{report.type} happened at {report.at.isoformat()}, which is yet to come")


class ApplyExternalEvent:
    """Applies external events, in any order and idempotently.

    Early ones are parked on the order. The order's own event about the transition that they wait for triggers
    ``catch_up``, again after each crash.
    """

    def __init__(
        self,
        repository: OrderRepository,
        acceptances: Acceptances,
        changer: OrderChanger,
        returns: ReportReturns,
        clock: Clock,
        *,
        hold: timedelta,
    ) -> None:
        """``hold`` is the minimum age of a failed payment before it is applied."""
        self._repository = repository
        self._acceptances = acceptances
        self._changer = changer
        self._returns = returns
        self._clock = clock
        self._hold = hold

    async def execute(self, tenant_id: str, order_id: str, report: Report, *, traceparent: str | None = None) -> None:
        """Applies, parks, drops or re-queues an external event.

        Raises:
            OrderNotFound, ReportFromTheFuture: it can't be true.
            NotYet: its order is accepted and not placed yet.
            DomainError: it is impossible; nothing was changed.
            OutboxFull, OrderTooLarge, TransientPortError: as ``OrderChanger.change``.
        """
        now = self._clock.now()
        if is_to_come(report.at, now):
            raise ReportFromTheFuture(report)
        order = await self._find(tenant_id, order_id)
        caller = _sender(tenant_id, report, traceparent)
        held = held_for(order, report, caller.stamp(now), self._hold)
        if held:
            await self._returns.give_back(tenant_id, order_id, report, after=held)
            return
        order = await self._to_the_end(order, caller, lambda current, stamp: hear(current, report, stamp))
        await self._catch_up(order)

    async def catch_up(self, tenant_id: str, order_id: str) -> None:
        """Applies the order's parked events that are due.

        Those that have become impossible are put back on the queue, where they are dead-lettered.

        Raises: OrderNotFound; OutboxFull, OrderTooLarge, TransientPortError: as ``OrderChanger.change``.
        """
        order = await self._repository.get(tenant_id, order_id)
        if order is None:
            raise OrderNotFound(order_id)
        await self._catch_up(order)

    async def _catch_up(self, order: Order) -> None:
        seen = None
        # Applying one may unblock another.
        while order.reported.parked and order.reported.parked != seen:
            seen = order.reported.parked
            for report in order.reported.by_time():
                order = await self._carry_out(order, report)

    async def _carry_out(self, order: Order, report: Report) -> Order:
        caller = _sender(order.tenant_id, report)
        try:
            return await self._to_the_end(order, caller, lambda current, stamp: hear_parked(current, report, stamp))
        except DomainError as error:
            _log.warning("a parked report of order %s is impossible by now: %s", order.order_id, error)
            # Queue first, remove second: a crash in between leaves two dead letters, never none.
            await self._returns.give_back(order.tenant_id, order.order_id, report, after=timedelta(0))
            return await self._to_the_end(order, caller, lambda current, _: dropped(current, report))

    async def _to_the_end(self, order: Order, caller: Caller, decide: Decision) -> Order:
        while True:
            after = await self._changer.change(order, caller, decide, see_deleted=True)
            if after == order:
                return order
            order = after

    async def _find(self, tenant_id: str, order_id: str) -> Order:
        order = await self._repository.get(tenant_id, order_id)
        if order is not None:
            return order
        acceptance = await self._acceptances.get(tenant_id, order_id)
        # If it is placed, that happened between the two reads: the retry finds the order.
        if acceptance is not None and acceptance.state is not AcceptanceState.REJECTED:
            raise NotYet(f"order {order_id} is accepted and not placed yet")
        raise OrderNotFound(order_id)


def _sender(tenant_id: str, report: Report, traceparent: str | None = None) -> Caller:
    return Caller(tenant_id, SOURCES[report.type], REPORTERS, traceparent=traceparent)
