"""Errors of ports: transient (retry later) and permanent (do not retry).

Adapters translate the vendor errors that they recognise into these and let all others propagate: an unknown error is a
bug to be noticed, not a case to be handled.
"""

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from orders.domain.order import Order
from orders.ports.lease import DEPENDENCY as LEASE

if TYPE_CHECKING:
    from orders.ports.acceptances import Acceptance, KeyClaim


class PortError(Exception):
    """A dependency outside the process failed."""


class TransientPortError(PortError):
    """A temporary failure: the same call may succeed later.

    Attributes:
        dependency: the failing dependency, such as ``orders table``.
        throttled: it is reachable but throttles requests.
    """

    def __init__(self, dependency: str, detail: str, *, throttled: bool = False) -> None:
        self.dependency = dependency
        self.detail = detail
        self.throttled = throttled
        super().__init__(f"{dependency}: {detail}")


class NotPermitted(TransientPortError):
    """The dependency denies access: a permission is missing, or credentials have expired.

    The request itself is fine, so it is retried rather than given up until an operator has fixed the access, as while
    the dependency is down.
    """


class PermanentPortError(PortError):
    """The dependency rejects this call and would reject a retry."""

    def __init__(self, dependency: str, detail: str) -> None:
        self.dependency = dependency
        self.detail = detail
        super().__init__(f"{dependency}: {detail}")


class ItemKind(StrEnum):
    """The kinds of stored items, and of parts of them, as metrics, logs and operators' commands name them."""

    ORDER = "order"
    EVENT = "event"
    ACCEPTANCE = "acceptance"
    CLAIM = "claim"
    MAIL = "mail"
    SUPPRESSION = "suppression"
    OUTBOX = "outbox"
    PROFILE = "profile"
    CONTROL = "control"
    ERASURE = "erasure"


_OTHER_TABLES = {ItemKind.CONTROL: "control table", ItemKind.ERASURE: "erasure ledger"}
"""The tables of items that are not in the orders table."""


class UnreadableItem(PermanentPortError):
    """A stored item can't be parsed: a later release wrote it in a newer schema, or it is damaged ([PIPE-14]).

    Only this item is affected: readers of many skip it, readers of this one fail.

    Attributes:
        kind: the kind of item expected there.
        place: its key, which holds nothing personal.
        reason: why it can't be parsed, without any of its values.
        tenant_id, order_id, sequence, customer_id: its owner and identity, as far as they can be parsed.
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
        dependency = _OTHER_TABLES.get(kind, "orders table")
        super().__init__(dependency, f"the {kind} at {place} can't be read: {reason}")


PassedOver: TypeAlias = Callable[[UnreadableItem], None]
"""Callback for each unreadable item that is left out."""


class OrderExists(PortError):
    """An order of this id exists already: ``existing``."""

    def __init__(self, existing: Order) -> None:
        self.existing = existing
        super().__init__(f"order {existing.order_id} exists")


class OrderClaimed(PortError):
    """The order's key is claimed by the acceptance of another request: ``existing``."""

    def __init__(self, existing: "KeyClaim") -> None:
        self.existing = existing
        super().__init__(f"order {existing.order_id} is claimed by what was accepted under its id")


class AcceptanceExists(PortError):
    """An order of this id has been accepted already: ``existing``."""

    def __init__(self, existing: "Acceptance") -> None:
        self.existing = existing
        super().__init__(f"order {existing.order_id} is accepted already")


class StaleOrder(PortError):
    """The optimistic lock failed, since the order has changed after it was read: read it again and decide again."""

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id
        super().__init__(f"order {order_id} has changed since it was read")


class NotYet(PortError):
    """Something this depends on is not finished yet: retry later. No dependency is at fault."""


class NotTheWriter(TransientPortError):
    """This region may not write at this moment; nothing was written, and no dependency is at fault.

    Attributes:
        retry_after: when it is worth another attempt.
    """

    def __init__(self, detail: str, *, retry_after: timedelta) -> None:
        self.retry_after = retry_after
        super().__init__(LEASE, detail)


class OutcomeUnknown(TransientPortError):
    """A write was given up before its answer: it may have been made, and repeating it is safe."""


class NumberNotIndexed(TransientPortError):
    """An order's number was not found, and the index of numbers lags: the order may have been written a moment ago."""

    def __init__(self) -> None:
        super().__init__("index of order numbers", "it does not show yet what was written lately")


class QuotaReached(TransientPortError):
    """The daily quota is used up: nothing can be done until the oldest use is 24 hours old."""

    def __init__(self, dependency: str, detail: str) -> None:
        super().__init__(dependency, detail, throttled=True)


class Waiting(TransientPortError):
    """The message is fine and waits on purpose for something else; it is resumed without an operator."""


class OutboxFull(TransientPortError):
    """Too many of the order's events await publishing; the change was not made."""

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id
        super().__init__("event bus", f"too many events of order {order_id} wait to be published")


class OrderTooLarge(PermanentPortError):
    """The order exceeds the maximum size."""

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes
        super().__init__("orders table", f"the order takes {size_bytes} bytes; at most {limit_bytes} are allowed")


class DocumentMissing(PermanentPortError):
    """There is no document under this key: never rendered, expired or not replicated yet."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__("documents bucket", f"no document under {key}")


class RenderingFailed(PermanentPortError):
    """This order can't be rendered with the current templates."""

    def __init__(self, detail: str) -> None:
        super().__init__("document renderer", detail)


class MailRejected(PermanentPortError):
    """The mail service rejects this mail or its recipient."""

    def __init__(self, detail: str) -> None:
        super().__init__("mail service", detail)
