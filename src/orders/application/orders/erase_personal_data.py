"""Use case: erases an order's personal data ([DATA-5]).

The order itself is redacted here, in one write; everything else stored about it follows from that write's event
(``ScrubOrder``). The ledger names the order before that write, so that a restored table can be erased anew.
"""

from orders.application.orders.change_order import OrderChanger
from orders.application.policy.caller import Caller
from orders.application.policy.idempotency import NO_PRECONDITIONS, Preconditions
from orders.domain.erasing import erase
from orders.domain.events import Stamp
from orders.domain.order import Change, Order
from orders.ports.erasure_ledger import ErasureLedger, LedgerEntry


class ErasePersonalData:
    """Erases the personal data of a finished order."""

    def __init__(self, changer: OrderChanger, ledger: ErasureLedger) -> None:
        self._changer = changer
        self._ledger = ledger

    async def execute(self, caller: Caller, order: Order, *, terms: Preconditions = NO_PRECONDITIONS) -> Order:
        """Erases it. Idempotent.

        Raises: as ``domain.erasing.erase`` and ``OrderChanger.change``; TransientPortError: the ledger is unreachable,
            and nothing is erased.
        """

        async def decide(current: Order, stamp: Stamp) -> Change:
            # What may not be erased is refused before it is entered. An entry whose write then fails is an erasure
            # that somebody who may was asking for: a replay of the ledger carries it out.
            change = erase(current, stamp, caller.roles)
            await self._ledger.enter(entry_of(change.order))
            return change

        return await self._changer.change(order, caller, decide, terms=terms, see_deleted=True)


def entry_of(erased: Order) -> LedgerEntry:
    """Returns the ledger's entry of an erased order. Raises: ValueError."""
    if erased.erasure is None:
        raise ValueError(f"order {erased.order_id} is not erased")
    return LedgerEntry(erased.tenant_id, erased.order_id, at=erased.erasure.at, by=erased.erasure.by)
