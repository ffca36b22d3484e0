"""The caller of a use case, and the permissions of each role: the one policy table.

Role by operation (``POLICY``) and role by ownership (``REACH``), both within the caller's own tenant; another tenant's
orders are nobody's:

================  ========  =====  =====  =======  ========
operation         customer  staff  admin  service  operator
================  ========  =====  =====  =======  ========
place             own       all    all    all
list, read        own       all    all    all
read deleted                       all
cancel            own       all    all    all
update            own       all    all
process, reject             all    all    all
fulfil, deliver             all    all    all
complete                    all    all    all
delete                             all
erase                              all             all
================  ========  =====  =====  =======  ========

Read stands for everything that shows an order: itself, status, track, history, events, document. In which statuses an
action is allowed, and to whom there, is the life cycle's (``domain/lifecycle.py``), whose table the actions' rows here
are made from. Whoever has no role at all is nobody here (``admit``); health is everybody's.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from orders.domain.errors import ActionForbidden
from orders.domain.events import Actor, Stamp
from orders.domain.lifecycle import PLACING_ROLES, RULES, SHOP, Action, Role
from orders.domain.order import Order
from orders.ports.acceptances import Acceptance


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller, or one of the service's own workers.

    Attributes:
        principal: the token's subject, or a worker's name.
        customer_id: the customer whose orders a ``customer`` sees.
        email: from the token; recipient of mails about a customer's own orders when the order names no address.
        email_fault: why the token's address is unusable; then ``email`` is ``None``.
        traceparent: W3C trace context of the request or message.
    """

    tenant_id: str
    principal: str
    roles: frozenset[Role]
    customer_id: str | None = None
    email: str | None = field(default=None, repr=False)
    email_fault: str | None = None
    traceparent: str | None = None

    @property
    def acts_for_shop(self) -> bool:
        """True if the caller sees all of the tenant's orders, not only their own."""
        return bool(self.roles & SHOP)

    @property
    def leading_role(self) -> str:
        """The highest of the caller's roles, for records; ``none`` without any."""
        return next((role for role in _LEADING if role in self.roles), "none")

    def within(self, traceparent: str) -> "Caller":
        """Returns the same caller in that trace."""
        # Each request does it, and ``dataclasses.replace`` takes three times as long.
        return Caller(
            self.tenant_id, self.principal, self.roles, self.customer_id, self.email, self.email_fault, traceparent
        )

    def stamp(self, at: datetime) -> Stamp:
        """Makes the stamp of time, actor and trace for changes on this caller's behalf."""
        return Stamp(at=at, actor=Actor(self.principal, self.leading_role), traceparent=self.traceparent)


_LEADING = (Role.ADMIN, Role.STAFF, Role.SERVICE, Role.OPERATOR, Role.CUSTOMER)


def worker(tenant_id: str, name: str, traceparent: str | None = None) -> Caller:
    """Makes the caller for one of the service's own workers, acting in a message's tenant."""
    return Caller(tenant_id, name, frozenset({Role.SERVICE}), traceparent=traceparent)


class Operation(StrEnum):
    """Operations beyond the life cycle's actions."""

    PLACE = "place"
    LIST = "list"
    READ = "read"
    READ_DELETED = "read_deleted"


class Reach(StrEnum):
    """The orders that a role gives access to."""

    OWN = "own"
    TENANT = "tenant"


_READERS = SHOP | {Role.CUSTOMER}
POLICY: MappingProxyType[Operation | Action, frozenset[Role]] = MappingProxyType(
    {
        Operation.PLACE: PLACING_ROLES,
        Operation.LIST: _READERS,
        Operation.READ: _READERS,
        Operation.READ_DELETED: frozenset({Role.ADMIN}),
        **{
            action: frozenset[Role]().union(*(rule.roles for rule in RULES if rule.action is action))
            for action in Action
        },
    }
)
"""Role by operation: everything that can be asked of the service."""

REACH: MappingProxyType[Role, Reach] = MappingProxyType(
    {role: Reach.OWN if role is Role.CUSTOMER else Reach.TENANT for role in Role}
)
"""Role by ownership: a customer's own orders, or all of the tenant's."""


def admit(caller: Caller) -> None:
    """Returns if the caller has any role here.

    Callers without one are refused whatever they ask for, and so learn nothing of what exists. Raises: ActionForbidden.
    """
    if not caller.roles:
        raise ActionForbidden(action="use the order service", roles=())


def permit(operation: Operation | Action, roles: Collection[Role]) -> None:
    """Returns if one of the roles permits the operation. Raises: ActionForbidden."""
    if not POLICY[operation] & frozenset(roles):
        raise ActionForbidden(action=str(operation), roles=sorted(roles))


def reaches_deleted(operation: Operation | Action, roles: Collection[Role]) -> bool:
    """Returns whether one of the roles may do this to a deleted order.

    Those who may erase personal data may do so without seeing it.
    """
    held = frozenset(roles)
    return bool(held & POLICY[Operation.READ_DELETED]) or (operation is Action.ERASE and bool(held & POLICY[operation]))


def owns(caller: Caller, order: Order | Acceptance) -> bool:
    """Returns whether the order is accessible to this caller: in their tenant, and their own if they are a customer.

    An operator who is also a customer sees, as a customer, their own orders only.
    """
    return order.tenant_id == caller.tenant_id and reaches(caller, order.customer_id)


def reaches(caller: Caller, customer_id: str | None) -> bool:
    """Returns whether the caller sees that customer's orders in their tenant; those without a customer only the
    shop sees.
    """
    if caller.acts_for_shop or (caller.roles and all(REACH[role] is Reach.TENANT for role in caller.roles)):
        return True
    return Role.CUSTOMER in caller.roles and customer_id is not None and caller.customer_id == customer_id
