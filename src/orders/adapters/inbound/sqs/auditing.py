"""Every attempt of a worker at a message leaves one audit record ([SEC-5])."""

from typing import Protocol

from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.adapters.inbound.sqs.retry_policy import IMPOSSIBLE
from orders.application.operations.dead_letters import subject_of
from orders.application.policy.audit import Attempt, Audit
from orders.domain.lifecycle import Role
from orders.ports.audit import AuditOutcome


class NamedHandler(Protocol):
    """A worker's handler."""

    @property
    def name(self) -> str:
        """The worker's."""
        ...

    async def __call__(self, message: ReceivedMessage) -> None:
        """Handle one message."""
        ...


class AuditedHandler:
    """A handler whose worker is on record for each message that it was given."""

    def __init__(self, handler: NamedHandler, audit: Audit) -> None:
        self.name = handler.name
        self._handler = handler
        self._audit = audit

    async def __call__(self, message: ReceivedMessage) -> None:
        """See ``delivery.Handler``."""
        subject = subject_of(message.body)
        # A role's id, without the name that somebody gave their session.
        sender = message.author.partition(":")[0]
        attempt = Attempt(
            operation=subject.kind or "unknown-message",
            origin=f"queue:{sender}" if sender else "queue",
            request_id=message.message_id,
            principal=self.name,
            role=Role.SERVICE,
            tenant_id=subject.tenant_id,
            order_id=subject.order_id,
        )
        with self._audit.attempt(attempt, judge=_outcome):
            await self._handler(message)
            attempt.ended(AuditOutcome.ALLOWED)


def _outcome(error: BaseException) -> AuditOutcome:
    return AuditOutcome.REFUSED if isinstance(error, IMPOSSIBLE) else AuditOutcome.FAILED
