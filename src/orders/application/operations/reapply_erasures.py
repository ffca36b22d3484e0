"""Use case of operators: replays the ledger of erasures against a table that was restored ([DATA-5])."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from orders.application.events.publish_events import PublishEvents
from orders.application.orders.scrub_order import PersonalDataStores, ScrubOrder
from orders.application.policy.errors import ApplicationError
from orders.domain.erasing import erase_again
from orders.domain.errors import DomainError
from orders.domain.events import Actor, Stamp
from orders.domain.lifecycle import Role
from orders.domain.order import Order
from orders.ports.documents import document_folder
from orders.ports.erasure_ledger import LedgerEntry
from orders.ports.errors import OutboxFull, PortError, StaleOrder, TransientPortError, UnreadableItem
from orders.ports.order_repository import OrderRepository

PAGE = 100
_ATTEMPTS = 20
"""At a change of an order that others are changing too."""


@dataclass(slots=True)
class Reapplied:
    """Says what came of a replay, or of looking at what it would do.

    Attributes:
        entries: entries of the ledger that were looked at.
        erased: orders that were there as before their erasure.
        erased_before: orders that were erased already; what is stored beside them was gone through all the same.
        absent: orders that are not in this table.
        unfinished: ids of orders erased again that are not at their end here, and can't be shipped any more.
        failed: one sentence for each order or entry that has to be repeated.
    """

    entries: int = 0
    erased: int = 0
    erased_before: int = 0
    absent: int = 0
    unfinished: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


Watch = Callable[[Reapplied], None]
"""Callback after each entry."""


def _unwatched(_: Reapplied) -> None:
    """Ignores progress."""


class ReapplyErasures:
    """Erases again what the ledger names.

    Every step is idempotent: after an interruption, or beside another replay, it is repeated from the start.
    """

    def __init__(
        self, repository: OrderRepository, kept: PersonalDataStores, scrub: ScrubOrder, publish: PublishEvents
    ) -> None:
        self._repository = repository
        self._kept = kept
        self._scrub = scrub
        self._publish = publish

    async def plan(self, *, tenant_id: str | None = None, watch: Watch = _unwatched) -> Reapplied:
        """Returns what ``execute`` would do, and changes nothing. Raises: TransientPortError: the ledger."""
        return await self._through(tenant_id, self._look, watch)

    async def execute(self, *, tenant_id: str | None = None, watch: Watch = _unwatched) -> Reapplied:
        """Erases the orders of a shop or of all, and scrubs everything stored beside them.

        A failure of one order is noted, and the next is gone on with.

        Raises: TransientPortError: the ledger is unreachable; completed work is kept.
        """
        entered: set[tuple[str, str]] = set()

        async def reapply(entry: LedgerEntry, result: Reapplied) -> None:
            entered.add((entry.tenant_id, entry.order_id))
            await self._reapply(entry, result)

        result = await self._through(tenant_id, reapply, watch)
        try:
            # Once for all of them, for it takes seconds however few letters there are.
            result.failed += (await self._kept.dead_letters.purge_about(entered)).failed
        except PortError as error:
            result.failed.append(str(error))
        return result

    async def _through(
        self, tenant_id: str | None, act: Callable[[LedgerEntry, Reapplied], Awaitable[None]], watch: Watch
    ) -> Reapplied:
        result = Reapplied()

        def unreadable(error: UnreadableItem) -> None:
            result.entries += 1
            result.failed.append(str(error))

        after = None
        while True:
            page = await self._kept.ledger.page(tenant_id=tenant_id, after=after, limit=PAGE, passed_over=unreadable)
            for entry in page.entries:
                result.entries += 1
                try:
                    await act(entry, result)
                except (PortError, ApplicationError, DomainError) as error:
                    result.failed.append(f"{entry.order_id}: {error}")
                watch(result)
            after = page.resume
            if after is None:
                break
        return result

    async def _look(self, entry: LedgerEntry, result: Reapplied) -> None:
        order = await self._repository.get(entry.tenant_id, entry.order_id)
        if order is None:
            result.absent += 1
        elif order.erasure is not None:
            result.erased_before += 1
        else:
            result.erased += 1
            _note_unfinished(order, result)

    async def _reapply(self, entry: LedgerEntry, result: Reapplied) -> None:
        order = await self._repository.get(entry.tenant_id, entry.order_id)
        if order is None:
            result.absent += 1
            return
        anew = order.erasure is None
        if anew:
            # First the bucket, whole: it was not restored with the table, but versions count on from what was, and
            # a document of then could have the key that the erased order's comes to have.
            for each in self._kept.documents:
                await each.purge(document_folder_of(order))
            order = await self._erased(order, entry)
        await self._scrub.execute(entry.tenant_id, entry.order_id, again=False, letters=False)
        if anew:
            result.erased += 1
            _note_unfinished(order, result)
        else:
            result.erased_before += 1

    async def _erased(self, order: Order, entry: LedgerEntry) -> Order:
        found: Order | None = order
        for _ in range(_ATTEMPTS):
            if found is None or found.erasure is not None:
                break
            # As it was erased then, and not before anything that the order shows.
            stamp = Stamp(max(entry.at, found.updated_at), Actor(entry.by, Role.OPERATOR))
            change = erase_again(found, stamp)
            try:
                await self._repository.save(change)
            except StaleOrder:
                found = await self._repository.get(entry.tenant_id, entry.order_id)
            except OutboxFull:
                await self._publish.waiting_of(entry.tenant_id, entry.order_id)
            else:
                return change.order
        if found is None or found.erasure is None:
            raise TransientPortError("orders table", "the order changes too fast to be erased")
        return found


def document_folder_of(order: Order) -> str:
    """Returns the folder of the order's documents."""
    return document_folder(tenant_id=order.tenant_id, created_at=order.created_at, order_id=order.order_id)


def _note_unfinished(order: Order, result: Reapplied) -> None:
    if not order.status.terminal:
        result.unfinished.append(order.order_id)
