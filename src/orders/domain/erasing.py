"""Erasing personal data: what of an order and of its events goes, and what is left in its place ([DATA-5]).

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
"""The tombstone: what stands where somebody's data stood."""

# One tombstone for all of somebody's particulars: which of them had been given is nobody's business any more. It
# stands in a field that takes any text, so that every reader finds it well-formed.
ERASED_CUSTOMER = Customer(name=ERASED)
ERASED_ADDRESS = Address(name=ERASED)
ERASED_PAYMENT = Payment(method=ERASED)
ERASED_METADATA = (("erased", ERASED),)
"""The keys go as well, for they are callers' words; this one is as keys have to be."""


def erase(order: Order, stamp: Stamp, roles: Collection[Role]) -> Change:
    """Put tombstones in place of the order's personal data; an order erased before stays as it is.

    What is printed changes with it, so that the document is rendered again; what is on record is forgotten.

    Raises: IllegalTransition, ActionForbidden.
    """
    order.guard_role(Action.ERASE, roles)
    if order.erasure is not None:
        return Change(order)
    order.guard(Action.ERASE, roles)
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
        # What waits on an order at its end will never be heard.
        reported=replace(order.reported, parked=()),
    )
    fields = (*(f"/{name}" for name, tombstone in tombstones.items() if tombstone), "/erased_at")
    return redacted.changed(EventType.ERASED, stamp, {}, fields=fields)


def erased_event(event: OrderEvent) -> OrderEvent:
    """An event of an erased order, without what somebody typed; what its receipt answers is the caller's to redact.

    A code of one word is published as it was typed, and could have been a name: in the log it goes as well.
    """
    data = dict(event.data)
    if "reason_code" in data:
        data["reason_code"] = OTHER_REASON
    return replace(event, data=data, reason=event.reason and ERASED)
