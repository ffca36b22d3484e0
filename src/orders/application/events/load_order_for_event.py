"""The order that an event is about, as it was after the event or later."""

from types import MappingProxyType

from orders.application.policy.errors import EventNeverWas, OrderNotFound
from orders.domain.events import EventType
from orders.domain.lifecycle import Status
from orders.domain.order import Order
from orders.ports.errors import NotYet
from orders.ports.order_repository import OrderRepository

CREATED_SEQUENCE = 1
"""An order is created once, as its first event, whatever a message says."""

ENDS = MappingProxyType(
    {
        EventType.CANCELLED: Status.CANCELLED,
        EventType.REJECTED: Status.REJECTED,
        EventType.COMPLETED: Status.COMPLETED,
    }
)
"""Statuses that last: an order that has had the event is in this one ever after."""


async def order_of_event(
    repository: OrderRepository, tenant_id: str, order_id: str, event: EventType, sequence: int
) -> Order:
    """The order, nothing of which is older than its event of that sequence.

    Raises:
        OrderNotFound: there is no such order.
        NotYet: the order as it is here has not had the event: another region's change is still on its way.
        EventNeverWas: the order is not what the event would have made of it.
    """
    order = await repository.get(tenant_id, order_id)
    if order is None:
        raise OrderNotFound(order_id)
    if sequence > order.sequence:
        raise NotYet(f"order {order_id} is at event {order.sequence} here, and this is event {sequence}")
    if event in ENDS and order.status is not ENDS[event]:
        raise EventNeverWas(order_id, event, order.status)
    return order
