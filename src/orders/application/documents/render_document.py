"""Use cases: renders an order's PDF, requests it again, and links to it."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from orders.application.orders.change_order import OrderChanger
from orders.application.policy.caller import Caller
from orders.application.policy.errors import OrderNotFound
from orders.domain.order import Order
from orders.domain.parts import Document, DocumentStatus
from orders.ports.clock import Clock
from orders.ports.documents import (
    MAX_LINK_LIFETIME,
    DocumentRenderer,
    DocumentRequests,
    DocumentStore,
    document_key,
)
from orders.ports.errors import RenderingFailed
from orders.ports.metric_catalogue import ORDER_PROCESSING_FAILURES, ORDERS_PROCESSED
from orders.ports.metrics import Counters
from orders.ports.order_repository import OrderRepository
from orders.ports.tenants import TenantDirectory

ASK_AGAIN_AFTER = timedelta(seconds=30)


class RenderDocument:
    """Renders an order's current document, stores it, and records it on the order.

    A document's version is the order's ``printed_version``: each version of the printed content has one PDF, and
    rendering it twice writes the same bytes to the same key. Each document that is put on record counts as an order
    processed, and one that can't be rendered as a failure besides.
    """

    def __init__(
        self,
        repository: OrderRepository,
        tenants: TenantDirectory,
        renderer: DocumentRenderer,
        store: DocumentStore,
        changer: OrderChanger,
        clock: Clock,
        counters: Counters,
    ) -> None:
        self._repository = repository
        self._tenants = tenants
        self._renderer = renderer
        self._store = store
        self._changer = changer
        self._clock = clock
        self._counters = counters

    async def execute(self, caller: Caller, order_id: str, *, again: bool = False) -> None:
        """Renders the order's document unless it is recorded already.

        Args:
            again: on request: render although it is recorded, if its file is missing or it failed before, and although
                the
                order is deleted.

        Raises:
            OrderNotFound: there is no such order.
            TransientPortError: table, bucket or renderer failed; nothing was recorded.
        """
        order = await self._repository.get(caller.tenant_id, order_id)
        if order is None:
            raise OrderNotFound(order_id)
        if (_has_what_it_keeps(order) and not again) or await self._is_done(order, again=again):
            return
        document = await self._render(order, again=again)
        if document is None:
            return
        # Deleted since the check after rendering: nothing is left to do. The file stays with the order's others and is
        # purged with them.
        with suppress(OrderNotFound):
            latest = await self._changer.change(
                order,
                caller,
                lambda current, stamp: current.document_rendered(document, stamp),
                see_deleted=again or order.erasure is not None,
            )
            # Another document may be on record already, or for good: whoever recorded that has counted the order.
            if latest.document is document:
                self._count(document)

    def _count(self, document: Document) -> None:
        self._counters.count(ORDERS_PROCESSED)
        if document.status is DocumentStatus.FAILED:
            self._counters.count(ORDER_PROCESSING_FAILURES)

    async def _is_done(self, order: Order, *, again: bool) -> bool:
        document = order.current_document
        if document is None or not again:
            return document is not None
        return document.key is not None and await self._store.exists(document.key)

    async def _render(self, order: Order, *, again: bool) -> Document | None:
        """Renders and stores the document; ``None`` if the printed content has changed meanwhile."""
        version = order.printed_version
        tenant = await self._tenants.profile(order.tenant_id)
        try:
            pdf = await self._renderer.render(order, tenant)
        except RenderingFailed:
            return Document(DocumentStatus.FAILED, version, self._clock.now())
        # Rendering takes a while. A change since then has its own message, a deleted order needs no document unless
        # requested, and erased data must not come back.
        latest = await self._repository.get(order.tenant_id, order.order_id)
        if latest is None or latest.printed_version != version or (_has_what_it_keeps(latest) and not again):
            return None
        key = document_key(
            tenant_id=order.tenant_id, created_at=order.created_at, order_id=order.order_id, version=version
        )
        await self._store.put(key, pdf, expires_at=latest.expires_at)
        return Document(
            status=DocumentStatus.READY,
            version=version,
            at=self._clock.now(),
            key=key,
            sha256=hashlib.sha256(pdf).hexdigest(),
            size_bytes=len(pdf),
        )


def _has_what_it_keeps(order: Order) -> bool:
    """Returns whether a deleted order needs no document: it keeps an existing one, and gets no new one unprompted.

    An erased order loses its document and gets a redacted one.
    """
    return order.deletion is not None and order.erasure is None


@dataclass(frozen=True, slots=True)
class DocumentLink:
    """The URL of a PDF, and its expiry."""

    url: str
    expires_at: datetime


class RequestDocument:
    """Requests that a missing or failed document is rendered again, at a limited rate."""

    def __init__(self, requests: DocumentRequests, clock: Clock) -> None:
        self._requests = requests
        self._clock = clock
        self._asked: dict[str, datetime] = {}

    async def execute(self, order: Order) -> None:
        """Requests the rendering unless it was requested a short while ago.

        Raises: TransientPortError.
        """
        now = self._clock.now()
        self._asked = {order_id: at for order_id, at in self._asked.items() if now - at < ASK_AGAIN_AFTER}
        if order.order_id not in self._asked:
            await self._requests.request(order.tenant_id, order.order_id)
            self._asked[order.order_id] = now


class LinkDocument:
    """Links to an order's PDF for a caller who has opened the order."""

    def __init__(self, store: DocumentStore, request: RequestDocument, clock: Clock) -> None:
        self._store = store
        self._request = request
        self._clock = clock

    async def execute(self, order: Order) -> DocumentLink | None:
        """Returns a link to the PDF of the current printed content; ``None`` while it is being rendered.

        Requests a PDF that is missing from the bucket or failed, and that of an order which was deleted before it had
        one, since no event will trigger it.

        Raises: TransientPortError.
        """
        document = order.current_document
        if document is None and order.deletion is None:
            return None
        if document is None or document.key is None or not await self._store.exists(document.key):
            await self._request.execute(order)
            return None
        url = await self._store.link(document.key, valid_for=MAX_LINK_LIFETIME, filename=f"{order.order_number}.pdf")
        return DocumentLink(url, self._clock.now() + MAX_LINK_LIFETIME)
