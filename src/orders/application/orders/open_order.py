"""Use case: loads an order that the caller may access."""

from orders.application.policy.caller import Caller, Operation, owns, permit, reaches, reaches_deleted
from orders.application.policy.errors import NotPlacedYet, OrderNotFound
from orders.domain.errors import InvalidIdentifier
from orders.domain.identity import check_order_id
from orders.domain.lifecycle import Action
from orders.domain.order import Order
from orders.ports.acceptances import Acceptances
from orders.ports.errors import UnreadableItem
from orders.ports.metric_catalogue import UNREADABLE_ITEMS
from orders.ports.metrics import Counters
from orders.ports.order_repository import OrderRepository


class OpenOrder:
    """Loads and authorises an order; every operation on one order starts here."""

    def __init__(self, repository: OrderRepository, acceptances: Acceptances, counters: Counters) -> None:
        self._repository = repository
        self._acceptances = acceptances
        self._counters = counters

    async def execute(
        self,
        caller: Caller,
        order_id: str,
        operation: Operation | Action = Operation.READ,
        *,
        include_deleted: bool = False,
    ) -> Order:
        """Returns the latest version of the order.

        Deleted orders are returned only on request, and only to those who may see them; others get an explicit refusal
        for orders that they may see. Ownership is checked before the role: to others an order does not exist, and a
        deleted order does not exist for those who may not see it.

        Raises:
            OrderNotFound: no such order, or not this caller's, or deleted.
            NotPlacedYet: it is the caller's, and only accepted so far.
            ActionForbidden: it is the caller's, but their roles never permit the operation, or seeing deleted orders.
            UnreadableItem: it is unreadable; if its owner is unreadable too, only the shop gets this error.
            TransientPortError: the table is unreachable.
        """
        try:
            check_order_id(order_id)
        except InvalidIdentifier:
            raise OrderNotFound(order_id) from None
        try:
            order = await self._repository.get(caller.tenant_id, order_id)
            if order is None:
                await self._look_among_accepted(caller, order_id, operation, include_deleted=include_deleted)
        except UnreadableItem as error:
            self._counters.count(UNREADABLE_ITEMS, kind=str(error.kind), where="order")
            if not reaches(caller, error.customer_id):
                raise OrderNotFound(order_id) from None
            raise
        if order is None or not owns(caller, order):
            raise OrderNotFound(order_id)
        if order.deletion is not None and not (include_deleted and reaches_deleted(operation, caller.roles)):
            raise OrderNotFound(order_id)
        _permit(operation, caller, include_deleted=include_deleted)
        return order

    async def _look_among_accepted(
        self, caller: Caller, order_id: str, operation: Operation | Action, *, include_deleted: bool
    ) -> None:
        acceptance = await self._acceptances.get(caller.tenant_id, order_id)
        if acceptance is not None and owns(caller, acceptance):
            _permit(operation, caller, include_deleted=include_deleted)
            raise NotPlacedYet(acceptance)


def _permit(operation: Operation | Action, caller: Caller, *, include_deleted: bool) -> None:
    permit(operation, caller.roles)
    if include_deleted and not reaches_deleted(operation, caller.roles):
        permit(Operation.READ_DELETED, caller.roles)
