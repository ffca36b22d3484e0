"""Only the image that the environment before has released is promoted, with the code that this branch has."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.release.clock import RealClock
from deploy.release.evidence import Evidence
from deploy.release.model import Outcome, Refused
from deploy.workflows.commands import Done, run
from deploy.workflows.origin import BUILT_FROM, SOURCES, Origin, judge, take
from tests.unit.workflows.programs import Programs
from tests.unit.workflows.reading import ROOT, workflows

REPOSITORY = "bbws/bbws-orders"
DIGEST = "sha256:" + "a" * 64
COMMIT = "c" * 40
RUN: Mapping[str, Any] = {
    "id": 7,
    "path": ".github/workflows/promote-sit.yml",
    "head_branch": "release",
    "head_sha": COMMIT,
    "event": "workflow_dispatch",
    "conclusion": "success",
    "repository": {"full_name": REPOSITORY},
    "head_repository": {"full_name": REPOSITORY},
}
DONE: Mapping[str, Any] = {"command": "promote", "outcome": "DONE", "digest": DIGEST, "commit": COMMIT}


def record(*runs: Mapping[str, Any], environment: str = "sit") -> dict[str, Any]:
    return {"environment": environment, "runs": [dict(each) for each in runs]}


def test_the_digest_is_that_of_the_runs_record() -> None:
    assert judge("prod", RUN, record(DONE), REPOSITORY) == Origin(DIGEST, COMMIT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("path", ".github/workflows/deploy-dev.yml"),
        ("path", ".github/workflows/mine.yml@refs/heads/release"),
        ("head_branch", "main"),
        ("head_branch", "release-2"),
        ("head_sha", "d" * 40),
        ("event", "pull_request"),
        ("conclusion", "failure"),
        ("conclusion", None),
        ("repository", {"full_name": "somebody/bbws-orders"}),
        ("head_repository", {"full_name": "somebody/bbws-orders"}),
        ("head_repository", None),
    ],
)
def test_another_run_is_refused(name: str, value: object) -> None:
    with pytest.raises(Refused):
        judge("prod", {**RUN, name: value}, record(DONE), REPOSITORY)


@pytest.mark.parametrize(
    "kept",
    [
        record(DONE, environment="dev"),
        record(),
        record({**DONE, "outcome": "ROLLED_BACK"}),
        record({**DONE, "outcome": None}),
        record(DONE, {**DONE, "command": "rollback"}),
        record(DONE, {**DONE, "outcome": "NEEDS_PERSON"}),
        record({**DONE, "command": "preflight"}),
        record({**DONE, "digest": "sha256:abc"}),
        record({**DONE, "digest": None}),
        record({**DONE, "commit": "d" * 40}),
    ],
)
def test_another_record_is_refused(kept: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        judge("prod", RUN, kept, REPOSITORY)


def test_what_was_looked_at_after_the_release_does_not_matter() -> None:
    kept = record(DONE, {"command": "preflight", "outcome": "REFUSED"}, {"command": "abort", "outcome": "DONE"})
    assert judge("prod", RUN, kept, REPOSITORY).digest == DIGEST


def test_a_record_that_the_release_tool_writes_is_read(tmp_path: Path) -> None:
    about = {"environment": "sit", "command": "promote", "digest": DIGEST, "by": "somebody", "commit": COMMIT}
    Evidence(tmp_path / "sit.json", RealClock(), about).end(Outcome.DONE, "released")
    kept = json.loads((tmp_path / "sit.json").read_text())
    assert judge("prod", RUN, kept, REPOSITORY) == Origin(DIGEST, COMMIT)


def download(command: Sequence[str]) -> Done:
    directory = Path(command[command.index("--dir") + 1])
    (directory / "sit.json").write_text(json.dumps(record(DONE)))
    return Done(0)


def programs(**changed: Done) -> Programs:
    return Programs(
        {
            "gh api repos/bbws/bbws-orders/actions/runs/7": Done(0, json.dumps(RUN)),
            "gh run download 7 --repo bbws/bbws-orders --name evidence-sit --dir ": download,
            "git merge-base": changed.get("ancestor", Done(0)),
            "git diff": changed.get("diff", Done(0)),
        }
    )


def test_the_run_is_asked_for_its_record_and_the_branch_for_its_code() -> None:
    asked = programs()
    assert take(asked, "prod", "7", REPOSITORY) == Origin(DIGEST, COMMIT)
    assert asked.ran[2] == f"git merge-base --is-ancestor {COMMIT} HEAD"
    assert asked.ran[3].startswith(f"git diff --quiet {COMMIT} HEAD -- src ")


def test_a_branch_without_the_commit_or_with_other_code_is_refused() -> None:
    with pytest.raises(Refused, match="not in this branch"):
        take(programs(ancestor=Done(1)), "prod", "7", REPOSITORY)
    with pytest.raises(Refused, match="other code"):
        take(programs(diff=Done(1)), "prod", "7", REPOSITORY)


@pytest.mark.parametrize("number", ["", "7/../8", "latest", "7 --repo x/y", "-7", "７"])
def test_what_is_no_number_is_no_run(number: str) -> None:
    asked = programs()
    with pytest.raises(Refused):
        take(asked, "prod", number, REPOSITORY)
    assert asked.ran == []


def test_nothing_is_promoted_to_dev() -> None:
    with pytest.raises(Refused):
        take(programs(), "dev", "7", REPOSITORY)


def test_gits_answers_are_those_that_are_counted_on(tmp_path: Path) -> None:
    """A repository of its own: an ancestor, a change of the code, a change of a page."""

    def git(*arguments: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def committed(path: str, text: str) -> str:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
        git("add", ".")
        git("commit", "-m", text)
        return git("rev-parse", "HEAD")

    git("init", "-q")
    first = committed("src/a.py", "one")
    page = committed("docs/a.md", "two")
    here = ["git", "-C", str(tmp_path)]
    assert run([*here, "merge-base", "--is-ancestor", first, page]).code == 0
    assert run([*here, "merge-base", "--is-ancestor", page, first]).code != 0
    assert run([*here, "diff", "--quiet", first, "HEAD", "--", *BUILT_FROM]).code == 0
    committed("src/a.py", "three")
    assert run([*here, "diff", "--quiet", first, "HEAD", "--", *BUILT_FROM]).code != 0


def test_sources_are_the_workflows_branches_and_order_of_the_plan() -> None:
    plan = yaml.safe_load((ROOT / "deploy/environments.yaml").read_text(encoding="utf-8"))
    files = {f".github/workflows/{each.file}": each for each in workflows()}
    assert {name: source.environment for name, source in SOURCES.items()} == {"sit": "dev", "prod": "sit"}
    for source in SOURCES.values():
        assert source.branch == plan[source.environment]["branch"]
        assert set(source.events) == set(files[source.workflow].triggers)
        assert f"name: evidence-{source.environment}\n" in "".join(
            job.text for job in files[source.workflow].jobs.values()
        )


def test_what_the_image_copies_is_what_is_compared() -> None:
    copied = {
        word.split("/")[0]
        for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    }
    assert copied | {"Dockerfile", ".dockerignore"} == set(BUILT_FROM)
