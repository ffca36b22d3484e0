"""An order as it was when one of its events happened, as far as mails tell of it ([PIPE-15]).

Reconstructed from the order as it is now, so that what is told does not depend on when it is told. What people are
told of is bound to the life cycle: before anything has shipped there are no parcels, parcels are numbered in the order
of their events, and once something has shipped lines and addresses stay as they are.
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
    """The order with the status, reason, parcels and deliveries that it had right after its event of that sequence.

    Its lines, amounts, addresses and notes are the order's own: they change only before it is worked on or ships, and
    what they were before is nowhere on record.

    Args:
        parcel_id: which parcel a ``FULFILLED`` event is about; ``None`` or an unknown one for the latest.
    """
    parcels = tuple(_then(parcel, sequence) for parcel in _parcels(order, event, parcel_id))
    if event is EventType.FULFILLED and parcels:
        # What has just left can't have arrived, also where nobody noted in which event it did.
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
