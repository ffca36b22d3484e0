"""Use case: erases an order's personal data ([DATA-5]).

The order itself is redacted here, in one write; everything else stored about it follows from that write's event
(``ScrubOrder``).
"""

from orders.application.orders.change_order import OrderChanger
from orders.application.policy.caller import Caller
from orders.application.policy.idempotency import NO_PRECONDITIONS, Preconditions
from orders.domain.erasing import erase
from orders.domain.order import Order


class ErasePersonalData:
    """Erases the personal data of a finished order."""

    def __init__(self, changer: OrderChanger) -> None:
        self._changer = changer

    async def execute(self, caller: Caller, order: Order, *, terms: Preconditions = NO_PRECONDITIONS) -> Order:
        """Erases it. Idempotent. Raises: as ``domain.erasing.erase`` and ``OrderChanger.change``."""
        return await self._changer.change(
            order,
            caller,
            lambda current, stamp: erase(current, stamp, caller.roles),
            terms=terms,
            see_deleted=True,
        )
