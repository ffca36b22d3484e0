"""Checks ``deploy/terraform`` against checkov's rules, offline: `make checkov`.

``python -m tools.checkov CHECKOV`` runs the program of that path and prints what fails. Beside that it fails where
checkov would be silent: where a directory with resources was not looked at, where a skip has no reason, and where a
skip keeps nothing from failing any more.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TREE = Path("deploy/terraform")
SECONDS = 900
_SKIP = re.compile(r"#\s*checkov:skip=(?P<check>\w+)(?::(?P<reason>.*))?")
# Whatever this tree becomes: with fewer, checkov has not understood it.
_AT_LEAST = 500


@dataclass(frozen=True, slots=True)
class Skip:
    """A comment that keeps a check from failing: in which file of the tree, which check, and why."""

    file: str
    check: str
    reason: str


def skips(tree: Path) -> list[Skip]:
    """Returns the skips that stand in the tree."""
    return [
        Skip(f"/{path.relative_to(tree)}", found["check"], (found["reason"] or "").strip())
        for path in _sources(tree)
        for found in _SKIP.finditer(path.read_text())
    ]


def complaints(report: Mapping[str, Any], tree: Path) -> Iterator[str]:
    """Yields what is wrong: failed checks, what was not looked at, skips without a reason or a use."""
    results = report["results"]
    for failed in results["failed_checks"]:
        start, _ = failed["file_line_range"]
        yield f"{failed['file_path']}:{start} {failed['check_id']} {failed['check_name']} ({failed['resource']})"
    for unread in results.get("parsing_errors") or ():
        yield f"{unread}: not understood"
    passed = report["summary"]["passed"]
    if passed < _AT_LEAST:
        yield f"only {passed} checks passed: checkov has not found the tree, or not understood it"
    looked_at = {
        Path(each["file_path"]).parent for kind in ("passed_checks", "failed_checks") for each in results[kind]
    }
    for directory in sorted({f"/{path.parent.relative_to(tree)}" for path in _sources(tree) if _has_resources(path)}):
        if Path(directory) not in looked_at:
            yield f"{directory}: has resources, and no check looked at them"
    used = {(each["file_path"], each["check_id"]) for each in results["skipped_checks"]}
    for skip in skips(tree):
        if len(skip.reason.split()) < 3:
            yield f"{skip.file}: the skip of {skip.check} says no reason"
        if (skip.file, skip.check) not in used:
            yield f"{skip.file}: the skip of {skip.check} keeps nothing from failing"


def run(checkov: str, tree: Path = TREE) -> Mapping[str, Any]:
    """Runs checkov on the tree without a network; returns its report. Raises: RuntimeError."""
    done = subprocess.run(  # noqa: S603
        [
            checkov, "--directory", str(tree), "--framework", "terraform", "--output", "json", "--compact",
            "--skip-download", "--download-external-modules", "false", "--soft-fail",
        ],
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"checkov ended with {done.returncode}:\n{done.stderr}")
    report: Mapping[str, Any] = json.loads(done.stdout)
    if "results" not in report:
        raise RuntimeError(f"checkov looked at nothing: {done.stdout}")
    return report


def main(arguments: Sequence[str]) -> int:
    """Runs the command line."""
    (checkov,) = arguments
    report = run(checkov)
    found = list(complaints(report, TREE))
    sys.stderr.writelines(f"{each}\n" for each in found)
    counts = report["summary"]
    sys.stdout.write(
        f"checkov {counts['checkov_version']}: {counts['passed']} passed, {counts['failed']} failed, "
        f"{counts['skipped']} skipped for {len(skips(TREE))} reasons, {counts['resource_count']} resources\n"
    )
    return 1 if found else 0


def _sources(tree: Path) -> Iterator[Path]:
    return (path for path in sorted(tree.rglob("*.tf")) if ".terraform" not in path.parts)


def _has_resources(path: Path) -> bool:
    return re.search(r'^resource "', path.read_text(), re.MULTILINE) is not None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
