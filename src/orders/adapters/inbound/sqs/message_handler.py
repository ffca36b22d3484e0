"""Records each attempt to handle a message in the audit trail ([SEC-5])."""

from contextlib import AbstractContextManager

from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.adapters.inbound.sqs.retry_policy import IMPOSSIBLE
from orders.adapters.inbound.sqs.worker import QueueWorker
from orders.adapters.trace_context import TRACE_ATTRIBUTE, PassOnTracing, valid_traceparent
from orders.adapters.wire.off_loop import off_loop
from orders.application.operations.dead_letters import Subject, subject_in, subject_of
from orders.application.policy.audit import Attempt, Audit
from orders.contracts.cloud_event import EVENT_SOURCE
from orders.domain.lifecycle import Role
from orders.ports.audit import AuditOutcome
from orders.ports.dead_letters import REDRIVE_ATTRIBUTE
from orders.ports.errors import NotTheWriter
from orders.ports.tracing import Span, SpanKind, Tracing

UNKNOWN = "unknown-message"
"""The operation recorded for a message that names neither a command nor an event type."""


class AuditedHandler:
    """Poller's handler that decodes each message once, audits the attempt and passes the message to the worker."""

    def __init__(self, worker: QueueWorker, audit: Audit, tracing: Tracing | None = None) -> None:
        """``tracing``: by default the messages' traces are passed on."""
        self._worker = worker
        self._audit = audit
        self._tracing = tracing or PassOnTracing()

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
            subject = subject_of(received.body)
            _note(attempt, subject)
            with self._span(received, subject):
                raise
        subject = subject_in(message.content)
        _note(attempt, subject)
        with self._span(received, subject):
            await self._worker.handle(message)

    def _span(self, received: ReceivedMessage, subject: Subject) -> AbstractContextManager[Span]:
        """Starts the span of this attempt in the trace of what caused the message, linked to its redrive if any."""
        redriven = _attribute(received, REDRIVE_ATTRIBUTE)
        facts = {"order__id": subject.order_id, "tenant__id": subject.tenant_id}
        return self._tracing.span(
            f"{self._worker.name} {_short(subject.kind or UNKNOWN)}",
            kind=SpanKind.CONSUMER,
            parent=subject.traceparent or _attribute(received, TRACE_ATTRIBUTE),
            links=[redriven] if redriven else (),
            messaging__system="aws_sqs",
            messaging__message__id=received.message_id,
            orders__receive_count=received.receive_count,
            **{name: value for name, value in facts.items() if value is not None},
        )


def _short(kind: str) -> str:
    """Returns an event's type without what all of them share: ``order.created``."""
    return kind.removeprefix(f"{EVENT_SOURCE}.").removesuffix(".v1")


def _attribute(received: ReceivedMessage, name: str) -> str | None:
    noted = received.attributes.get(name)
    return None if noted is None else valid_traceparent(noted.get("StringValue"))


def _note(attempt: Attempt, subject: Subject) -> None:
    attempt.operation = subject.kind or UNKNOWN
    attempt.tenant_id, attempt.order_id = subject.tenant_id, subject.order_id


def _outcome(error: BaseException) -> AuditOutcome:
    return AuditOutcome.REFUSED if isinstance(error, (*IMPOSSIBLE, NotTheWriter)) else AuditOutcome.FAILED
