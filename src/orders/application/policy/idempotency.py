"""Implements idempotency keys: a repeated request gets the first response again, and changes nothing.

A change and its response are stored in one atomic write, so a caller who repeats a request after a lost response gets
that very response, even if the process died between write and response. The response of a request that changed nothing
is not stored: repeating it does no harm.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from orders.application.policy.caller import Caller
from orders.application.policy.errors import ApplicationError
from orders.domain.events import Receipt
from orders.domain.identity import derived_order_id
from orders.domain.order import Change, Order
from orders.ports.outbox import EventLog

_CREATION = 1

RedactAnswer = Callable[[bytes], bytes]
"""Removes personal data from a stored response; one without any is returned unchanged."""


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request with an idempotency key.

    Attributes:
        key: as the caller chose it.
        operation: the operation it belongs to, such as ``POST /v1.0/orders``; the same key elsewhere is another one.
        fingerprint: hash of the body in a canonical form, which does not depend on how it was written.
        respond: makes the response from the changed order, in a form that only the caller's adapter understands: it
            is stored and given back byte for byte.
        named: the id of the order to be created, if its sender has chosen it.
        attempt: random; distinguishes this request from others with the same key, see ``Receipt``.
    """

    key: str
    operation: str
    fingerprint: str
    respond: Callable[[Order], bytes]
    named: str | None = None
    attempt: str | None = None

    def order_id(self, caller: Caller) -> str:
        """Returns the id of the order that the request creates: the same for the same caller and key."""
        if self.named is not None:
            return self.named
        return derived_order_id(tenant_id=caller.tenant_id, principal=caller.principal, key=self.key)

    def scope(self, caller: Caller) -> str:
        """Hashes the key together with tenant, caller and operation."""
        parts = (caller.tenant_id, caller.principal, self.operation, self.key)
        return sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).hexdigest()[:32]

    def receipt(self, caller: Caller, order: Order) -> Receipt:
        """Makes the receipt to store with the change: scope, fingerprint and response."""
        return Receipt(self.scope(caller), self.fingerprint, self.respond(order), self.attempt)


@dataclass(frozen=True, slots=True)
class Preconditions:
    """A caller's conditions for a change.

    Attributes:
        expected_versions: from If-Match; the change is made to one of these versions or not at all. ``None`` is any.
        request: from Idempotency-Key; the change is made once.
    """

    expected_versions: frozenset[int] | None = None
    request: KeyedRequest | None = None


NO_PRECONDITIONS = Preconditions()


class AlreadyAnswered(ApplicationError):
    """The request was carried out before; ``answer`` is the response it got then."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        super().__init__("this request was carried out before")


class KeyReused(ApplicationError):
    """The idempotency key belongs to another request."""

    def __init__(self) -> None:
        super().__init__(
            "this idempotency key came with another body before; a new request needs a new key, "
            "and a repeated one the same body"
        )


class Replays:
    """Finds the first response to a repeated request; for an erased order, without personal data."""

    def __init__(self, log: EventLog, redact_answer: RedactAnswer) -> None:
        self._log = log
        self._redact_answer = redact_answer

    async def check(self, order: Order, caller: Caller, request: KeyedRequest) -> None:
        """Checks that this request has not changed the order before.

        Raises:
            AlreadyAnswered: it has.
            KeyReused: another request with its key has.
            TransientPortError: the table is out of reach.
        """
        scope = request.scope(caller)
        sequence = next((sequence for key, sequence in order.recent_keys if key == scope), None)
        if sequence is not None:
            await self._answer(order, sequence, request)

    async def check_creation(self, order: Order, request: KeyedRequest) -> None:
        """Repeats the response to the creation of the order, whose id is derived from the key.

        Raises: as ``check``; this never returns.
        """
        await self._answer(order, _CREATION, request)
        if request.named is not None:
            raise KeyReused
        # Its event has no receipt: a response from the order's current state is the best there is.
        raise AlreadyAnswered(request.respond(order))

    async def _answer(self, order: Order, sequence: int, request: KeyedRequest) -> None:
        events = await self._log.read(order.tenant_id, order.order_id, after=sequence - 1, limit=1)
        receipt = events[0].receipt if events else None
        if receipt is not None and order.erasure is not None:
            # The log is redacted too, but a moment later than the order.
            receipt = redacted_receipt(receipt, self._redact_answer)
        if receipt is not None:
            repeat(receipt, request)


def repeat(receipt: Receipt, request: KeyedRequest) -> None:
    """Repeats the receipt's response to the same request. Raises: AlreadyAnswered, KeyReused; this never returns."""
    if receipt.fingerprint != request.fingerprint:
        raise KeyReused
    raise AlreadyAnswered(receipt.answer)


def redacted_receipt(receipt: Receipt, redact_answer: RedactAnswer) -> Receipt:
    """Removes personal data from the receipt's response."""
    return replace(receipt, answer=redact_answer(receipt.answer))


def with_receipt(change: Change, caller: Caller, request: KeyedRequest | None) -> Change:
    """Adds the response to the change, if the request has an idempotency key."""
    return change if request is None else change.answered(request.receipt(caller, change.order))
