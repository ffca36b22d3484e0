"""Use cases: update an order's editable fields, and delete an order softly."""

from collections.abc import Callable

from orders.application.caller import Caller
from orders.application.change_order import OrderChanger
from orders.application.idempotency import NO_PRECONDITIONS, Preconditions
from orders.domain.order import Order
from orders.domain.revising import Revision, revise


class UpdateOrder:
    """Puts new values into an order's editable fields."""

    def __init__(self, changer: OrderChanger) -> None:
        self._changer = changer

    async def execute(
        self,
        caller: Caller,
        order: Order,
        plan: Callable[[Order], Revision],
        *,
        terms: Preconditions = NO_PRECONDITIONS,
    ) -> Order:
        """Update the order.

        Args:
            plan: what the fields are to be, given the order as it is; asked again when the order has changed
                meanwhile, so that a merge of some fields never undoes what somebody else did to others.

        Raises: as ``revise`` and ``OrderChanger.change``, and whatever ``plan`` refuses.
        """
        return await self._changer.change(
            order,
            caller,
            lambda current, stamp: revise(current, plan(current), stamp, caller.roles),
            terms=terms,
        )


class DeleteOrder:
    """Takes an order out of sight."""

    def __init__(self, changer: OrderChanger) -> None:
        self._changer = changer

    async def execute(self, caller: Caller, order: Order, *, terms: Preconditions = NO_PRECONDITIONS) -> None:
        """Delete the order softly; again changes nothing. Raises: as ``Order.delete`` and ``OrderChanger.change``."""
        await self._changer.change(
            order,
            caller,
            lambda current, stamp: current.delete(stamp, caller.roles),
            terms=terms,
            see_deleted=True,
        )
