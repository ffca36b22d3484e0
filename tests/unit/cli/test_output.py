"""Output of commands can be read and copied, however wide the terminal is."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from orders.adapters.inbound.cli import output
from tests.support.builders import an_order_id

MESSAGE_ID = str(UUID(int=7))
COLUMNS = ("message_id", "sent_at", "order_id", "error")
AT = datetime(2026, 11, 22, 12, 0, 0, 5000, UTC)
ROWS = [(MESSAGE_ID, AT, an_order_id(), "the body is not JSON: Expecting value: line 1 column 1 (char 0)")]


@pytest.mark.parametrize("columns", [50, 80, 120, 200])
def test_ids_are_whole_at_any_width(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "PIPE_COLUMNS", columns)
    output.print_table("1 dead letter", COLUMNS, ROWS)
    printed = capsys.readouterr().out
    assert MESSAGE_ID in printed
    assert an_order_id() in printed
    assert printed.startswith("1 dead letter")
    assert max(map(len, printed.splitlines())) <= columns
    assert ("│" in printed) is (columns > 80)
    assert "2026-11-22 12:00:00Z" in printed


@pytest.mark.parametrize("columns", [79, 80, 120])
def test_times_are_whole_at_any_width(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "PIPE_COLUMNS", columns)
    row = (an_order_id(), "corner-shop", AT, "admin_001")
    output.print_table("1 erasure", ("order_id", "tenant_id", "at", "by"), [row])
    printed = capsys.readouterr().out
    assert "2026-11-22 12:00:00Z" in printed
    assert ("│" in printed) is (columns > 80)


def test_figures_are_right_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table("items", ("product", "price"), [("mug", Decimal("1.00")), ("pen", Decimal("1200.00"))])
    output.print_facts("sums", {"tax": Decimal("0.15"), "total": Decimal("1201.15")})
    output.print_facts("facts", {"a": "x", "b": 1000})
    lines = capsys.readouterr().out.splitlines()
    assert next(line for line in lines if "mug" in line).endswith("│    1.00 │")
    tax, total = (line.rstrip() for line in lines if line.strip().startswith(("tax", "total")))
    assert (tax.endswith("   0.15"), len(tax)) == (True, len(total))
    assert next(line for line in lines if "1000" in line).split() == ["b", "1000"]


def test_a_short_table_stays_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(output, "PIPE_COLUMNS", 40)
    output.print_table("dead letters", ("queue", "letters"), [("pdf-creator", 3)])
    assert "│" in capsys.readouterr().out


COMMAND = Path(sys.executable).with_name("orders")


@pytest.mark.parametrize("line", [("openapi",), ("--help",), ("completion", "bash")])
def test_a_reader_that_has_ended_ends_the_command_quietly(line: tuple[str, ...], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        done = subprocess.run([COMMAND, *line], stdout=nobody, stderr=subprocess.PIPE, cwd=tmp_path, check=False)
        refused = subprocess.run([COMMAND, "dlq", "list"], stdout=nobody, stderr=nobody, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr, refused.returncode) == (141, b"", 141)


@pytest.mark.parametrize("line", [("openapi",), ("--version",), ("api-key", "portal-web")])
def test_output_that_can_not_be_written_is_said(line: tuple[str, ...], tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([COMMAND, *line], stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (1, b"orders: the output could not be written: No space left on device\n")


def test_times_in_json_are_those_of_the_api(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json({"sent_at": AT})
    assert json.loads(capsys.readouterr().out) == {"sent_at": "2026-11-22T12:00:00.005Z"}
