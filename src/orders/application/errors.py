"""How a use case refuses, beyond what the domain and the ports say."""


class ApplicationError(Exception):
    """A use case refuses what was asked."""


class OrderNotFound(ApplicationError):
    """There is no such order for this caller; whether another may see it is not theirs to know."""

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id
        super().__init__(f"there is no order {order_id[:40]}")


class VersionMismatch(ApplicationError):
    """The caller's If-Match names another version than the order now has."""

    def __init__(self, *, expected: int, current: int) -> None:
        self.expected = expected
        self.current = current
        super().__init__(f"the order has version {current} now, not {expected}; read it again before changing it")


class ForeignCustomer(ApplicationError):
    """A customer names another's ``customer_id``."""

    def __init__(self, customer_id: str) -> None:
        self.customer_id = customer_id
        super().__init__("a customer places orders for themselves only: customer_id must be your own")
