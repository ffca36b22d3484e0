"""Use cases: ship a parcel, and note that it has arrived."""

from datetime import datetime

from orders.application.orders.change_order import OrderChanger
from orders.application.policy.caller import Caller
from orders.application.policy.idempotency import NO_PRECONDITIONS, Preconditions
from orders.domain.order import Order
from orders.domain.shipping import Shipment


class FulfilOrder:
    """Ships some or all of what is open."""

    def __init__(self, changer: OrderChanger) -> None:
        self._changer = changer

    async def execute(
        self, caller: Caller, order: Order, shipment: Shipment, *, terms: Preconditions = NO_PRECONDITIONS
    ) -> Order:
        """Put a parcel on record; the same one again changes nothing.

        Raises: as ``Order.fulfil`` and ``OrderChanger.change``.
        """
        return await self._changer.change(
            order,
            caller,
            lambda current, stamp: current.fulfil(shipment, stamp, caller.roles),
            terms=terms,
        )


class DeliverParcel:
    """Notes that a parcel has arrived."""

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
        """Put the delivery on record, as of now where no time is given; again changes nothing.

        Raises: as ``Order.deliver`` and ``OrderChanger.change``.
        """
        return await self._changer.change(
            order,
            caller,
            lambda current, stamp: current.deliver(parcel_id, stamp, caller.roles, delivered_at),
            terms=terms,
        )
