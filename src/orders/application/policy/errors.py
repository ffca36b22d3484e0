"""Errors of use cases, beyond those of the domain and the ports."""

from collections.abc import Collection

from orders.domain.errors import Fault, InvalidOrderNumber
from orders.domain.events import EventType
from orders.domain.identity import is_order_id
from orders.domain.lifecycle import Status
from orders.ports.acceptances import Acceptance, AcceptanceState

MAX_NAMED = 5
"""Maximum number of the caller's versions that an error repeats."""


class ApplicationError(Exception):
    """A use case refuses a request."""


class OrderNotFound(ApplicationError):
    """There is no such order for this caller; it may exist for others."""

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id
        super().__init__(f"there is no order {order_id}" if is_order_id(order_id) else "there is no such order")


class NumberMistyped(OrderNotFound):
    """The order number that names an order has a typo or a swap, so that there can be no such order."""

    def __init__(self, fault: InvalidOrderNumber) -> None:
        super().__init__(fault.text)
        self.args = (str(fault),)


class NumberOfSeveral(OrderNotFound):
    """Several of the caller's orders have the number, so that it names none of them."""

    def __init__(self, order_number: str) -> None:
        super().__init__(order_number)
        self.args = ("more than one order has this number; please name the one you mean by its id",)


class EventNeverWas(ApplicationError):
    """A message reports an event that can't have happened to the order."""

    def __init__(self, order_id: str, event: EventType, status: Status) -> None:
        super().__init__(f"order {order_id} is {status}: it was never {event}, as the message says")


class NotPlacedYet(ApplicationError):
    """The order is accepted, or was rejected since, and does not exist yet: ``acceptance``."""

    def __init__(self, acceptance: Acceptance) -> None:
        self.acceptance = acceptance
        if acceptance.state is AcceptanceState.REJECTED:
            super().__init__("the order was accepted and could not be placed; nothing can be done with it")
        else:
            super().__init__("the order is accepted and not placed yet; ask again in a moment")


class VersionMismatch(ApplicationError):
    """The caller's If-Match names other versions than the order's, or there is no order to match."""

    def __init__(self, *, expected: Collection[int], current: int) -> None:
        self.expected = frozenset(expected)
        self.current = current
        others = " or ".join(map(str, sorted(expected)[:MAX_NAMED])) or "what If-Match names"
        super().__init__(f"the order has version {current} now, not {others}; read it again before changing it")


class ShopNotReady(ApplicationError):
    """The shop takes no customers' orders: no service checks their prices, and its profile does not waive the
    check.
    """

    def __init__(self, tenant_id: str) -> None:
        self.tenant_id = tenant_id
        super().__init__(
            "the shop is not set up to take orders of customers yet: it has still to settle how prices are checked"
        )

    @property
    def fault(self) -> Fault:
        """The error as a fault of an order."""
        return Fault((), "shop_not_ready", str(self))


class ForeignCustomer(ApplicationError):
    """A customer names another's ``customer_id``."""

    def __init__(self, customer_id: str) -> None:
        self.customer_id = customer_id
        super().__init__("a customer places orders for themselves only: customer_id must be your own")
