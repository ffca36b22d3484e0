"""One answer for each idempotency key of a create, by whichever of the two ways it comes first ([API-4], [API-7]).

An order is placed under one key of the table and accepted under another, and both at once must not succeed. So what is
accepted with an idempotency key first claims the order's place. Whoever finds the place claimed and nothing accepted
came upon a process that died in between, or is about to go on: they go on in its stead, with the answer that it was
going to give, so that each request under the key gets that one.
"""

import logging

from orders.application.events.publish_events import EventFastPath
from orders.application.orders.queue_accepted import QueueAccepted
from orders.application.policy.caller import Caller
from orders.application.policy.idempotency import KeyedRequest, KeyReused, Replays, repeat
from orders.domain.events import Receipt
from orders.domain.order import Order
from orders.domain.placing import Draft
from orders.ports.acceptances import Acceptance, Acceptances, KeyClaim
from orders.ports.clock import Clock
from orders.ports.errors import AcceptanceExists, OrderClaimed, OrderExists, TransientPortError
from orders.ports.order_repository import OrderRepository

_log = logging.getLogger(__name__)


class FirstAnswer:
    """Finds the answer that a create's key has had, or that the first request under it was going to be given."""

    def __init__(
        self,
        repository: OrderRepository,
        acceptances: Acceptances,
        queue: QueueAccepted,
        clock: Clock,
        fast_path: EventFastPath,
        replays: Replays,
    ) -> None:
        self._repository = repository
        self._acceptances = acceptances
        self._queue = queue
        self._clock = clock
        self._fast_path = fast_path
        self._replays = replays

    async def find_claim(self, caller: Caller, request: KeyedRequest) -> KeyClaim | None:
        """Return when nothing has been placed or accepted under the request's key.

        Looked for before anything is written, although the write would find it too: what was taken once must not be
        refused now because a price has changed since.

        Returns:
            The claim that this very request, coming before, got no further than.

        Raises:
            AlreadyAnswered: something has.
            KeyReused: something has, or is about to be, with another body.
            TransientPortError: the table is out of reach.
        """
        order_id = request.order_id(caller)
        occupant = await self._repository.occupant(caller.tenant_id, order_id)
        if isinstance(occupant, Order):
            await self._replays.check_creation(occupant, request)
        # Releases before claims accepted without one; and an id that a sender has chosen can be that of an order that
        # was accepted without a key. So it is looked for whether or not there is a claim.
        acceptance = await self._acceptances.get(caller.tenant_id, order_id)
        if acceptance is not None:
            _repeat(acceptance.receipt, request)
        if not isinstance(occupant, KeyClaim):
            return None
        receipt = occupant.receipt
        if receipt is None or (receipt.key, receipt.fingerprint) != (request.scope(caller), request.fingerprint):
            raise KeyReused
        return occupant

    async def accept(self, caller: Caller, draft: Draft, order: Order, request: KeyedRequest | None) -> None:
        """Accept the order that comes of a complete draft; when this returns it is durable.

        Raises:
            AlreadyAnswered, KeyReused: the request, or its key, has been here in the meantime.
            OrderTooLarge, TransientPortError: as ``Acceptances.add``.
        """
        receipt = None if request is None else request.receipt(caller, order)
        try:
            await self._accept(caller, draft, order.order_id, receipt)
        except (AcceptanceExists, OrderExists, OrderClaimed):
            if request is not None:
                await self.find_claim(caller, request)
            raise

    async def give(self, claim: KeyClaim, caller: Caller, draft: Draft, request: KeyedRequest) -> None:
        """Accept what was claimed by the same request, and answer it as that was going to be answered.

        What the order is worth has been looked at before it was claimed, and is again when it is placed.

        Raises: AlreadyAnswered, KeyReused, OrderTooLarge, TransientPortError; this never returns.
        """
        try:
            await self._accept(caller, draft, claim.order_id, claim.receipt)
        except (AcceptanceExists, OrderExists):
            await self.find_claim(caller, request)
            raise
        _repeat(claim.receipt, request)

    async def _accept(self, caller: Caller, draft: Draft, order_id: str, receipt: Receipt | None) -> None:
        acceptance = Acceptance(
            tenant_id=caller.tenant_id,
            order_id=order_id,
            customer_id=draft.customer_id,
            principal=caller.principal,
            roles=caller.roles,
            accepted_at=self._clock.now(),
            draft=draft,
            caller_customer_id=caller.customer_id,
            traceparent=caller.traceparent,
            receipt=receipt,
        )
        await self._acceptances.add(acceptance)
        self._fast_path.begin(self._hurry(acceptance))

    async def _hurry(self, acceptance: Acceptance) -> None:
        try:
            await self._queue.execute(acceptance.tenant_id, acceptance.order_id, acceptance.traceparent)
        except TransientPortError as error:
            _log.info("left to the relay: %s", error)


def _repeat(receipt: Receipt | None, request: KeyedRequest) -> None:
    """Answer as the receipt says. Raises: AlreadyAnswered, KeyReused; this never returns."""
    if receipt is None:
        raise KeyReused  # of an order that was accepted without a key, whose id a sender has chosen
    repeat(receipt, request)
