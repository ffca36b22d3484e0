"""Use case: take the personal data of an erased order out of everything else that was kept of it ([DATA-5]).

Every step can be repeated, and none relies on the one before having been done by the same process: whoever dies here
is followed by the next delivery of the message, which begins anew.
"""

import logging
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import timedelta

from orders.application.events.publish_events import PublishEvents
from orders.application.events.read_on import read_on
from orders.application.policy.errors import OrderNotFound
from orders.application.policy.idempotency import RedactAnswer, redacted_receipt
from orders.domain.erasing import erased_event
from orders.domain.events import OrderEvent
from orders.domain.order import Order
from orders.ports.acceptances import Acceptances, AcceptanceState
from orders.ports.documents import DocumentStore, document_folder, document_key
from orders.ports.erasing import ScrubRequests
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
    """Where something of an order is kept beside the order itself."""

    log: EventLog
    acceptances: Acceptances
    intents: MailIntents
    documents: DocumentStore


class ScrubOrder:
    """Goes through events, stored answers, mails' records and documents of an erased order.

    Who read the order before it was erased may write after: a document of an earlier version, the hint of a
    recipient. So there is a second pass when all of those have ended.
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

    async def execute(self, tenant_id: str, order_id: str, *, again: bool = True) -> None:
        """Scrub everything there is now.

        Args:
            again: ask for the second pass when this one has gone through.

        Raises:
            OrderNotFound: there is no such order.
            NotYet: it is not erased here, or its log has a gap.
            TransientPortError: something is out of reach; all that isn't has been scrubbed up to there.
            PermanentPortError: something refuses, or can't be read; all else has been scrubbed.
        """
        order = await self._repository.get(tenant_id, order_id)
        if order is None:
            raise OrderNotFound(order_id)
        if order.erasure is None:
            raise NotYet(f"order {order_id} is not erased; nothing of it may be scrubbed")
        # What waits becomes part of the log first, where nobody can put the unredacted form back.
        # What can't be published or read must not keep the rest from being scrubbed.
        faults = [
            await _fault_of(self._publish.waiting_of(tenant_id, order_id)),
            await self._scrub_log(order),
            await _fault_of(self._scrub_acceptance(order)),
        ]
        await self._kept.intents.redact(tenant_id, order_id)
        await self._purge_documents(order)
        unfinished = next((fault for fault in faults if fault is not None), None)
        if unfinished is not None:
            raise unfinished
        if again:
            await self._requests.request(tenant_id, order_id, after=SECOND_PASS_AFTER)
        _log.info("order %s is scrubbed", order_id)

    async def _scrub_log(self, order: Order) -> PortError | None:
        """Redact what is in the log; why it has to be gone through again, if it has to."""
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
            # Whatever it says of somebody, it says it still.
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

    async def _purge_documents(self, order: Order) -> None:
        folder = document_folder(tenant_id=order.tenant_id, created_at=order.created_at, order_id=order.order_id)
        # Erasure has raised the version: what lies, or will lie, under the current one's key was rendered after it.
        current = document_key(
            tenant_id=order.tenant_id,
            created_at=order.created_at,
            order_id=order.order_id,
            version=order.printed_version,
        )
        await self._kept.documents.purge(folder, keep=current)

    def _redacted(self, event: OrderEvent) -> OrderEvent:
        receipt = event.receipt and redacted_receipt(event.receipt, self._redact_answer)
        return replace(erased_event(event), receipt=receipt)


async def _fault_of(step: Awaitable[object]) -> PortError | None:
    """What the step failed with; what comes after it is done all the same."""
    try:
        await step
    except PortError as error:
        return error
    return None
