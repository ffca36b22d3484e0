"""Looks up orders by the numbers that people read aloud ([DOM-6])."""

from collections.abc import Collection
from typing import Protocol


class OrderNumbers(Protocol):
    """Finds the ids that a number belongs to: of orders, deleted ones included, and of what is accepted.

    A number is derived from its order's id and can't be turned back into it, so it is looked up in an index, which is
    eventually consistent: it may not show yet what was written a moment ago.
    """

    async def order_ids(self, tenant_id: str, order_number: str, *, besides: Collection[str] = ()) -> tuple[str, ...]:
        """Returns the ids of the tenant's orders with this number: one, hardly ever several, or none.

        None means that no order of this number is older than the index's usual lag. An acceptance and the order placed
        from it are one id.

        Args:
            order_number: in its canonical form.
            besides: ids that are left out, as if they did not exist.

        Raises:
            NumberNotIndexed: none was found, and the index is known to lag.
            TransientPortError: the table is unreachable or throttles.
        """
        ...
