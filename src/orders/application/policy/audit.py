"""Audits attempts: each leaves exactly one record, however it ends ([SEC-5]).

Inbound adapters open an attempt around every request, message and command. Code that learns what it is about records
that by ``about``, even deep inside a use case.
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
    """An attempt in progress; see ``AuditRecord`` for the fields.

    Its outcome is failure unless set otherwise: an interrupted attempt has failed.
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
        """Sets the caller."""
        self.principal, self.role, self.tenant_id = caller.principal, caller.leading_role, caller.tenant_id

    def ended(self, outcome: AuditOutcome, why: str | None = None) -> None:
        """Sets the outcome."""
        self.outcome, self.why = outcome, why

    def record(self, at: datetime) -> AuditRecord:
        """Makes the audit record."""
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
    """Records each attempt."""

    def __init__(self, trail: AuditTrail, clock: Clock) -> None:
        self._trail = trail
        self._clock = clock

    @contextmanager
    def attempt(self, attempt: Attempt, *, judge: Judge = _failed) -> Iterator[Attempt]:
        """Wraps an attempt; the record is written on leaving, whatever the reason.

        The outcome is that of ``Attempt.ended``, or after an error before that, the one that ``judge`` derives from it.
        """
        token = _under_way.set(attempt)
        try:
            yield attempt
        except BaseException as error:
            # A response that was sent counts, whatever fails afterwards.
            if attempt.outcome is None:
                attempt.ended(judge(error), type(error).__name__)
            raise
        finally:
            _under_way.reset(token)
            self._trail.record(attempt.record(self._clock.now()))


def about(*, order_id: str, tenant_id: str | None = None) -> None:
    """Sets the order of the current attempt, if there is one."""
    attempt = _under_way.get()
    if attempt is not None:
        attempt.order_id = order_id
        attempt.tenant_id = tenant_id or attempt.tenant_id


def attempted_by(caller: Caller) -> None:
    """Sets the caller of the current attempt, if there is one."""
    attempt = _under_way.get()
    if attempt is not None:
        attempt.by(caller)
