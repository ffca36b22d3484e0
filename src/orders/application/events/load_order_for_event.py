"""Loads the order of an event in the state after the event or later."""

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
    """Returns the order, at least as recent as its event of that sequence.

    Raises:
        OrderNotFound: there is no such order.
        NotYet: the local copy has not had the event yet: another region's change is being replicated.
        EventNeverWas: the event can't have happened to this order.
    """
    order = await repository.get(tenant_id, order_id)
    if order is None:
        raise OrderNotFound(order_id)
    if sequence > order.sequence:
        raise NotYet(f"order {order_id} is at event {order.sequence} here, and this is event {sequence}")
    if event in ENDS and order.status is not ENDS[event]:
        raise EventNeverWas(order_id, event, order.status)
    return order
