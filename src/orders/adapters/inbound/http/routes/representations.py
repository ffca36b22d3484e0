"""What the API says of orders: plain dictionaries, money as decimals with exactly the currency's digits."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from orders.adapters.wire.pointers import pointer_of
from orders.application.policy.caller import Caller
from orders.contracts.cloud_event import rfc3339
from orders.domain.events import OrderEvent
from orders.domain.lifecycle import Action, Role
from orders.domain.order import Order
from orders.domain.parts import Address, Customer, Line, Parcel, Payment
from orders.ports.acceptances import Acceptance
from orders.ports.mail import MailFeedback, MailRecord

BASE = "/v1.0/orders"
ACCEPTED = "accepted"
"""What an order that is not placed yet shows as its status; it is none of an order's own."""
ERASING = "erasing"
"""What the answer to an erasure shows as its status; it is none of an order's own either."""

UNCHECKED = "unchecked"
"""What an order says of its prices where nobody has checked them."""

_ACTION_PATHS: Mapping[Action, str] = {
    Action.PROCESS: "/status",
    Action.REJECT: "/status",
    Action.COMPLETE: "/status",
    Action.CANCEL: "/cancel",
    Action.FULFIL: "/fulfill",
    Action.UPDATE: "",
    Action.DELETE: "",
    Action.ERASE: "/erase",
}
_METHODS: Mapping[str, str] = {"/status": "PUT", "update": "PATCH", "delete": "DELETE"}


