"""Records each attempt to handle a message in the audit trail ([SEC-5])."""

from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.adapters.inbound.sqs.retry_policy import IMPOSSIBLE
from orders.adapters.inbound.sqs.worker import QueueWorker
from orders.adapters.wire.off_loop import off_loop
from orders.application.operations.dead_letters import Subject, subject_in, subject_of
from orders.application.policy.audit import Attempt, Audit
from orders.domain.lifecycle import Role
from orders.ports.audit import AuditOutcome

UNKNOWN = "unknown-message"
"""The operation recorded for a message that names neither a command nor an event type."""


class AuditedHandler:
    """Poller's handler that decodes each message once, audits the attempt and passes the message to the worker."""

    def __init__(self, worker: QueueWorker, audit: Audit) -> None:
        self._worker = worker
        self._audit = audit

    async def __call__(self, received: ReceivedMessage) -> None:
        """See ``delivery.Handler``."""
        # The role's id without its session name, which callers choose.
        sender = received.author.partition(":")[0]
        attempt = Attempt(
            operation=UNKNOWN,
            origin=f"queue:{sender}" if sender else "queue",
            request_id=received.message_id,
            principal=self._worker.name,
            role=Role.SERVICE,
        )
        with self._audit.attempt(attempt, judge=_outcome):
            try:
                await self._handle(received, attempt)
            except MessageRefused as error:
                kept = error.kept or await off_loop(len(received.body), lambda: self._worker.redact(received.body))
                raise MessageRefused(error.reason, kept=kept) from None
            attempt.ended(AuditOutcome.ALLOWED)

    async def _handle(self, received: ReceivedMessage, attempt: Attempt) -> None:
        try:
            message = await self._worker.decode(received)
        except MessageRefused:
            # A message that this worker can't decode may still name its order.
            _note(attempt, subject_of(received.body))
            raise
        _note(attempt, subject_in(message.content))
        await self._worker.handle(message)


def _note(attempt: Attempt, subject: Subject) -> None:
    attempt.operation = subject.kind or UNKNOWN
    attempt.tenant_id, attempt.order_id = subject.tenant_id, subject.order_id


def _outcome(error: BaseException) -> AuditOutcome:
    return AuditOutcome.REFUSED if isinstance(error, IMPOSSIBLE) else AuditOutcome.FAILED
