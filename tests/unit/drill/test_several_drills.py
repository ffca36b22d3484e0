"""Several drills at once: who does which, what became of them, and ports that nobody takes away."""

import io
import socket
from pathlib import Path

import pytest
from rich.console import Console

from tests.drill.outcomes import CAME_TO_ITS_END, Outcome, outcome_in, summary
from tests.drill.side_by_side import shares
from tests.drill.verdict.evidence import write_evidence
from tests.support.ports import held_port


def test_each_seed_is_dealt_once_and_no_process_is_without() -> None:
    assert shares(range(1, 6), 2) == [[1, 3, 5], [2, 4]]
    assert shares([7, 8], 5) == [[7], [8]]


def test_an_outcome_is_read_from_the_evidence_also_of_a_drill_that_could_not_go_on(tmp_path: Path) -> None:
    write_evidence(
        tmp_path,
        facts=None,
        faults={CAME_TO_ITS_END: ["a command failed"], "another rule": []},
        figures={"seconds": 12},
        circumstances={},
        phases=[{"name": "start", "began": 0.0, "seconds": 12.0}],
        commands=[{"region": "here", "command": "orders dr status", "exit_code": 2, "began": 1.0, "seconds": 0.5}],
    )
    outcome = outcome_in(tmp_path, 3)
    assert outcome.broken == [CAME_TO_ITS_END]
    assert outcome.figures == {"seconds": 12}
    page = (tmp_path / "evidence.md").read_text("utf-8")
    assert "| start | 0.0 | 12.0 |" in page
    assert "| `orders dr status` | here | 2 | 0.5 |" in page


def test_a_drill_without_evidence_has_failed(tmp_path: Path) -> None:
    assert outcome_in(tmp_path, 3).broken == [CAME_TO_ITS_END]


def test_the_summary_names_the_seeds_and_the_rules_that_broke() -> None:
    printed = io.StringIO()
    console = Console(width=160, file=printed)
    console.print(summary([Outcome(1, {"seconds": 99}, {"a rule": []}), Outcome(2, {}, {"a rule": ["a fault"]})]))
    said = printed.getvalue()
    assert "1 of 2 rehearsals held every rule" in said
    assert [line.split()[1] for line in said.splitlines() if "a rule" in line] == ["2"]


def test_a_held_port_is_its_servers_again_and_again_and_nobody_elses() -> None:
    with held_port() as port:
        for _ in range(2):
            with socket.create_server(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
                pass
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))
