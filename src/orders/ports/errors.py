"""How a port fails: try again later (transient), or never mind trying (permanent).

Adapters translate what they recognise of their vendor's errors into these, and let everything else pass: an
unknown error is a bug to be seen, not a case to be handled.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from orders.domain.order import Order

if TYPE_CHECKING:
    from orders.ports.acceptances import Acceptance, KeyClaim


class PortError(Exception):
    """Something outside the process did not do what was asked."""


class TransientPortError(PortError):
    """The dependency could not answer now; the same call may succeed later.

    Attributes:
        dependency: what is out of reach or overloaded, such as ``orders table``.
        throttled: it is there, but asked too much of.
    """

    def __init__(self, dependency: str, detail: str, *, throttled: bool = False) -> None:
        self.dependency = dependency
        self.detail = detail
        self.throttled = throttled
        super().__init__(f"{dependency}: {detail}")


class NotPermitted(TransientPortError):
    """The dependency refuses whoever asks: a permission is missing, or credentials have run out.

    Nothing is wrong with what was asked, so nothing is given up for it: all of it waits until an operator has mended
    that, as it does while the dependency is down.
    """


class PermanentPortError(PortError):
    """The dependency refuses this call and will refuse it again."""

    def __init__(self, dependency: str, detail: str) -> None:
        self.dependency = dependency
        self.detail = detail
        super().__init__(f"{dependency}: {detail}")


class ItemKind(StrEnum):
    """What is kept, each an item of its own or part of one, as metrics, logs and operators' commands call it."""

    ORDER = "order"
    EVENT = "event"
    ACCEPTANCE = "acceptance"
    CLAIM = "claim"
    MAIL = "mail"
    SUPPRESSION = "suppression"
    OUTBOX = "outbox"
    PROFILE = "profile"


class UnreadableItem(PermanentPortError):
    """What is kept there can't be read: a later release wrote it in a shape of its own, or it is damaged ([PIPE-14]).

    It hurts itself alone: whoever goes through many passes it over, and whoever needs this one is refused.

    Attributes:
        kind: what it is, or should be.
        place: where it lies: its key; nothing in it is personal.
        reason: why, without any value of it.
        tenant_id, order_id, sequence, customer_id: whose it is and which, as far as that can be read.
    """

    def __init__(
        self,
        kind: ItemKind,
        place: str,
        reason: str,
        *,
        tenant_id: str | None = None,
        order_id: str | None = None,
        sequence: int | None = None,
        customer_id: str | None = None,
    ) -> None:
        self.kind = kind
        self.place = place
        self.reason = reason
        self.tenant_id = tenant_id
        self.order_id = order_id
        self.sequence = sequence
        self.customer_id = customer_id
        super().__init__("orders table", f"the {kind} at {place} can't be read: {reason}")


PassedOver: TypeAlias = Callable[[UnreadableItem], None]
"""Told of each item that can't be read and is therefore left out."""


class OrderExists(PortError):
    """An order of this id is there already; ``existing`` is what it looks like."""

    def __init__(self, existing: Order) -> None:
        self.existing = existing
        super().__init__(f"order {existing.order_id} exists")


class OrderClaimed(PortError):
    """The order's place is held for what was accepted under its id; ``existing`` is the claim."""

    def __init__(self, existing: "KeyClaim") -> None:
        self.existing = existing
        super().__init__(f"order {existing.order_id} is claimed by what was accepted under its id")


class AcceptanceExists(PortError):
    """An order of this id has been accepted already; ``existing`` is what was."""

    def __init__(self, existing: "Acceptance") -> None:
        self.existing = existing
        super().__init__(f"order {existing.order_id} is accepted already")


class StaleOrder(PortError):
    """The order has changed since it was read: read it again and decide again."""

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id
        super().__init__(f"order {order_id} has changed since it was read")


class NotYet(PortError):
    """What this needs is on its way, by somebody else's doing: come back later. No dependency is at fault."""


class QuotaReached(TransientPortError):
    """As much as may be done in a day has been done: surely not this one, and none until some of it is a day old."""

    def __init__(self, dependency: str, detail: str) -> None:
        super().__init__(dependency, detail, throttled=True)


class Waiting(TransientPortError):
    """Nothing is wrong with what is asked; it waits on purpose for something else, and goes on by itself."""


class OutboxFull(TransientPortError):
    """Too many of the order's events wait to be published; the change was not made."""

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id
        super().__init__("event bus", f"too many events of order {order_id} wait to be published")


class OrderTooLarge(PermanentPortError):
    """The order takes more room than an order may."""

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes
        super().__init__("orders table", f"the order takes {size_bytes} bytes; at most {limit_bytes} are allowed")


class DocumentMissing(PermanentPortError):
    """There is no document under this key: never rendered, expired, or not replicated yet."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__("documents bucket", f"no document under {key}")


class RenderingFailed(PermanentPortError):
    """This order can't be rendered with the templates there are."""

    def __init__(self, detail: str) -> None:
        super().__init__("document renderer", detail)


class MailRejected(PermanentPortError):
    """The mail service refuses this mail or its recipient."""

    def __init__(self, detail: str) -> None:
        super().__init__("mail service", detail)
