"""An order as listings show it: what can be seen of it without opening it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from orders.domain.lifecycle import Action, Role, Status, allowed_actions
from orders.domain.order import Order
from orders.domain.parts import Line, Parcel
from orders.domain.pricing.money import Totals
from orders.domain.shipping import all_delivered, open_quantities


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """An order's identity, status, lines, totals, parcels and dates, without addresses, customer and notes.

    It is what a listing reads and shows of an order, and nothing can be done with it: whoever changes an order gets it.

    Attributes:
        version: incremented by each commercial change; the basis of ETags.
        sequence: incremented by each event.
        deleted_at: when it was deleted softly; ``None`` if it is not.
        erased_at: when its personal data was erased; ``None`` if it is not.
    """

    tenant_id: str
    order_id: str
    order_number: str
    customer_id: str
    status: Status
    version: int
    sequence: int
    lines: tuple[Line, ...]
    totals: Totals
    parcels: tuple[Parcel, ...]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    erased_at: datetime | None = None

    @classmethod
    def of(cls, order: Order) -> "OrderSummary":
        """Returns what listings show of the order."""
        return cls(
            tenant_id=order.tenant_id,
            order_id=order.order_id,
            order_number=order.order_number,
            customer_id=order.customer_id,
            status=order.status,
            version=order.version,
            sequence=order.sequence,
            lines=order.lines,
            totals=order.totals,
            parcels=order.parcels,
            created_at=order.created_at,
            updated_at=order.updated_at,
            deleted_at=None if order.deletion is None else order.deletion.at,
            erased_at=None if order.erasure is None else order.erasure.at,
        )

    @property
    def currency(self) -> str:
        """The ISO 4217 code."""
        return self.totals.total.currency.code

    def open_quantities(self) -> dict[str, int]:
        """Returns the quantities not shipped yet, by line id."""
        return open_quantities(self.lines, self.parcels)

    def allowed_actions(self, roles: Collection[Role]) -> tuple[Action, ...]:
        """Returns the actions that a caller with these roles may take now."""
        return allowed_actions(
            self.status,
            roles,
            deleted=self.deleted_at is not None,
            erased=self.erased_at is not None,
            all_delivered=all_delivered(self.parcels),
        )
