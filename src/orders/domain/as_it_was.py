"""Reconstructs an order as of one of its events, as far as mails show it ([PIPE-15]).

The state is derived from the current order, so that a mail does not depend on when it is written. The life cycle makes
that possible: before shipping there are no parcels, parcels are numbered in the order of their events, and after
shipping lines and addresses don't change.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from orders.domain.events import EventType
from orders.domain.lifecycle import Status
from orders.domain.order import Order
from orders.domain.parts import Parcel

_STATUSES: Mapping[EventType, Status] = MappingProxyType(
    {
        EventType.CREATED: Status.PENDING,
        EventType.PROCESSING: Status.PROCESSING,
        EventType.CANCELLED: Status.CANCELLED,
        EventType.REJECTED: Status.REJECTED,
        EventType.COMPLETED: Status.COMPLETED,
    }
)
_BEFORE_PARCELS = frozenset({EventType.CREATED, EventType.PROCESSING, EventType.CANCELLED, EventType.REJECTED})
_WITH_REASON = frozenset({EventType.CANCELLED, EventType.REJECTED})


def as_it_was(order: Order, event: EventType, sequence: int, parcel_id: str | None = None) -> Order:
    """Returns the order with the status, reason, parcels and deliveries that it had right after that event.

    Lines, amounts, addresses and notes are the current ones: they change only before processing or shipping, and
    earlier values are not stored.

    Args:
        parcel_id: the parcel of a ``FULFILLED`` event; ``None`` or an unknown one means the latest.
    """
    parcels = tuple(_then(parcel, sequence) for parcel in _parcels(order, event, parcel_id))
    if event is EventType.FULFILLED and parcels:
        # A parcel just shipped is not delivered, even if the delivery's event is not recorded.
        parcels = (*parcels[:-1], replace(parcels[-1], delivered_at=None, delivered_in=None))
    was = replace(order, parcels=parcels, reason=order.reason if event in _WITH_REASON else None)
    if event is EventType.FULFILLED:
        status = Status.PARTIALLY_FULFILLED if any(was.open_quantities().values()) else Status.FULFILLED
    else:
        status = _STATUSES.get(event, order.status)
    return replace(was, status=status)


def _parcels(order: Order, event: EventType, parcel_id: str | None) -> tuple[Parcel, ...]:
    if event in _BEFORE_PARCELS:
        return ()
    if event is EventType.FULFILLED:
        for number, parcel in enumerate(order.parcels, start=1):
            if parcel.parcel_id == parcel_id:
                return order.parcels[:number]
    return order.parcels


def _then(parcel: Parcel, sequence: int) -> Parcel:
    if parcel.delivered_in is None or parcel.delivered_in <= sequence:
        return parcel
    return replace(parcel, delivered_at=None, delivered_in=None)
