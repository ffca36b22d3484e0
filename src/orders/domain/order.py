"""The Order aggregate: every change of an order is a method here.

A method returns a ``Change``: the order after it and the event that tells of it, or the same order and no event
where the action's effect already held. Nothing is changed in place, so a change that could not be stored leaves
nothing behind.
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
from orders.domain.shipping import Shipment, arrival, future_faults, past_faults, summed, taken_from

MAX_PARCELS = 100
KEPT_KEYS = 32
"""How many idempotency keys of changes an order remembers; that of its creation is its id, and never forgotten."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands.

    Attributes:
        version: goes up with each commercial change; what ETags speak of.
        sequence: goes up with each event, those of documents included.
        printed_version: the last version that changed what the PDF prints.
        lines_ever: how many line ids have been given out.
        notification_email: where the customer's mails go, if anywhere.
        notification_fault: why they go nowhere, where there was an address that can't be used.
        prices_unchecked: prices are in it that neither the shop nor its catalogue has checked.
        campaign_discount: the campaign's part of the totals' discount; ``None`` where its service said nothing.
        reason: why it was cancelled or rejected, as typed.
        recent_keys: the last idempotency keys of changes, each with the sequence of the event that has its receipt.
        reported: what is kept of other services' reports; nobody is shown it.
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

    # -- reading -------------------------------------------------------------------------------------------------

    @property
    def currency(self) -> str:
        """ISO 4217 code."""
        return self.totals.total.currency.code

    @property
    def own_discount(self) -> Money:
        """The totals' discount without the campaign's part of it."""
        discount = self.totals.discount
        return discount if self.campaign_discount is None else discount - self.campaign_discount

    def open_quantities(self) -> dict[str, int]:
        """Units not shipped yet, by line id."""
        left = {line.line_id: line.quantity for line in self.lines}
        for parcel in self.parcels:
            for shipped in parcel.lines:
                left[shipped.line_id] -= shipped.quantity
        return left

    def parcel(self, parcel_id: str) -> Parcel:
        """The parcel of that id. Raises: UnknownParcel."""
        for parcel in self.parcels:
            if parcel.parcel_id == parcel_id:
                return parcel
        raise UnknownParcel(parcel_id, [parcel.parcel_id for parcel in self.parcels])

    def allowed_actions(self, roles: Collection[Role]) -> tuple[Action, ...]:
        """What a caller with these roles may do now."""
        allowed = set(allowed_actions(self.status, roles))
        if self.deletion is not None:
            # Out of everybody's sight, but not out of reach of who has to erase it.
            allowed &= {Action.ERASE}
        if self.erasure is not None:
            allowed -= {Action.ERASE}
        if all(parcel.delivered_at for parcel in self.parcels):
            allowed -= {Action.DELIVER}
        return tuple(action for action in Action if action in allowed)

    @property
    def current_document(self) -> Document | None:
        """The PDF of what is printed now, or ``None`` while it waits to be rendered."""
        if self.document and self.document.version >= self.printed_version:
            return self.document
        return None

    # -- the life cycle ------------------------------------------------------------------------------------------

    def process(self, stamp: Stamp, roles: Collection[Role]) -> "Change":
        """Confirmed: it is being picked, paid, prepared. Raises: IllegalTransition, ActionForbidden."""
        return self._move(Action.PROCESS, Status.PROCESSING, EventType.PROCESSING, stamp, roles)

    def reject(self, reason: str, stamp: Stamp, roles: Collection[Role]) -> "Change":
        """Refused by shop, payment or validation. Raises: IllegalTransition, ActionForbidden."""
        return self._move(Action.REJECT, Status.REJECTED, EventType.REJECTED, stamp, roles, reason)

    def cancel(self, reason: str, stamp: Stamp, roles: Collection[Role]) -> "Change":
        """Called off before anything shipped. Raises: IllegalTransition, ActionForbidden."""
        return self._move(Action.CANCEL, Status.CANCELLED, EventType.CANCELLED, stamp, roles, reason)

    def complete(self, stamp: Stamp, roles: Collection[Role]) -> "Change":
        """Delivered and closed. Raises: IllegalTransition, ActionForbidden."""
        return self._move(Action.COMPLETE, Status.COMPLETED, EventType.COMPLETED, stamp, roles)

    def fulfil(self, shipment: Shipment, stamp: Stamp, roles: Collection[Role]) -> "Change":
        """Ship a parcel of some or all of what is open.

        Raises:
            InvalidOrder: an unknown line, nothing open, more than is open, or a time to come or long before the order.
            ParcelConflict: the carrier and tracking number are on record with other lines.
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
        """Record that a parcel has arrived; the status stays.

        Raises: UnknownParcel, IllegalTransition, ActionForbidden; InvalidOrder: it can't have arrived then.
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
        """Take it out of everybody's sight, kept for the law. Raises: IllegalTransition, ActionForbidden."""
        self.guard_role(Action.DELETE, roles)
        if self.deletion is not None:
            return Change(self)
        self.guard(Action.DELETE, roles)
        gone = replace(self, deletion=Deletion(stamp.at, stamp.actor.principal))
        return gone.changed(EventType.DELETED, stamp, {}, fields=("/deleted_at",))

    # -- the document --------------------------------------------------------------------------------------------

    def document_rendered(self, document: Document, stamp: Stamp) -> "Change":
        """Put a rendering, good or failed, on record; a later version's stays.

        A failure never displaces a good document of the same version. What shows an order as it was before its
        erasure is not put on record any more.
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
        """Return if some status would allow the action to these roles. Raises: ActionForbidden."""
        if not may_ever(action, roles):
            raise ActionForbidden(action=action, roles=[str(role) for role in roles])

    def guard(self, action: Action, roles: Collection[Role]) -> None:
        """Return if these roles may take the action now. Raises: IllegalTransition, ActionForbidden."""
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
            # Stock goes back to where it came from.
            data["lines"] = line_quantities(self.lines)
        moved = replace(self, status=to, reason=reason if reason is not None else self.reason)
        if to in CALLED_OFF:
            # The one change of status that is printed: whoever holds the document must see that nothing will come.
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
        """This order after a change: counted up, dated, and with the event that tells of it.

        Args:
            fields: JSON pointers of what changed.
            commercial: whether a client would call it a change of the order; if not, only ``sequence`` goes up.
        """
        after = replace(
            self,
            version=self.version + commercial,
            sequence=self.sequence + 1,
            updated_at=stamp.at if commercial else self.updated_at,
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
        """The event of that type for the order as it is now."""
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
        )

    def _on_record(self, shipment: Shipment, roles: Collection[Role]) -> bool:
        self.guard_role(Action.FULFIL, roles)
        known = parcels_known_as(self.parcels, shipment.carrier, shipment.tracking_number)
        # Without lines the caller meant all that was open then, which is what that parcel took.
        if not known or shipment.lines is None:
            return bool(known)
        wanted = summed(shipment.lines)
        if all(parcel.lines_by_id != wanted for parcel in known):
            raise ParcelConflict(carrier=known[0].carrier, tracking_number=known[0].tracking_number)
        return True

    def _shippable(self, shipment: Shipment, faults: Sequence[Fault]) -> tuple[ParcelLine, ...]:
        left = self.open_quantities()
        if shipment.lines is None and not faults:
            # Never one too many: an order whose remainder could not ship would stay open for good.
            return tuple(ParcelLine(line_id, quantity) for line_id, quantity in left.items() if quantity)
        if len(self.parcels) >= MAX_PARCELS:
            raise InvalidOrder([Fault((), "too_many_parcels", f"an order has at most {MAX_PARCELS} parcels")])
        return taken_from(left, shipment.lines or (), faults)


@dataclass(frozen=True, slots=True)
class Change:
    """What an action led to: the order after it, and its event; no event when nothing changed."""

    order: Order
    event: OrderEvent | None = None

    def answered(self, receipt: Receipt) -> "Change":
        """The same change, with what its caller is answered; without an event there is nothing to keep it with."""
        if self.event is None:
            return self
        keys = self.order.recent_keys
        if self.event.type is not EventType.CREATED:
            keys = (*keys, (receipt.key, self.event.sequence))[-KEPT_KEYS:]
        return Change(replace(self.order, recent_keys=keys), replace(self.event, receipt=receipt))


def campaign_facts(order: Order) -> dict[str, JsonValue]:
    """What events say of a campaign that gave something: enough to count it as used."""
    if order.campaign_code is None or order.campaign_discount is None:
        return {}
    return {"campaign_code": order.campaign_code, "campaign_discount": str(order.campaign_discount)}
