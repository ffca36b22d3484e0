"""The API's calls that sample orders are made with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from orders.bootstrap.dev.seed.samples import Action, Step
from orders.domain.lifecycle import Role
from orders.ports.mail import MailTemplate


@dataclass(frozen=True, slots=True)
class Call:
    """A call on an order; ``path`` follows the order's own."""

    method: str
    path: str
    role: Role
    body: Mapping[str, Any] | None = None


def call_of(step: Step) -> Call:
    """Returns the call that takes the step."""
    return _CALLS[step.action](step.given)


def _status(status: str, reason: str | None = None) -> Call:
    body = {"status": status} | ({} if reason is None else {"reason": reason})
    return Call("PUT", "/status", Role.STAFF, body)


_CALLS: Mapping[Action, Callable[[Any], Call]] = MappingProxyType(
    {
        Action.PROCESS: lambda _: _status("processing"),
        Action.REJECT: lambda reason: _status("rejected", reason),
        Action.CANCEL: lambda reason: Call("POST", "/cancel", Role.STAFF, {"reason": reason}),
        Action.CANCEL_AS_CUSTOMER: lambda reason: Call("POST", "/cancel", Role.CUSTOMER, {"reason": reason}),
        Action.FULFIL: lambda parcel: Call("POST", "/fulfill", Role.STAFF, parcel),
        Action.DELIVER: lambda parcel_id: Call("POST", f"/parcels/{parcel_id}/deliver", Role.STAFF, {}),
        Action.COMPLETE: lambda _: _status("completed"),
        Action.UPDATE: lambda patch: Call("PATCH", "", Role.STAFF, patch),
        Action.DELETE: lambda _: Call("DELETE", "", Role.ADMIN),
        Action.ERASE: lambda _: Call("POST", "/erase", Role.ADMIN, {}),
    }
)

PLACED_MAILS = frozenset({MailTemplate.ORDER_CONFIRMATION, MailTemplate.STAFF_NEW_ORDER})
MAILS: Mapping[Action, frozenset[MailTemplate]] = MappingProxyType(
    {
        Action.REJECT: frozenset({MailTemplate.ORDER_REJECTED}),
        Action.CANCEL: frozenset({MailTemplate.ORDER_CANCELLED, MailTemplate.STAFF_ORDER_CANCELLED}),
        Action.CANCEL_AS_CUSTOMER: frozenset({MailTemplate.ORDER_CANCELLED, MailTemplate.STAFF_ORDER_CANCELLED}),
        Action.FULFIL: frozenset({MailTemplate.ORDER_SHIPPED}),
        Action.COMPLETE: frozenset({MailTemplate.ORDER_COMPLETED}),
    }
)
"""The mails that follow a step."""
HIDING = frozenset({Action.DELETE, Action.ERASE})
"""After these, mails about what came before are not sent any more: they are waited for first."""
