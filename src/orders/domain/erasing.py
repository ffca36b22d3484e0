"""Erases personal data: what is removed from an order and its events, and what replaces it ([DATA-5]).

Fiscal facts stay: ids, lines, amounts, statuses, dates, parcels.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from orders.domain.event_facts import OTHER_REASON
from orders.domain.events import EventType, OrderEvent, Stamp
from orders.domain.lifecycle import Action, Role
from orders.domain.order import Change, Order
from orders.domain.parts import Address, Customer, Erasure, Payment

ERASED = "[erased]"
"""The tombstone that replaces personal data."""

# One tombstone for all particulars of a person, so that not even the fields given are revealed. It is in a field
# that takes any text, so that every reader finds it well-formed.
ERASED_CUSTOMER = Customer(name=ERASED)
ERASED_ADDRESS = Address(name=ERASED)
ERASED_PAYMENT = Payment(method=ERASED)
ERASED_METADATA = (("erased", ERASED),)
"""The keys go as well, for they are callers' words; this one is as keys have to be."""


def erase(order: Order, stamp: Stamp, roles: Collection[Role]) -> Change:
    """Replaces the order's personal data by tombstones; an order erased before is left unchanged.

    The printed content changes, so the document is rendered again; the record of the old one is removed.

    Raises: IllegalTransition, ActionForbidden.
    """
    order.guard_role(Action.ERASE, roles)
    if order.erasure is not None:
        return Change(order)
    order.guard(Action.ERASE, roles)
    return _redacted(order, stamp)


def erase_again(order: Order, stamp: Stamp) -> Change:
    """Replaces the personal data of an order that was erased and has come back as it was before, by a restore.

    Whatever its status: it was finished when it was erased, and may have come back as it was before that.
    """
    return Change(order) if order.erasure is not None else _redacted(order, stamp)


def _redacted(order: Order, stamp: Stamp) -> Change:
    tombstones: dict[str, Any] = {
        "customer": order.customer and ERASED_CUSTOMER,
        "billing_address": order.billing_address and ERASED_ADDRESS,
        "shipping_address": order.shipping_address and ERASED_ADDRESS,
        "payment": order.payment and ERASED_PAYMENT,
        "notes": order.notes and ERASED,
        "metadata": order.metadata and ERASED_METADATA,
        "reason": order.reason and ERASED,
    }
    redacted = replace(
        order,
        **tombstones,
        notification_email=None,
        document=None,
        printed_version=order.version + 1,
        erasure=Erasure(stamp.at, stamp.actor.principal),
        # Events parked on a finished order will never be applied.
        reported=replace(order.reported, parked=()),
    )
    fields = (*(f"/{name}" for name, tombstone in tombstones.items() if tombstone), "/erased_at")
    return redacted.changed(EventType.ERASED, stamp, {}, fields=fields)


def erased_event(event: OrderEvent) -> OrderEvent:
    """Returns an erased order's event without user input; its receipt's body is the caller's to redact.

    A reason that is a single word is published as a code and could be a name, so it is removed from the log too.
    """
    data = dict(event.data)
    if "reason_code" in data:
        data["reason_code"] = OTHER_REASON
    return replace(event, data=data, reason=event.reason and ERASED)
