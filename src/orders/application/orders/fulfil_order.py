"""Use cases: ships a parcel, and records its delivery."""

from datetime import datetime

from orders.application.orders.change_order import OrderChanger
from orders.application.policy.caller import Caller
from orders.application.policy.idempotency import NO_PRECONDITIONS, Preconditions
from orders.domain.order import Order
from orders.domain.shipping import Shipment


class FulfilOrder:
    """Ships some or all outstanding quantities."""

    def __init__(self, changer: OrderChanger) -> None:
        self._changer = changer

    async def execute(
        self, caller: Caller, order: Order, shipment: Shipment, *, terms: Preconditions = NO_PRECONDITIONS
    ) -> Order:
        """Records a parcel. Idempotent.

        Raises: as ``Order.fulfil`` and ``OrderChanger.change``.
        """
        return await self._changer.change(
            order,
            caller,
            lambda current, stamp: current.fulfil(shipment, stamp, caller.roles),
            terms=terms,
        )


class DeliverParcel:
    """Records the delivery of a parcel."""

    def __init__(self, changer: OrderChanger) -> None:
        self._changer = changer

    async def execute(
        self,
        caller: Caller,
        order: Order,
        parcel_id: str,
        *,
        delivered_at: datetime | None = None,
        terms: Preconditions = NO_PRECONDITIONS,
    ) -> Order:
        """Records the delivery, by default as of now. Idempotent.

        Raises: as ``Order.deliver`` and ``OrderChanger.change``.
        """
        return await self._changer.change(
            order,
            caller,
            lambda current, stamp: current.deliver(parcel_id, stamp, caller.roles, delivered_at),
            terms=terms,
        )
