"""Use case: reach an order, if it is the caller's to reach."""

from orders.application.policy.caller import Caller, Operation, owns, permit, reaches, reaches_deleted
from orders.application.policy.errors import NotPlacedYet, OrderNotFound
from orders.domain.errors import InvalidIdentifier
from orders.domain.identity import check_order_id
from orders.domain.lifecycle import Action
from orders.domain.order import Order
from orders.ports.acceptances import Acceptances
from orders.ports.errors import UnreadableItem
from orders.ports.metrics import UNREADABLE_ITEMS, Counters
from orders.ports.order_repository import OrderRepository


class OpenOrder:
    """Finds an order for whatever a caller wants to do with it; everything about one order starts here."""

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
        """The order as of the latest write.

        Deleted ones only where asked for, and only to who may see those; others who ask for them are told so, of
        orders that they may see. Ownership is looked at before the role: to whom an order does not belong it does not
        exist, and neither does a deleted one to who may not see those.

        Raises:
            OrderNotFound: no such order, or not this caller's, or deleted.
            NotPlacedYet: it is theirs, and accepted only.
            ActionForbidden: it is theirs, but their roles never allow the operation, or to ask for deleted ones.
            UnreadableItem: it is there and can't be read; whose it is, where that can't be read either, nobody knows
                but the shop.
            TransientPortError: the table is out of reach.
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
