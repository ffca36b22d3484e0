"""The Order aggregate: every change of an order is a method here.

A method returns a ``Change``: the order after it with its event, or the same order without an event if the action's
effect already held. Orders are immutable, so a change that could not be stored leaves nothing behind.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from orders.domain.errors import (
    ActionForbidden,
    Fault,
    IllegalTransition,
    InvalidOrder,
    ParcelConflict,
    UnknownParcel,
)
from orders.domain.event_facts import line_quantities, reason_code
from orders.domain.events import EventType, JsonValue, OrderEvent, Receipt, Stamp
from orders.domain.lifecycle import CALLED_OFF, Action, Role, Status, allowed_actions, already_holds, may_ever
from orders.domain.parts import (
    Address,
    Customer,
    Deletion,
    Document,
    DocumentStatus,
    Erasure,
    Line,
    Parcel,
    ParcelLine,
    Payment,
    parcels_known_as,
)
from orders.domain.pricing.money import Money, Totals
from orders.domain.reports import NOTHING_REPORTED, Reported
from orders.domain.retention import expiry_after
from orders.domain.shipping import (
    Shipment,
    all_delivered,
    arrival,
    future_faults,
    open_quantities,
    past_faults,
    summed,
    taken_from,
)

MAX_PARCELS = 100
KEPT_KEYS = 32
"""Number of idempotency keys of changes that an order remembers; that of its creation is its id and never expires."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order.

    Attributes:
        version: incremented by each commercial change; the basis of ETags.
        sequence: incremented by each event, those of documents included.
        printed_version: the last version that changed the PDF's content.
        lines_ever: number of line ids ever assigned.
        notification_email: recipient of the customer's mails, if any.
        notification_fault: why there is no recipient, if the given address was unusable.
        prices_unchecked: some prices were checked neither by the shop nor by its catalogue.
        campaign_discount: the campaign's part of the totals' discount; ``None`` without an answer of its service.
        reason: why it was cancelled or rejected, as entered.
        recent_keys: the last idempotency keys of changes, each with the sequence of the event that has its receipt.
        reported: the record of external events; internal.
        expires_at: when it goes with all that is stored of it; ``None`` before its end.
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
    created_at: datetime
    updated_at: datetime
    printed_version: int = 1
    lines_ever: int = 0
    parcels: tuple[Parcel, ...] = ()
    customer: Customer | None = None
    notification_email: str | None = field(default=None, repr=False)
    notification_fault: str | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    payment: Payment | None = None
    campaign_code: str | None = None
    campaign_discount: Money | None = None
    prices_unchecked: bool = False
    notes: str | None = field(default=None, repr=False)
    metadata: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    locale: str | None = None
    reason: str | None = field(default=None, repr=False)
    document: Document | None = None
    deletion: Deletion | None = None
    erasure: Erasure | None = None
    recent_keys: tuple[tuple[str, int], ...] = ()
    reported: Reported = NOTHING_REPORTED
    expires_at: datetime | None = None

    # -- reading -------------------------------------------------------------------------------------------------

    @property
    def currency(self) -> str:
        """The ISO 4217 code."""
        return self.totals.total.currency.code

    @property
    def own_discount(self) -> Money:
        """The totals' discount without the campaign's part."""
        discount = self.totals.discount
        return discount if self.campaign_discount is None else discount - self.campaign_discount

    def open_quantities(self) -> dict[str, int]:
        """Returns the quantities not shipped yet, by line id."""
        return open_quantities(self.lines, self.parcels)

    def parcel(self, parcel_id: str) -> Parcel:
        """Returns the parcel of that id. Raises: UnknownParcel."""
        for parcel in self.parcels:
            if parcel.parcel_id == parcel_id:
                return parcel
        raise UnknownParcel(parcel_id, [parcel.parcel_id for parcel in self.parcels])

    def allowed_actions(self, roles: Collection[Role]) -> tuple[Action, ...]:
        """Returns the actions that a caller with these roles may take now."""
        return allowed_actions(
            self.status,
            roles,
            deleted=self.deletion is not None,
            erased=self.erasure is not None,
            all_delivered=all_delivered(self.parcels),
        )

    @property
    def current_document(self) -> Document | None:
        """The PDF of the current printed content; ``None`` until it is rendered."""
        if self.document and self.document.version >= self.printed_version:
            return self.document
        return None

    # -- the life cycle ------------------------------------------------------------------------------------------

    def process(self, stamp: Stamp, roles: Collection[Role]) -> "Change":
        """Starts processing: picking, payment, preparation. Raises: IllegalTransition, ActionForbidden."""
        return self._move(Action.PROCESS, Status.PROCESSING, EventType.PROCESSING, stamp, roles)

    def reject(self, reason: str, stamp: Stamp, roles: Collection[Role]) -> "Change":
        """Rejects the order, by shop, payment or validation. Raises: IllegalTransition, ActionForbidden."""
        return self._move(Action.REJECT, Status.REJECTED, EventType.REJECTED, stamp, roles, reason)

    def cancel(self, reason: str, stamp: Stamp, roles: Collection[Role]) -> "Change":
        """Cancels the order before anything has shipped. Raises: IllegalTransition, ActionForbidden."""
        return self._move(Action.CANCEL, Status.CANCELLED, EventType.CANCELLED, stamp, roles, reason)

    def complete(self, stamp: Stamp, roles: Collection[Role]) -> "Change":
        """Completes the delivered order. Raises: IllegalTransition, ActionForbidden."""
        return self._move(Action.COMPLETE, Status.COMPLETED, EventType.COMPLETED, stamp, roles)

    def fulfil(self, shipment: Shipment, stamp: Stamp, roles: Collection[Role]) -> "Change":
        """Ships a parcel with some or all outstanding quantities.

        Raises:
            InvalidOrder: an unknown line, nothing outstanding, more than is outstanding, or a time in the future or
                long before the order.
            ParcelConflict: a parcel with this carrier and tracking number has other lines.
            IllegalTransition, ActionForbidden: as everywhere.
        """
        if self._on_record(shipment, roles):
            return Change(self)
        self.guard(Action.FULFIL, roles)
        at = shipment.shipped_at
        faults = [*future_faults(("shipped_at",), at, stamp.at), *past_faults(("shipped_at",), at, self.created_at)]
        lines = self._shippable(shipment, faults)
        parcel = Parcel(
            parcel_id=f"par_{len(self.parcels) + 1}",
            carrier=shipment.carrier,
            tracking_number=shipment.tracking_number,
            tracking_url=shipment.tracking_url,
            lines=lines,
            shipped_at=shipment.shipped_at or stamp.at,
        )
        after = replace(self, parcels=(*self.parcels, parcel))
        partial = any(after.open_quantities().values())
        status = Status.PARTIALLY_FULFILLED if partial else Status.FULFILLED
        data: dict[str, JsonValue] = {
            "status": status,
            "partial": partial,
            "parcel_id": parcel.parcel_id,
            "carrier": parcel.carrier,
            "tracking_number": parcel.tracking_number,
            "lines": [{"line_id": line.line_id, "quantity": line.quantity} for line in lines],
        }
        return replace(after, status=status).changed(EventType.FULFILLED, stamp, data, fields=("/status", "/parcels"))

    def deliver(
        self, parcel_id: str, stamp: Stamp, roles: Collection[Role], delivered_at: datetime | None = None
    ) -> "Change":
        """Records the delivery of a parcel; the status stays.

        Raises: UnknownParcel, IllegalTransition, ActionForbidden; InvalidOrder: an impossible delivery time.
        """
        self.guard_role(Action.DELIVER, roles)
        parcel = self.parcel(parcel_id)
        if parcel.delivered_at is not None:
            return Change(self)
        self.guard(Action.DELIVER, roles)
        at = arrival(parcel, delivered_at, stamp.at, self.created_at)
        arrived = replace(parcel, delivered_at=at, delivered_in=self.sequence + 1)
        parcels = tuple(arrived if each is parcel else each for each in self.parcels)
        index = self.parcels.index(parcel)
        data: dict[str, JsonValue] = {
            "parcel_id": parcel_id,
            "all_delivered": all(each.delivered_at for each in parcels) and self.status is Status.FULFILLED,
        }
        return replace(self, parcels=parcels).changed(
            EventType.DELIVERED, stamp, data, fields=(f"/parcels/{index}/delivered_at",)
        )

    # -- the end ---------------------------------------------------------------------------------------------------

    def delete(self, stamp: Stamp, roles: Collection[Role]) -> "Change":
        """Deletes the order softly, since the law requires it to be kept. Raises: IllegalTransition,
        ActionForbidden.
        """
        self.guard_role(Action.DELETE, roles)
        if self.deletion is not None:
            return Change(self)
        self.guard(Action.DELETE, roles)
        gone = replace(self, deletion=Deletion(stamp.at, stamp.actor.principal))
        return gone.changed(EventType.DELETED, stamp, {}, fields=("/deleted_at",))

    # -- the document --------------------------------------------------------------------------------------------

    def document_rendered(self, document: Document, stamp: Stamp) -> "Change":
        """Records a rendering, good or failed, unless a later version's is recorded.

        A failure never replaces a good document of the same version. A document from before an erasure is not recorded.
        """
        known = self.document
        if self.erasure is not None and document.version < self.printed_version:
            return Change(self)
        if known is not None:
            newer = document.version > known.version
            better = document.version == known.version and (
                known.status is DocumentStatus.FAILED and document.status is DocumentStatus.READY
            )
            if not newer and not better:
                return Change(self)
        ready = document.status is DocumentStatus.READY
        data: dict[str, JsonValue] = {"document_version": document.version}
        if ready:
            data |= {"sha256": document.sha256, "size_bytes": document.size_bytes}
        return replace(self, document=document).changed(
            EventType.DOCUMENT_READY if ready else EventType.DOCUMENT_FAILED, stamp, data, commercial=False
        )

    # -- how all of them work ------------------------------------------------------------------------------------

    def guard_role(self, action: Action, roles: Collection[Role]) -> None:
        """Returns if some status allows the action to these roles. Raises: ActionForbidden."""
        if not may_ever(action, roles):
            raise ActionForbidden(action=action, roles=[str(role) for role in roles])

    def guard(self, action: Action, roles: Collection[Role]) -> None:
        """Returns if these roles may take the action now. Raises: IllegalTransition, ActionForbidden."""
        self.guard_role(action, roles)
        allowed = self.allowed_actions(roles)
        if action not in allowed:
            raise IllegalTransition(action=action, status=self.status, allowed_actions=[str(each) for each in allowed])

    def _move(
        self,
        action: Action,
        to: Status,
        event: EventType,
        stamp: Stamp,
        roles: Collection[Role],
        reason: str | None = None,
    ) -> "Change":
        self.guard_role(action, roles)
        if already_holds(action, self.status):
            return Change(self)
        self.guard(action, roles)
        data: dict[str, JsonValue] = {"status": to, "previous_status": self.status}
        if reason is not None:
            data["reason_code"] = reason_code(reason)
            # Published so that stock is returned.
            data["lines"] = line_quantities(self.lines)
        moved = replace(self, status=to, reason=reason if reason is not None else self.reason)
        if to in CALLED_OFF:
            # The only printed change of status: the document must show that nothing will be sent.
            moved = replace(moved, printed_version=self.version + 1)
        return moved.changed(event, stamp, data, reason=reason, fields=("/status",))

    def changed(
        self,
        type_: EventType,
        stamp: Stamp,
        data: Mapping[str, JsonValue],
        *,
        reason: str | None = None,
        fields: tuple[str, ...] = (),
        commercial: bool = True,
    ) -> "Change":
        """Returns the order after a change, with its counters, date and event.

        Args:
            fields: JSON pointers of the changed fields.
            commercial: true if clients would call it a change of the order; if not, only ``sequence`` is incremented.
        """
        after = replace(
            self,
            version=self.version + commercial,
            sequence=self.sequence + 1,
            updated_at=stamp.at if commercial else self.updated_at,
            expires_at=expiry_after(self, type_, stamp.at),
        )
        return Change(after, after.event(type_, stamp, data, reason=reason, changed=fields))

    def event(
        self,
        type_: EventType,
        stamp: Stamp,
        data: Mapping[str, JsonValue],
        *,
        reason: str | None = None,
        changed: tuple[str, ...] = (),
    ) -> OrderEvent:
        """Makes an event of that type for the order as it is now."""
        identity: dict[str, JsonValue] = {
            "order_id": self.order_id,
            "order_number": self.order_number,
            "tenant_id": self.tenant_id,
            "customer_id": self.customer_id,
            "version": self.version,
        }
        return OrderEvent(
            tenant_id=self.tenant_id,
            order_id=self.order_id,
            sequence=self.sequence,
            version=self.version,
            type=type_,
            at=stamp.at,
            actor=stamp.actor,
            data=identity | dict(data),
            reason=reason,
            changed=changed,
            traceparent=stamp.traceparent,
            expires_at=self.expires_at,
        )

    def _on_record(self, shipment: Shipment, roles: Collection[Role]) -> bool:
        self.guard_role(Action.FULFIL, roles)
        known = parcels_known_as(self.parcels, shipment.carrier, shipment.tracking_number)
        # Without lines the caller meant everything outstanding at that time, which is what that parcel has.
        if not known or shipment.lines is None:
            return bool(known)
        wanted = summed(shipment.lines)
        if all(parcel.lines_by_id != wanted for parcel in known):
            raise ParcelConflict(carrier=known[0].carrier, tracking_number=known[0].tracking_number)
        return True

    def _shippable(self, shipment: Shipment, faults: Sequence[Fault]) -> tuple[ParcelLine, ...]:
        left = self.open_quantities()
        if shipment.lines is None and not faults:
            # No limit here: a parcel with everything outstanding must fit, or the order could never be completed.
            return tuple(ParcelLine(line_id, quantity) for line_id, quantity in left.items() if quantity)
        if len(self.parcels) >= MAX_PARCELS:
            raise InvalidOrder([Fault((), "too_many_parcels", f"an order has at most {MAX_PARCELS} parcels")])
        return taken_from(left, shipment.lines or (), faults)


@dataclass(frozen=True, slots=True)
class Change:
    """The result of an action: the order after it, and its event; no event if nothing changed."""

    order: Order
    event: OrderEvent | None = None

    def answered(self, receipt: Receipt) -> "Change":
        """Returns the change with the receipt in its event; unchanged without an event, which would have to store
        it.
        """
        if self.event is None:
            return self
        keys = self.order.recent_keys
        if self.event.type is not EventType.CREATED:
            keys = (*keys, (receipt.key, self.event.sequence))[-KEPT_KEYS:]
        return Change(replace(self.order, recent_keys=keys), replace(self.event, receipt=receipt))
