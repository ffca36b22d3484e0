"""Operators' commands are audited ([SEC-5])."""

import json
from pathlib import Path
from typing import Any

import pytest

from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError
from orders.adapters.outbound.memory.audit_trail import MemoryAuditTrail
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.application.policy.audit import about
from orders.bootstrap.cli import ProcessRuntime
from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.operator.audit import on_record
from orders.ports.audit import AuditOutcome
from tests.support.builders import an_order_id
from tests.support.restored_logging import restored_logging

LOCAL: Any = {"environment": "local", "aws_endpoint_url": "http://127.0.0.1:9"}


async def test_who_did_what_about_which_order() -> None:
    trail = MemoryAuditTrail(MemoryMetrics())
    doing = AuditedCommand("dlq redrive", order_id=an_order_id(1), tenant_id="tenant_a")
    async with on_record(load_settings(**LOCAL), doing, trail):
        pass
    (record,) = trail.records
    assert (record.operation, record.role, record.outcome) == ("orders dlq redrive", "operator", AuditOutcome.ALLOWED)
    assert (record.tenant_id, record.order_id) == ("tenant_a", an_order_id(1))
    assert (record.principal or "").startswith("user ")
    assert record.origin.startswith("cli ")


async def test_failures_and_facts_found_by_a_command_are_audited() -> None:
    trail = MemoryAuditTrail(MemoryMetrics())

    async def work() -> None:
        async with on_record(load_settings(**LOCAL), AuditedCommand("dlq show --clear", order_id="Thandi"), trail):
            about(order_id=an_order_id(2), tenant_id="tenant_b")
            raise KeyError

    with pytest.raises(KeyError):
        await work()
    (record,) = trail.records
    assert (record.outcome, record.why) == (AuditOutcome.FAILED, "KeyError")
    assert (record.tenant_id, record.order_id) == ("tenant_b", an_order_id(2))


def test_a_command_leaves_its_record_before_it_says_that_it_failed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # the discard service, which nobody runs
    monkeypatch.setenv("AUDIT_FILE", str(tmp_path / "audit.log"))
    with restored_logging(), pytest.raises(CommandError):
        ProcessRuntime().with_dead_letters(AuditedCommand("dlq list"), lambda office: office.depths())
    (line,) = (tmp_path / "audit.log").read_text().splitlines()
    record = json.loads(line)
    assert (record["stream"], record["operation"], record["outcome"]) == ("audit", "orders dlq list", "failed")
