"""Attempts leave one record each, whatever way they end ([SEC-5])."""

import asyncio

import pytest

from orders.adapters.outbound.memory.audit_trail import MemoryAuditTrail
from orders.adapters.outbound.memory.clock import SteppingClock
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.application.policy.audit import Attempt, Audit, about, attempted_by
from orders.domain.lifecycle import Role
from orders.ports.audit import AuditOutcome
from tests.support.builders import NOON
from tests.support.service import a_caller


class Desk:
    def __init__(self) -> None:
        self.trail = MemoryAuditTrail(MemoryMetrics())
        self.audit = Audit(self.trail, SteppingClock(NOON))


def an_attempt() -> Attempt:
    return Attempt(operation="getOrder", origin="203.0.113.7", request_id="req-1")


def test_what_is_learnt_on_the_way_is_in_the_record() -> None:
    desk = Desk()
    with desk.audit.attempt(an_attempt()) as attempt:
        attempted_by(a_caller(Role.STAFF))
        about(order_id="ord_1")
        attempt.ended(AuditOutcome.ALLOWED)
    (record,) = desk.trail.records
    assert (record.principal, record.role, record.tenant_id) == ("staff-principal", "staff", "tenant_a")
    assert (record.order_id, record.operation, record.origin, record.request_id) == (
        "ord_1", "getOrder", "203.0.113.7", "req-1",
    )  # fmt: skip
    assert (record.outcome, record.why, record.at >= NOON) == (AuditOutcome.ALLOWED, None, True)


def test_an_error_ends_it_as_it_is_judged_and_goes_on() -> None:
    desk = Desk()
    with pytest.raises(KeyError), desk.audit.attempt(an_attempt(), judge=lambda error: AuditOutcome.REFUSED):
        raise KeyError
    with pytest.raises(KeyError), desk.audit.attempt(an_attempt()):
        raise KeyError
    assert [(record.outcome, record.why) for record in desk.trail.records] == [
        (AuditOutcome.REFUSED, "KeyError"),
        (AuditOutcome.FAILED, "KeyError"),
    ]


def test_what_was_answered_stays_answered() -> None:
    desk = Desk()
    attempt = an_attempt()
    attempt.ended(AuditOutcome.ALLOWED)
    with pytest.raises(KeyError), desk.audit.attempt(attempt):
        raise KeyError
    assert desk.trail.records[0].outcome is AuditOutcome.ALLOWED


def test_one_that_never_said_how_it_ended_has_failed() -> None:
    desk = Desk()
    with desk.audit.attempt(an_attempt()):
        pass
    assert desk.trail.records[0].outcome is AuditOutcome.FAILED


async def test_broken_off_it_leaves_its_record_all_the_same() -> None:
    desk = Desk()
    begun = asyncio.Event()

    async def attempted() -> None:
        with desk.audit.attempt(an_attempt()):
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(attempted())
    await begun.wait()
    task.cancel()
    await asyncio.wait({task})
    assert [(record.outcome, record.why) for record in desk.trail.records] == [(AuditOutcome.FAILED, "CancelledError")]


async def test_attempts_at_the_same_time_do_not_mix() -> None:
    desk = Desk()
    turn = asyncio.Barrier(20)

    async def attempted(number: int) -> None:
        with desk.audit.attempt(an_attempt()):
            await turn.wait()
            about(order_id=f"ord_{number}", tenant_id=f"tenant_{number}")
            await turn.wait()

    await asyncio.gather(*map(attempted, range(20)))
    assert {(record.order_id, record.tenant_id) for record in desk.trail.records} == {
        (f"ord_{number}", f"tenant_{number}") for number in range(20)
    }


def test_what_is_noted_without_an_attempt_is_in_no_later_record() -> None:
    desk = Desk()
    about(order_id="ord_1")
    attempted_by(a_caller())
    with desk.audit.attempt(an_attempt()) as attempt:
        attempt.ended(AuditOutcome.ALLOWED)
    (record,) = desk.trail.records
    assert (record.order_id, record.principal == a_caller().principal) == (None, False)
