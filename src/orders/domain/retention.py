"""When an order and everything of it goes: seven years after its end ([DATA-5])."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from orders.domain.events import EventType
from orders.domain.lifecycle import Status

if TYPE_CHECKING:
    from orders.domain.order import Order

KEPT_YEARS = 7

ENDING = frozenset({EventType.COMPLETED, EventType.CANCELLED, EventType.REJECTED, EventType.DELIVERED})
"""Events at which an order can end, or its end move on: terminal transitions and deliveries."""

_SECOND = timedelta(seconds=1)


def is_over(order: "Order") -> bool:
    """Returns whether nothing is left to happen to the order: it is terminal, or all of it is delivered."""
    if order.status.terminal:
        return True
    return order.status is Status.FULFILLED and all(parcel.delivered_at for parcel in order.parcels)


def kept_until(end: datetime) -> datetime:
    """Returns the first whole second at least seven calendar years after the end.

    What ends on 29 February is kept until 1 March where the year has no such day: never less than seven years.
    """
    if end.microsecond:
        end = end.replace(microsecond=0) + _SECOND
    try:
        return end.replace(year=end.year + KEPT_YEARS)
    except ValueError:
        return end.replace(year=end.year + KEPT_YEARS, month=3, day=1)


def expiry_after(order: "Order", type_: EventType, at: datetime) -> datetime | None:
    """Returns when the order goes, after an event of that type at that time has changed it to what is given.

    ``None`` while it is not over. An end moves on and never back, whatever a clock says.
    """
    if type_ not in ENDING:
        return order.expires_at
    if not is_over(order):
        return None
    until = kept_until(at)
    return until if order.expires_at is None else max(until, order.expires_at)
