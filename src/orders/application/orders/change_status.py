"""Use case: process, reject, cancel or complete an order."""

from orders.application.orders.change_order import Decision, OrderChanger
from orders.application.policy.caller import Caller
from orders.application.policy.idempotency import NO_PRECONDITIONS, Preconditions
from orders.domain.lifecycle import Action
from orders.domain.order import Order

UNSPECIFIED = "unspecified"
"""The reason on record where a customer cancels and gives none."""


class ChangeStatus:
    """Changes an order's status."""

    def __init__(self, changer: OrderChanger) -> None:
        self._changer = changer

    async def execute(
        self,
        caller: Caller,
        order: Order,
        action: Action,
        *,
        reason: str | None = None,
        terms: Preconditions = NO_PRECONDITIONS,
    ) -> Order:
        """Performs ``PROCESS``, ``REJECT``, ``CANCEL`` or ``COMPLETE``. Idempotent.

        Raises: as ``OrderChanger.change``.
        """
        decide = self._decision(action, caller, reason or UNSPECIFIED)
        return await self._changer.change(order, caller, decide, terms=terms)

    @staticmethod
    def _decision(action: Action, caller: Caller, reason: str) -> Decision:
        roles = caller.roles
        decisions: dict[Action, Decision] = {
            Action.PROCESS: lambda order, stamp: order.process(stamp, roles),
            Action.REJECT: lambda order, stamp: order.reject(reason, stamp, roles),
            Action.CANCEL: lambda order, stamp: order.cancel(reason, stamp, roles),
            Action.COMPLETE: lambda order, stamp: order.complete(stamp, roles),
        }
        return decisions[action]
