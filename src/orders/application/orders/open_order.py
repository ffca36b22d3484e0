"""Use case: loads an order that the caller may access."""

from collections.abc import Sequence
from contextlib import suppress

from orders.application.policy.audit import about
from orders.application.policy.caller import Caller, Operation, owns, permit, reaches, reaches_deleted
from orders.application.policy.errors import NotPlacedYet, NumberMistyped, NumberOfSeveral, OrderNotFound
from orders.domain.errors import InvalidOrderNumber
from orders.domain.identity import is_order_id, parse_order_number
from orders.domain.lifecycle import Action
from orders.domain.order import Order
from orders.ports.acceptances import Acceptances
from orders.ports.errors import UnreadableItem
from orders.ports.metric_catalogue import UNREADABLE_ITEMS
from orders.ports.metrics import Counters
from orders.ports.order_numbers import OrderNumbers
from orders.ports.order_repository import OrderRepository


class OpenOrder:
    """Loads and authorises an order; every operation on one order starts here."""

    def __init__(
        self, repository: OrderRepository, acceptances: Acceptances, numbers: OrderNumbers, counters: Counters
    ) -> None:
        self._repository = repository
        self._acceptances = acceptances
        self._numbers = numbers
        self._counters = counters

    async def execute(
        self,
        caller: Caller,
        named: str,
        operation: Operation | Action = Operation.READ,
        *,
        include_deleted: bool = False,
    ) -> Order:
        """Returns the latest version of the order that is named by its id, or by its number as people type it.

        A number is resolved before anything else. The rest goes by the order's id.

        Deleted orders are returned only on request, and only to those who may see them; others get an explicit refusal
        for orders that they may see. Ownership is checked before the role: to others an order does not exist, and a
        deleted order does not exist for those who may not see it.

        Raises:
            OrderNotFound: no such order, or not this caller's, or deleted.
            NumberMistyped: it is a number with a typo.
            NumberOfSeveral: it is the number of several of the caller's orders.
            NumberNotIndexed: there is no order of this number yet, and the index lags.
            NotPlacedYet: it is the caller's, and only accepted so far.
            ActionForbidden: it is the caller's, but their roles never permit the operation, or seeing deleted orders.
            UnreadableItem: it is unreadable; if its owner is unreadable too, only the shop gets this error.
            TransientPortError: the table is unreachable.
        """
        if is_order_id(named):
            return await self._open(caller, named, operation, include_deleted=include_deleted)
        return await self._open_by_number(caller, named, operation, include_deleted=include_deleted)

    async def _open_by_number(
        self, caller: Caller, typed: str, operation: Operation | Action, *, include_deleted: bool
    ) -> Order:
        try:
            number = parse_order_number(typed)
        except InvalidOrderNumber as error:
            raise (NumberMistyped(error) if error.mistyped else OrderNotFound(typed)) from None
        found = await self._numbers.order_ids(caller.tenant_id, number)
        order_id = found[0] if len(found) == 1 else await self._own_among(caller, found, number)
        if order_id is not None:
            about(order_id=order_id)
            with suppress(OrderNotFound):
                return await self._open(caller, order_id, operation, include_deleted=include_deleted)
        if found:
            # What is not the caller's is as if it weren't there, also by how long it takes to find out.
            await self._numbers.order_ids(caller.tenant_id, number, besides=found)
        raise OrderNotFound(number)

    async def _own_among(self, caller: Caller, found: Sequence[str], number: str) -> str | None:
        """Returns the one order among several of a number that is the caller's. Raises: NumberOfSeveral."""
        own = [each for each in found if await self._is_owned(caller, each)]
        if len(own) > 1:
            raise NumberOfSeveral(number)
        return own[0] if own else None

    async def _is_owned(self, caller: Caller, order_id: str) -> bool:
        try:
            order = await self._repository.get(caller.tenant_id, order_id)
            found = order or await self._acceptances.get(caller.tenant_id, order_id)
        except UnreadableItem as error:
            return reaches(caller, error.customer_id)
        return found is not None and owns(caller, found)

    async def _open(
        self, caller: Caller, order_id: str, operation: Operation | Action, *, include_deleted: bool
    ) -> Order:
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
