"""Attempts and the records they leave: whatever way one ends, it leaves exactly one ([SEC-5]).

Inbound adapters begin an attempt around everything they do for somebody. What it turns out to be about is noted by
whoever learns it (``about``), also deep inside a use case.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from orders.application.policy.caller import Caller
from orders.ports.audit import AuditOutcome, AuditRecord, AuditTrail
from orders.ports.clock import Clock

NO_ROLE = "none"


@dataclass(slots=True)
class Attempt:
    """What somebody is about to do; see ``AuditRecord`` for the fields.

    Failed unless it is known to have ended otherwise: one that is broken off in the middle counts as that.
    """

    operation: str
    origin: str
    request_id: str
    principal: str | None = None
    role: str = NO_ROLE
    tenant_id: str | None = None
    order_id: str | None = None
    outcome: AuditOutcome | None = None
    why: str | None = None

    def by(self, caller: Caller) -> None:
        """Note who it is."""
        self.principal, self.role, self.tenant_id = caller.principal, caller.leading_role, caller.tenant_id

    def ended(self, outcome: AuditOutcome, why: str | None = None) -> None:
        """Note what has come of it."""
        self.outcome, self.why = outcome, why

    def record(self, at: datetime) -> AuditRecord:
        """What is kept of it."""
        return AuditRecord(
            at=at,
            principal=self.principal,
            role=self.role,
            tenant_id=self.tenant_id,
            operation=self.operation,
            order_id=self.order_id,
            origin=self.origin,
            request_id=self.request_id,
            outcome=self.outcome or AuditOutcome.FAILED,
            why=self.why,
        )


_under_way: ContextVar[Attempt | None] = ContextVar("audited_attempt", default=None)

Judge = Callable[[BaseException], AuditOutcome]


def _failed(_: BaseException) -> AuditOutcome:
    return AuditOutcome.FAILED


class Audit:
    """Sees to it that each attempt leaves its record."""

    def __init__(self, trail: AuditTrail, clock: Clock) -> None:
        self._trail = trail
        self._clock = clock

    @contextmanager
    def attempt(self, attempt: Attempt, *, judge: Judge = _failed) -> Iterator[Attempt]:
        """Everything done inside belongs to the attempt. Its record is kept on leaving, whatever the reason.

        It ends as ``Attempt.ended`` has said; with an error before that, as ``judge`` says of the error.
        """
        token = _under_way.set(attempt)
        try:
            yield attempt
        except BaseException as error:
            # What has been answered has been answered, whatever goes wrong after it.
            if attempt.outcome is None:
                attempt.ended(judge(error), type(error).__name__)
            raise
        finally:
            _under_way.reset(token)
            self._trail.record(attempt.record(self._clock.now()))


def about(*, order_id: str, tenant_id: str | None = None) -> None:
    """Note which order the attempt under way is about, if there is one."""
    attempt = _under_way.get()
    if attempt is not None:
        attempt.order_id = order_id
        attempt.tenant_id = tenant_id or attempt.tenant_id


def attempted_by(caller: Caller) -> None:
    """Note who makes the attempt under way, if there is one."""
    attempt = _under_way.get()
    if attempt is not None:
        attempt.by(caller)
