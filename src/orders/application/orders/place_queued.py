"""Use case: places an order that another service has sent by queue ([PIPE-6])."""

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
        sender: the sender as SQS identifies it.
        idempotency_key, order_id: exactly one is given; it identifies the order for deduplication.
        fingerprint: hash of the body, to detect another order under the same identifier.
        answer: the response to store; nobody waits for one.
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
        """Places the order. Idempotent.

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
