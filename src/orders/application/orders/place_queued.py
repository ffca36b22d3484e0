"""Use case: place an order that another service has put on the queue ([PIPE-6])."""

from dataclasses import dataclass

from orders.application.orders.place_order import PlaceOrder
from orders.application.policy.caller import Caller
from orders.application.policy.idempotency import AlreadyAnswered, KeyedRequest
from orders.domain.lifecycle import Role
from orders.domain.placing import Draft

OPERATION = "create-order"


@dataclass(frozen=True, slots=True)
class QueuedOrder:
    """An order as another service sent it.

    Attributes:
        sender: who put it on the queue, as the queue knows them.
        idempotency_key, order_id: one of both says which order it is, however often it comes.
        fingerprint: hash of what was sent, so that another order under the same name is noticed.
        answer: what is kept as its answer; nobody waits for one.
    """

    tenant_id: str
    sender: str
    draft: Draft
    fingerprint: str
    answer: bytes
    idempotency_key: str | None = None
    order_id: str | None = None
    traceparent: str | None = None


class PlaceQueued:
    """Places orders of other services."""

    def __init__(self, place_order: PlaceOrder) -> None:
        self._place_order = place_order

    async def execute(self, queued: QueuedOrder) -> None:
        """Place the order, once however often it comes.

        Raises:
            KeyReused: its key or id belongs to another order.
            InvalidOrder, OrderTooLarge, TransientPortError: as ``PlaceOrder.execute``.
        """
        caller = Caller(
            queued.tenant_id, f"queue:{queued.sender}", frozenset({Role.SERVICE}), traceparent=queued.traceparent
        )
        request = KeyedRequest(
            key=queued.idempotency_key or queued.order_id or "",
            operation=OPERATION,
            fingerprint=queued.fingerprint,
            respond=lambda _: queued.answer,
            named=queued.order_id,
        )
        try:
            await self._place_order.execute(caller, queued.draft, request)
        except AlreadyAnswered:
            return
