"""Every attempt of a worker at a message leaves one audit record ([SEC-5])."""

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
"""The operation on record for a message that says of no command or event that it is one."""


class AuditedHandler:
    """A poller's handler: decodes each message once, records the attempt, and has the worker handle it."""

    def __init__(self, worker: QueueWorker, audit: Audit) -> None:
        self._worker = worker
        self._audit = audit

    async def __call__(self, received: ReceivedMessage) -> None:
        """See ``delivery.Handler``."""
        # A role's id, without the name that somebody gave their session.
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
            # What this worker can't decode may still say which order it is about.
            _note(attempt, subject_of(received.body))
            raise
        _note(attempt, subject_in(message.content))
        await self._worker.handle(message)


def _note(attempt: Attempt, subject: Subject) -> None:
    attempt.operation = subject.kind or UNKNOWN
    attempt.tenant_id, attempt.order_id = subject.tenant_id, subject.order_id


def _outcome(error: BaseException) -> AuditOutcome:
    return AuditOutcome.REFUSED if isinstance(error, IMPOSSIBLE) else AuditOutcome.FAILED
