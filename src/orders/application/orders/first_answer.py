"""Deduplicates creates by idempotency key across synchronous placing and acceptance ([API-4], [API-7]).

An order is placed under one key of the table and accepted under another, and both at once must not succeed. So an
acceptance with an idempotency key first claims the order's key. A request that finds a claim without an acceptance has
met a process that died in between, or is about to go on: it completes that acceptance with the claim's stored response,
so that every request under the key gets the same one.
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
    """Finds the stored or claimed response to a create's idempotency key."""

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
        """Returns if nothing has been placed or accepted under the request's key.

        Checked before anything is written, although the write would detect it too: a request accepted once must not be
        refused now because a price has changed since.

        Returns:
            The claim of this very request, if an earlier attempt got no further.

        Raises:
            AlreadyAnswered: the request was carried out before.
            KeyReused: the key was used, or claimed, with another body.
            TransientPortError: the table is unreachable.
        """
        order_id = request.order_id(caller)
        occupant = await self._repository.occupant(caller.tenant_id, order_id)
        if isinstance(occupant, Order):
            await self._replays.check_creation(occupant, request)
        # Earlier releases accepted without a claim, and a sender can choose the id of an order that was accepted
        # without a key. So the acceptance is read whether or not there is a claim.
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
        """Accepts the order of a complete draft; it is durable when this returns.

        Raises:
            AlreadyAnswered, KeyReused: the idempotency key was used in the meantime.
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
        """Completes the acceptance that the same request claimed, with the response stored in the claim.

        The order was validated before the claim, and will be again when it is placed.

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
    """Raises the stored response. Raises: AlreadyAnswered, KeyReused; this never returns."""
    if receipt is None:
        raise KeyReused  # an order accepted without a key, whose id the sender has chosen
    repeat(receipt, request)
