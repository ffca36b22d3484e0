"""Use case: lets everything stored of an order that is over go seven years later ([DATA-5]).

The order's own item has its expiry by the write that ended it; what is stored beside it gets it here. Every step is
idempotent and independent of the others: after a crash the next delivery of the message starts over.
"""

import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orders.application.events.publish_events import PublishEvents
from orders.application.policy.errors import OrderNotFound
from orders.domain.order import Order
from orders.domain.retention import is_over, kept_until
from orders.ports.documents import DocumentVersions, document_folder
from orders.ports.errors import PortError, TransientPortError
from orders.ports.order_repository import OrderRepository
from orders.ports.outbox import Outbox
from orders.ports.retention import RetainedItems, RetainRequests

SECOND_PASS_AFTER = timedelta(minutes=6)
"""Longer than any attempt of a worker at a message may take: who read the order before its end has written by then
whatever they were going to write, such as the record of a mail or a document."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RetainedStores:
    """The stores of what goes with an order.

    Attributes:
        documents: of this region, where they are dated anew at once.
        copies: of the other region, if there is one: replication dates those, and the second pass what it missed.
    """

    outbox: Outbox
    items: RetainedItems
    documents: DocumentVersions
    copies: Sequence[DocumentVersions]


class RetainOrder:
    """Dates the items and documents of an order by its end. An end that moves on, moves them on."""

    def __init__(
        self,
        repository: OrderRepository,
        stores: RetainedStores,
        publish: PublishEvents,
        requests: RetainRequests,
    ) -> None:
        self._repository = repository
        self._stores = stores
        self._publish = publish
        self._requests = requests

    async def execute(self, tenant_id: str, order_id: str, *, again: bool = True) -> None:
        """Dates everything stored now; does nothing for an order that is not over.

        Args:
            again: request the second pass after this one succeeds.

        Raises:
            OrderNotFound: there is no such order.
            TransientPortError: a dependency is unreachable; everything that could be dated has been.
            PermanentPortError: a dependency refuses; everything else has been dated.
        """
        order = await self._repository.get(tenant_id, order_id)
        if order is None:
            raise OrderNotFound(order_id)
        until = expiry_of(order)
        if until is None:
            return
        folder = document_folder(tenant_id=tenant_id, created_at=order.created_at, order_id=order_id)
        buckets = [self._stores.documents, *([] if again else self._stores.copies)]
        faults = [
            # An event of before the end that is logged after this would stay for ever.
            await _fault_of(self._settle(order)),
            await _fault_of(self._stores.items.keep_until(tenant_id, order_id, until)),
            *[await _fault_of(bucket.date_anew(folder, until)) for bucket in buckets],
        ]
        unfinished = next((fault for fault in faults if fault is not None), None)
        if unfinished is not None:
            raise unfinished
        if again:
            await self._requests.request(tenant_id, order_id, after=SECOND_PASS_AFTER)
        _log.info("order %s is kept until %s", order_id, until.isoformat())

    async def _settle(self, order: Order) -> None:
        await self._publish.waiting_of(order.tenant_id, order.order_id)
        waiting = await self._stores.outbox.waiting(order.tenant_id, order.order_id)
        earlier = [event for event in waiting if event.expires_at is None]
        if earlier:
            detail = f"{len(earlier)} events of order {order.order_id} wait to be published"
            raise TransientPortError("event bus", detail)


def expiry_of(order: Order) -> datetime | None:
    """Returns when the order goes; ``None`` before its end."""
    if order.expires_at is not None or not is_over(order):
        return order.expires_at
    # A release that did not know of it ended the order; nothing but an erasure has changed it since.
    return kept_until(order.updated_at)


async def _fault_of(step: Awaitable[object]) -> PortError | None:
    """Runs the step and returns its error, so that later steps run all the same."""
    try:
        await step
    except PortError as error:
        return error
    return None
