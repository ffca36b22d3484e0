"""The life cycle as data: which action leads from which status to which, and the roles that may take it.

This table is the only source; the aggregate, the HTTP layer and the documentation all read it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cache


class Status(StrEnum):
    """The status of an order."""

    PENDING = "pending"
    PROCESSING = "processing"
    PARTIALLY_FULFILLED = "partially_fulfilled"
    FULFILLED = "fulfilled"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"

    @property
    def terminal(self) -> bool:
        """True if only deletion and erasure can follow."""
        return self in TERMINAL


TERMINAL = frozenset({Status.COMPLETED, Status.CANCELLED, Status.REJECTED})
CALLED_OFF = frozenset({Status.CANCELLED, Status.REJECTED})
"""Statuses of orders that won't be delivered: the document says so, without thanking the customer."""


class Action(StrEnum):
    """An action on an existing order."""

    PROCESS = "process"
    REJECT = "reject"
    CANCEL = "cancel"
    FULFIL = "fulfil"
    DELIVER = "deliver"
    COMPLETE = "complete"
    UPDATE = "update"
    DELETE = "delete"
    ERASE = "erase"


class Role(StrEnum):
    """The roles of callers; a caller can have several."""

    CUSTOMER = "customer"
    STAFF = "staff"
    ADMIN = "admin"
    SERVICE = "service"
    OPERATOR = "operator"


SHOP = frozenset({Role.STAFF, Role.ADMIN, Role.SERVICE})
OWNER_OR_SHOP = SHOP | {Role.CUSTOMER}
"""A customer only ever reaches their own orders, so the role stands for the owner."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: the statuses in which the action is allowed, and the roles.

    ``holds_in`` are the statuses in which the action's effect is already there: repeating it succeeds and changes
    nothing.
    """

    action: Action
    sources: frozenset[Status]
    roles: frozenset[Role]
    holds_in: frozenset[Status] = frozenset()


RULES: tuple[Rule, ...] = (
    Rule(Action.PROCESS, frozenset({Status.PENDING}), SHOP, frozenset({Status.PROCESSING})),
    Rule(Action.REJECT, frozenset({Status.PENDING}), SHOP, frozenset({Status.REJECTED})),
    Rule(
        Action.CANCEL,
        frozenset({Status.PENDING, Status.PROCESSING}),
        OWNER_OR_SHOP,
        frozenset({Status.CANCELLED}),
    ),
    Rule(Action.FULFIL, frozenset({Status.PROCESSING, Status.PARTIALLY_FULFILLED}), SHOP),
    Rule(Action.DELIVER, frozenset({Status.PARTIALLY_FULFILLED, Status.FULFILLED}), SHOP),
    Rule(Action.COMPLETE, frozenset({Status.FULFILLED}), SHOP, frozenset({Status.COMPLETED})),
    # Which fields may change, when and by whom, is finer than a role: revising.py decides that.
    Rule(Action.UPDATE, frozenset({Status.PENDING}), OWNER_OR_SHOP - {Role.SERVICE}),
    Rule(Action.UPDATE, frozenset({Status.PROCESSING}), frozenset({Role.STAFF, Role.ADMIN})),
    Rule(Action.DELETE, TERMINAL, frozenset({Role.ADMIN})),
    Rule(Action.ERASE, TERMINAL, frozenset({Role.ADMIN, Role.OPERATOR})),
)

PLACING_ROLES = OWNER_OR_SHOP
"""Roles that may place an order; a customer only for themselves."""


def allowed_actions(
    status: Status,
    roles: Collection[Role],
    *,
    deleted: bool = False,
    erased: bool = False,
    all_delivered: bool = False,
) -> tuple[Action, ...]:
    """Returns the actions that these roles may take on an order in this status, in the table's order.

    Args:
        deleted: it is deleted: hidden, but it can still be erased.
        erased: its personal data is erased.
        all_delivered: all of its parcels have arrived.
    """
    return _allowed(status, frozenset(roles), deleted, erased, all_delivered)


@cache
def _allowed(
    status: Status, held: frozenset[Role], deleted: bool, erased: bool, all_delivered: bool
) -> tuple[Action, ...]:
    """Looks them up: of statuses, sets of roles and flags there are few, and for each the table is read once."""
    found = {rule.action for rule in RULES if status in rule.sources and rule.roles & held}
    if deleted:
        found &= {Action.ERASE}
    if erased:
        found -= {Action.ERASE}
    if all_delivered:
        found -= {Action.DELIVER}
    return tuple(action for action in Action if action in found)


def may_ever(action: Action, roles: Collection[Role]) -> bool:
    """Returns whether any status allows the action to these roles: if not, the refusal is about roles, not status."""
    held = frozenset(roles)
    return any(rule.action is action and rule.roles & held for rule in RULES)


def already_holds(action: Action, status: Status) -> bool:
    """Returns whether the action's effect is already there, so that repeating it is no change."""
    return any(rule.action is action and status in rule.holds_in for rule in RULES)
