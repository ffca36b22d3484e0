"""What `make checkov` refuses beside checkov's own findings ([OPS-5])."""

from pathlib import Path
from typing import Any

import pytest

from tools.checkov import complaints

BUCKET = """resource "aws_s3_bucket" "this" {{
  #checkov:skip={skip}
}}
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "main.tf").write_text(BUCKET.format(skip="CKV_1:it is public on purpose"))
    return tmp_path


def report(passed: int = 1000, file: str = "/modules/main.tf", **results: Any) -> dict[str, Any]:
    seen = {"file_path": file, "check_id": "CKV_2", "check_name": "Name", "resource": "r", "file_line_range": [1, 2]}
    skipped = {"file_path": file, "check_id": "CKV_1"}
    found = {"passed_checks": [seen], "failed_checks": [], "skipped_checks": [skipped], "parsing_errors": []}
    return {"summary": {"passed": passed}, "results": found | results}


def test_a_tree_without_findings_passes(tree: Path) -> None:
    assert list(complaints(report(), tree)) == []


def test_a_failed_check_is_named_with_its_place(tree: Path) -> None:
    failed = {
        "file_path": "/modules/main.tf", "check_id": "CKV_9", "check_name": "Ensure", "resource": "aws_s3_bucket.this",
        "file_line_range": [4, 9],
    }  # fmt: skip
    assert list(complaints(report(failed_checks=[failed]), tree)) == [
        "/modules/main.tf:4 CKV_9 Ensure (aws_s3_bucket.this)"
    ]


def test_what_was_not_understood_fails(tree: Path) -> None:
    assert list(complaints(report(parsing_errors=["/modules/main.tf"]), tree)) == ["/modules/main.tf: not understood"]


def test_few_checks_fail(tree: Path) -> None:
    (found,) = complaints(report(passed=3), tree)
    assert found.startswith("only 3 checks passed")


def test_a_directory_that_was_not_looked_at_fails(tree: Path) -> None:
    (tree / "bootstrap").mkdir()
    (tree / "bootstrap" / "state.tf").write_text('resource "aws_s3_bucket" "state" {}\n')
    assert list(complaints(report(), tree)) == ["/bootstrap: has resources, and no check looked at them"]


@pytest.mark.parametrize("skip", ["CKV_1", "CKV_1:", "CKV_1:no reason"])
def test_a_skip_needs_its_reason(tree: Path, skip: str) -> None:
    (tree / "modules" / "main.tf").write_text(BUCKET.format(skip=skip))
    assert list(complaints(report(), tree)) == ["/modules/main.tf: the skip of CKV_1 says no reason"]


def test_a_skip_that_keeps_nothing_from_failing_goes(tree: Path) -> None:
    assert list(complaints(report(skipped_checks=[]), tree)) == [
        "/modules/main.tf: the skip of CKV_1 keeps nothing from failing"
    ]
