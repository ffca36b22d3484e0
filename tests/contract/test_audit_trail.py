"""The contract of ``AuditTrail``: whole records in their order, nothing personal in them, and never an error."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from orders.adapters.outbound.audit_log import AUDIT_LOGGER, LogAuditTrail
from orders.adapters.outbound.memory.audit_trail import MemoryAuditTrail
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.logging import configure_logging
from orders.ports.audit import AuditOutcome, AuditRecord, AuditTrail
from orders.ports.metric_catalogue import AUDIT_RECORDS_LOST
from tests.support.restored_logging import restored_logging

RECORD = AuditRecord(
    at=datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC),
    principal="8d5ea1a6-2f5c-4d4e-9a52-0a2a3f6f1b11",
    role="staff",
    tenant_id="tenant_a",
    operation="getOrder",
    order_id="ord_01KAPMZZ7G00000000000000Q3",
    origin="203.0.113.7",
    request_id="req-1",
    outcome=AuditOutcome.ALLOWED,
)


@dataclass
class Desk:
    """A trail, what it has kept, and how to have it lose what comes."""

    trail: AuditTrail
    counters: MemoryMetrics
    kept: Callable[[], list[dict[str, Any]]]
    break_it: Callable[[], None]


def _memory() -> Desk:
    counters = MemoryMetrics()
    trail = MemoryAuditTrail(counters)

    def kept() -> list[dict[str, Any]]:
        return [asdict(record) | {"at": record.at.isoformat(timespec="milliseconds")} for record in trail.records]

    return Desk(trail, counters, kept, lambda: setattr(trail, "full", True))


class _Breakable(io.StringIO):
    broken = False

    def write(self, text: str) -> int:
        if self.broken:
            raise OSError(28, "No space left on device")
        return super().write(text)


def _log() -> Desk:
    counters, stream = MemoryMetrics(), _Breakable()
    # A level at which nothing else of this kind would be written.
    configure_logging(load_settings(environment="local", log_level="ERROR", audit_file=None), stream=stream)

    def kept() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in stream.getvalue().splitlines()]
        assert {line.pop("stream") for line in lines} <= {"audit"}
        assert {line.pop("logger") for line in lines} <= {AUDIT_LOGGER}
        return [{name: line.get(name) for name in asdict(RECORD)} for line in lines]

    return Desk(LogAuditTrail(counters), counters, kept, lambda: setattr(stream, "broken", True))


@pytest.fixture(params=["memory", "log"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with restored_logging():
        yield _memory() if request.param == "memory" else _log()


def test_records_are_kept_whole_and_in_their_order(desk: Desk) -> None:
    other = replace(RECORD, principal=None, tenant_id=None, order_id=None, outcome=AuditOutcome.DENIED, why="forbidden")
    for record in (RECORD, other, RECORD):
        desk.trail.record(record)
    expected = asdict(RECORD) | {"at": "2026-11-22T12:00:00.250+00:00"}
    without = {"principal": None, "tenant_id": None, "order_id": None, "outcome": "denied", "why": "forbidden"}
    assert desk.kept() == [expected, expected | without, expected]


@pytest.mark.parametrize(
    ("principal", "kept"),
    [
        ("thandi@example.com", "sha256:0101c9523fc139629c13c425522cd3da"),
        ("+27 21 555 0134", "sha256:"),
        (
            "arn:aws:sts::1:assumed-role/Operator/thandi@example.com",
            "arn:aws:sts::1:assumed-role/Operator/sha256:0101c9523fc139629c13c425522cd3da",
        ),
        ("queue:AROAIMPORT", "queue:AROAIMPORT"),
        ("auth0|5f7c8ec7c33c6c004bbafe82", "auth0|5f7c8ec7c33c6c004bbafe82"),
    ],
)
def test_who_it_was_stays_answerable_without_their_address(desk: Desk, principal: str, kept: str) -> None:
    for _ in range(2):
        desk.trail.record(replace(RECORD, principal=principal, request_id="of-thandi@example.com"))
    first, second = desk.kept()
    assert first == second
    assert first["principal"].startswith(kept)
    assert "thandi" not in json.dumps(first)


def test_what_cannot_be_kept_is_counted_and_nobody_else_s_trouble(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.break_it()
    desk.trail.record(RECORD)
    assert desk.counters.of(AUDIT_RECORDS_LOST) == 1


def test_what_its_own_file_does_not_take_is_in_the_log(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with restored_logging():
        configure_logging(load_settings(log_format="json", audit_file=tmp_path / "sub" / "audit.log"))
        counters = MemoryMetrics()
        trail = LogAuditTrail(counters)
        trail.record(RECORD)
        (handler,) = logging.getLogger(AUDIT_LOGGER).handlers
        handler.close()
        trail.record(RECORD)
    (kept,) = (tmp_path / "sub" / "audit.log").read_text().splitlines()
    assert json.loads(kept)["order_id"] == RECORD.order_id
    assert counters.of(AUDIT_RECORDS_LOST) == 1
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert told["event"] == "an audit record could not be written"
    assert told["record"]["order_id"] == RECORD.order_id
