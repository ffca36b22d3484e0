"""Use case: removes an erased order's personal data from everything else stored about it ([DATA-5]).

Every step is idempotent and independent of the others: after a crash the next delivery of the message starts over.
"""

import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from orders.application.events.publish_events import PublishEvents
from orders.application.events.read_on import read_on
from orders.application.operations.dead_letters import DeadLetterService
from orders.application.orders.erase_personal_data import entry_of
from orders.application.policy.errors import OrderNotFound
from orders.application.policy.idempotency import RedactAnswer, redacted_receipt
from orders.domain.erasing import erased_event
from orders.domain.events import OrderEvent
from orders.domain.order import Order
from orders.ports.acceptances import Acceptances, AcceptanceState
from orders.ports.documents import DocumentVersions, document_folder, document_key
from orders.ports.erasing import ScrubRequests
from orders.ports.erasure_ledger import ErasureLedger
from orders.ports.errors import NotYet, PortError, TransientPortError, UnreadableItem
from orders.ports.mail import MailIntents
from orders.ports.order_repository import OrderRepository
from orders.ports.outbox import EventLog

SECOND_PASS_AFTER = timedelta(minutes=6)
"""Longer than any attempt of a worker at a message may take: who read the order before its erasure has written by
then whatever they were going to write."""

_PAGE = 100
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PersonalDataStores:
    """The stores with personal data of an order beside the order itself, and the ledger.

    Attributes:
        documents: of this region and, if there is one, of the other.
    """

    log: EventLog
    acceptances: Acceptances
    intents: MailIntents
    documents: Sequence[DocumentVersions]
    dead_letters: DeadLetterService
    ledger: ErasureLedger


class ScrubOrder:
    """Scrubs events, stored responses, mail records, documents and dead letters of an erased order.

    A process that read the order before the erasure may write afterwards: a document of an earlier version, a
    recipient's hint. So a second pass runs when all such processes have ended.
    """

    def __init__(
        self,
        repository: OrderRepository,
        kept: PersonalDataStores,
        publish: PublishEvents,
        requests: ScrubRequests,
        redact_answer: RedactAnswer,
    ) -> None:
        self._repository = repository
        self._kept = kept
        self._publish = publish
        self._requests = requests
        self._redact_answer = redact_answer

    async def execute(self, tenant_id: str, order_id: str, *, again: bool = True, letters: bool = True) -> None:
        """Scrubs everything stored now.

        Args:
            again: request the second pass after this one succeeds.
            letters: delete its dead letters too; whoever scrubs many orders goes through them once for all.

        Raises:
            OrderNotFound: there is no such order.
            NotYet: it is not erased here yet, or its log has a gap.
            TransientPortError: a dependency is unreachable; everything that could be scrubbed has been.
            PermanentPortError: a dependency refuses, or an item is unreadable; everything else has been scrubbed.
        """
        order = await self._repository.get(tenant_id, order_id)
        if order is None:
            raise OrderNotFound(order_id)
        if order.erasure is None:
            raise NotYet(f"order {order_id} is not erased; nothing of it may be scrubbed")
        # Once more: a release that knows no ledger may have erased it.
        await self._kept.ledger.enter(entry_of(order))
        # Settle waiting events first: once in the log, nobody can write the unredacted form again.
        # Unpublishable or unreadable events must not stop the rest from being scrubbed.
        faults = [
            await _fault_of(self._publish.waiting_of(tenant_id, order_id)),
            await self._scrub_log(order),
            await _fault_of(self._scrub_acceptance(order)),
            await _fault_of(self._kept.intents.redact(tenant_id, order_id)),
            *await self._purge_documents(order),
            await self._purge_dead_letters(order) if letters else None,
        ]
        unfinished = next((fault for fault in faults if fault is not None), None)
        if unfinished is not None:
            raise unfinished
        if again:
            await self._requests.request(tenant_id, order_id, after=SECOND_PASS_AFTER)
        _log.info("order %s is scrubbed", order_id)

    async def _scrub_log(self, order: Order) -> PortError | None:
        """Redacts the log; returns the reason for another pass, if one is needed."""
        waiting = seen = 0
        lost: list[UnreadableItem] = []
        while page := await read_on(self._kept.log, order.tenant_id, order.order_id, after=seen, limit=_PAGE):
            for event in page.events:
                redacted = self._redacted(event)
                if redacted != event and not await self._kept.log.redact(redacted):
                    waiting += 1
            lost += page.lost
            seen = page.reached
        if lost:
            # Its personal data, if any, is still there.
            return lost[0]
        if waiting:
            return TransientPortError("event bus", f"{waiting} events of order {order.order_id} wait to be published")
        if seen < order.sequence:
            return NotYet(f"event {seen + 1} of order {order.order_id} is missing: those after it can't be scrubbed")
        return None

    async def _scrub_acceptance(self, order: Order) -> None:
        acceptance = await self._kept.acceptances.get(order.tenant_id, order.order_id)
        if acceptance is None:
            return
        receipt = acceptance.receipt and redacted_receipt(acceptance.receipt, self._redact_answer)
        if replace(acceptance, draft=None, receipt=receipt, state=AcceptanceState.PLACED) != acceptance:
            await self._kept.acceptances.redact(order.tenant_id, order.order_id, receipt)

    async def _purge_documents(self, order: Order) -> list[PortError | None]:
        folder = document_folder(tenant_id=order.tenant_id, created_at=order.created_at, order_id=order.order_id)
        # Erasure raised the version: a document under the current version's key was rendered afterwards.
        current = document_key(
            tenant_id=order.tenant_id,
            created_at=order.created_at,
            order_id=order.order_id,
            version=order.printed_version,
        )
        # The other region may be the one that is down: that must not keep this one's documents.
        return [await _fault_of(each.purge(folder, keep=current)) for each in self._kept.documents]

    async def _purge_dead_letters(self, order: Order) -> PortError | None:
        try:
            tally = await self._kept.dead_letters.purge_about({(order.tenant_id, order.order_id)})
        except PortError as error:
            return error
        if tally.failed:
            return TransientPortError("dead-letter queues", f"{len(tally.failed)} letters are not deleted")
        return None

    def _redacted(self, event: OrderEvent) -> OrderEvent:
        receipt = event.receipt and redacted_receipt(event.receipt, self._redact_answer)
        return replace(erased_event(event), receipt=receipt)


async def _fault_of(step: Awaitable[object]) -> PortError | None:
    """Runs the step and returns its error, so that later steps run all the same."""
    try:
        await step
    except PortError as error:
        return error
    return None
