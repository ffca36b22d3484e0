"""The contract of ``EvidenceFile``, in memory and on disk."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from orders.adapters.outbound.local.evidence_file import JsonEvidenceFile, evidence_path, page_of
from orders.adapters.outbound.memory.rehearsals import MemoryEvidenceFile
from orders.ports.errors import PermanentPortError, TransientPortError
from orders.ports.rehearsals import (
    ControlMark,
    DrillResult,
    DrillStep,
    Evidence,
    EvidenceFile,
    Missing,
    Note,
    StepRecord,
    StepState,
)
from tests.support.builders import NOON

BEGUN = Evidence(
    "prod", "af-south-1", "eu-west-1", 4, "thandi", "1.2.3", NOON, NOON - timedelta(days=1), 2.5, "by asking"
)
LATER = NOON + timedelta(seconds=75.5)
WHOLE = replace(
    BEGUN,
    steps=(
        StepRecord(DrillStep.LOOK, NOON, NOON, StepState.PASSED, ("lease: held",)),
        StepRecord(DrillStep.TAKE_OVER, NOON, LATER, StepState.PASSED),
        StepRecord(DrillStep.TAKEN, NOON, LATER, StepState.PASSED, ("a | b",)),
        StepRecord(DrillStep.VERIFY, NOON, LATER, StepState.FOUND, (), (Missing("demo/ord_1: gone", None),)),
        StepRecord(DrillStep.RECONCILE, NOON),
    ),
    control=(ControlMark("eu-west-1", "drain", 4, NOON),),
    notes=(Note(LATER, "sipho", "taken up"),),
)


@pytest.fixture(params=["memory", "disk"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> EvidenceFile:
    return MemoryEvidenceFile() if request.param == "memory" else JsonEvidenceFile(tmp_path / "evidence.json")


def test_what_was_kept_last_is_read(file: EvidenceFile) -> None:
    assert file.read() is None
    assert file.name.endswith("evidence.json")
    for evidence in (BEGUN, WHOLE, replace(WHOLE, ended_at=LATER, result=DrillResult.FAILED)):
        file.keep(evidence)
        assert file.read() == evidence


def _full_memory(_: Path) -> EvidenceFile:
    file = MemoryEvidenceFile()
    file.writable = False
    return file


@pytest.mark.parametrize("make", [_full_memory, lambda path: JsonEvidenceFile(path / "missing" / "evidence.json")])
def test_what_cannot_be_written_is_said(make: Callable[[Path], EvidenceFile], tmp_path: Path) -> None:
    file = make(tmp_path)
    with pytest.raises(TransientPortError, match=r"evidence|no space"):
        file.keep(BEGUN)
    assert file.read() is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"drill": {"environment": "prod"}}', '{"drill": 3}'])
def test_a_file_that_is_no_evidence_is_refused_and_left_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / "evidence.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(PermanentPortError, match="name another file"):
        JsonEvidenceFile(path).read()
    assert path.read_text(encoding="utf-8") == content


def test_a_process_that_died_while_it_wrote_leaves_what_was_before(tmp_path: Path) -> None:
    file = JsonEvidenceFile(tmp_path / "evidence.json")
    file.keep(BEGUN)
    (tmp_path / "evidence.json.new").write_text('{"drill": {"envi', encoding="utf-8")
    assert file.read() == BEGUN
    file.keep(WHOLE)
    assert file.read() == WHOLE
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evidence.json", "evidence.md"]


def test_an_unfinished_rehearsal_of_the_environment_is_found(tmp_path: Path) -> None:
    new = tmp_path / "dr-drill-prod-20260105T120000Z.json"
    at = NOON.replace(year=2026, month=1, day=5, hour=12, minute=0, second=0)
    assert evidence_path(tmp_path, "prod", at) == new
    ended = replace(BEGUN, ended_at=LATER, result=DrillResult.PASSED)
    for name, evidence in (("prod-2", BEGUN), ("prod-3", ended), ("sit-4", BEGUN)):
        JsonEvidenceFile(tmp_path / f"dr-drill-{name}.json").keep(evidence)
    (tmp_path / "dr-drill-prod-5.json").write_text("damaged", encoding="utf-8")
    assert evidence_path(tmp_path, "prod", at).name == "dr-drill-prod-2.json"


def test_the_page_says_it_to_people() -> None:
    page = page_of(WHOLE)
    assert "Result: **unfinished**" in page
    assert "| af-south-1 to eu-west-1 |" in page
    assert "| 75.5 | 1 | not known |" in page
    assert "a \\| b" in page
    assert "- demo/ord_1: gone" in page
    assert "sipho: taken up" in page
    assert "RTO less than 3600 s, RPO less than 300 s" in page