def moment(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, as in ``2026-03-01T12:00:00.000Z``."""
    return rfc3339(at)


def etag(order: Order, roles: Collection[Role]) -> str:
    """``"{version}-{hash of the caller's roles}"``: what a caller sees depends on both."""
    return f'"{order.version}-{_roles_hash(roles)}"'


def _roles_hash(roles: Collection[Role]) -> str:
    return hashlib.sha256(",".join(sorted(roles)).encode()).hexdigest()[:8]


def order_view(order: Order, caller: Caller) -> dict[str, Any]:
    """An order as this caller sees it; optional fields that nobody filled are absent."""
    return order_summary(order, caller) | _particulars(order) | _given(_for_the_shop(order, caller))


def order_summary(order: Order, caller: Caller) -> dict[str, Any]:
    """What a list shows of an order."""
    left = order.open_quantities()
    totals = order.totals
    return {
        "order_id": order.order_id,
        "order_number": order.order_number,
        "tenant_id": order.tenant_id,
        "customer_id": order.customer_id,
        "status": str(order.status),
        "allowed_actions": [str(action) for action in order.allowed_actions(caller.roles)],
        "version": order.version,
        "currency": order.currency,
        "items": [_line(line, left[line.line_id]) for line in order.lines],
        "subtotal": totals.subtotal.to_decimal(),
        "tax": totals.tax.to_decimal(),
        "shipping": totals.shipping.to_decimal(),
        "discount": totals.discount.to_decimal(),
        "total": totals.total.to_decimal(),
        "parcels": [_parcel(parcel) for parcel in order.parcels],
        "created_at": moment(order.created_at),
        "updated_at": moment(order.updated_at),
        "_links": _links(order, caller),
        **_given(
            {
                "deleted_at": order.deletion and moment(order.deletion.at),
                "erased_at": order.erasure and moment(order.erasure.at),
            }
        ),
    }


def status_view(order: Order, caller: Caller) -> dict[str, Any]:
    """Where an order is, and what may be done now."""
    return _given(
        {
            "order_id": order.order_id,
            "order_number": order.order_number,
            "status": str(order.status),
            "allowed_actions": [str(action) for action in order.allowed_actions(caller.roles)],
            "version": order.version,
            "reason": order.reason,
            "updated_at": moment(order.updated_at),
        }
    )


def acceptance_view(acceptance: Acceptance) -> dict[str, Any]:
    """An order that is accepted and not placed yet, or could not be."""
    here = f"{BASE}/{acceptance.order_id}"
    faults = [
        {"pointer": pointer_of(each.path), "code": each.code, "message": each.message} for each in acceptance.faults
    ]
    return _given(
        {
            "order_id": acceptance.order_id,
            "order_number": acceptance.order_number,
            "tenant_id": acceptance.tenant_id,
            "customer_id": acceptance.customer_id,
            "status": str(acceptance.state) if acceptance.faults else ACCEPTED,
            "allowed_actions": [],
            "reason": "; ".join(fault.message for fault in acceptance.faults) or None,
            "errors": faults or None,
            "created_at": moment(acceptance.accepted_at),
            "_links": {"self": {"href": here}, "status": {"href": f"{here}/status"}},
        }
    )


def track_view(order: Order) -> dict[str, Any]:
    """Where an order's goods are."""
    left = order.open_quantities()
    return {
        "order_id": order.order_id,
        "order_number": order.order_number,
        "status": str(order.status),
        "parcels": [_parcel(parcel) for parcel in order.parcels],
        "open_items": [
            _given(
                {
                    "line_id": line.line_id,
                    "product_id": line.product_id,
                    "name": line.name,
                    "open_quantity": left[line.line_id],
                }
            )
            for line in order.lines
            if left[line.line_id]
        ],
        "updated_at": moment(order.updated_at),
    }


def history_entry(entry: OrderEvent | MailRecord) -> dict[str, Any]:
    """One thing that happened: an event of the order, or what became of a mail."""
    if isinstance(entry, MailRecord):
        return _given(
            {
                "kind": "mail",
                "at": moment(entry.at),
                "about_sequence": entry.sequence,
                "template": str(entry.template),
                "state": str(entry.state),
                "recipient": entry.recipient_hint,
                "attempts": entry.attempts,
                "detail": entry.detail,
                "feedback": entry.feedback and _feedback(entry.feedback),
            }
        )
    return _given(
        {
            "kind": "event",
            "at": moment(entry.at),
            "sequence": entry.sequence,
            "version": entry.version,
            "type": str(entry.type),
            "actor": {"principal": entry.actor.principal, "role": entry.actor.role},
            "reason": entry.reason,
            "changed": list(entry.changed),
        }
    )


def _feedback(feedback: MailFeedback) -> dict[str, Any]:
    return _given({"kind": feedback.kind.name.lower(), "at": moment(feedback.at), "detail": feedback.detail})


def _line(line: Line, open_quantity: int) -> dict[str, Any]:
    return _given(
        {
            "line_id": line.line_id,
            "product_id": line.product_id,
            "name": line.name,
            "sku": line.sku,
            "quantity": line.quantity,
            "open_quantity": open_quantity,
            "price": line.price.to_decimal(),
            "discount": line.discount.to_decimal(),
            "tax_rate": line.tax_rate,
            "net": line.net.to_decimal(),
            "tax": line.tax.to_decimal(),
        }
    )


def _parcel(parcel: Parcel) -> dict[str, Any]:
    return _given(
        {
            "parcel_id": parcel.parcel_id,
            "carrier": parcel.carrier,
            "tracking_number": parcel.tracking_number,
            "tracking_url": parcel.tracking_url,
            "lines": [{"line_id": line.line_id, "quantity": line.quantity} for line in parcel.lines],
            "shipped_at": moment(parcel.shipped_at),
            "delivered_at": parcel.delivered_at and moment(parcel.delivered_at),
        }
    )


def _particulars(order: Order) -> dict[str, Any]:
    return _given(
        {
            "customer": order.customer and particulars_view(order.customer),
            "billing_address": order.billing_address and particulars_view(order.billing_address),
            "shipping_address": order.shipping_address and particulars_view(order.shipping_address),
            "payment": order.payment and particulars_view(order.payment),
            "campaign_code": order.campaign_code,
            "campaign_discount": order.campaign_discount and order.campaign_discount.to_decimal(),
            "notes": order.notes,
            "metadata": dict(order.metadata) or None,
            "locale": order.locale,
            "reason": order.reason,
        }
    )


def _for_the_shop(order: Order, caller: Caller) -> dict[str, Any]:
    return {"prices": UNCHECKED if order.prices_unchecked and caller.acts_for_shop else None}


def particulars_view(particulars: Customer | Address | Payment) -> dict[str, Any]:
    """What was given of somebody's particulars."""
    return _given(asdict(particulars))


def erasing_view(order: Order) -> dict[str, Any]:
    """The order is erased, and everything that was kept beside it is being scrubbed.

    It holds nothing of the order but what names it: who may erase it need not be somebody who may read it.
    """
    here, asking = f"{BASE}/{order.order_id}", _asking(order)
    return _given(
        {
            "order_id": order.order_id,
            "order_number": order.order_number,
            "status": ERASING,
            "erased_at": order.erasure and moment(order.erasure.at),
            "_links": {"self": {"href": here + asking}, "history": {"href": f"{here}/history{asking}"}},
        }
    )


def _asking(order: Order) -> str:
    """What a link needs for whoever may read the order to be shown it: deleted ones are shown to who asks for them."""
    return "" if order.deletion is None else "?include_deleted=true"


def _links(order: Order, caller: Caller) -> dict[str, Any]:
    here, asking = f"{BASE}/{order.order_id}", _asking(order)
    links = {"self": {"href": here + asking}}
    for name in ("status", "track", "history", "events", "document"):
        links[name] = {"href": f"{here}/{name}{asking}"}
    for action in order.allowed_actions(caller.roles):
        if action in _ACTION_PATHS:
            path = _ACTION_PATHS[action]
            links[str(action)] = {"href": here + path, "method": _METHODS.get(path or str(action), "POST")}
    return links


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
