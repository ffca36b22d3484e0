"""Which image may be promoted: the one that the environment before has released, by the record of that very run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from deploy.release.evidence import read
from deploy.release.model import Outcome, Refused
from deploy.release.plan import DIGEST
from deploy.workflows.commands import Run, asked, must

BUILT_FROM = ("src", "requirements", "docker", "Dockerfile", "pyproject.toml", "README.md", "LICENSE", ".dockerignore")
"""What an image is made of: nothing of it may differ between the image's commit and the branch that releases it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an environment's images come from: the environment before, its workflow, its branch."""

    environment: str
    workflow: str
    branch: str
    events: tuple[str, ...]


SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        "sit": Source("dev", ".github/workflows/deploy-dev.yml", "develop", ("push", "workflow_dispatch")),
        "prod": Source("sit", ".github/workflows/promote-sit.yml", "release", ("workflow_dispatch",)),
    }
)


@dataclass(frozen=True, slots=True)
class Origin:
    """An image that was released to the environment before, and the commit that it is of."""

    digest: str
    commit: str


def source_of(environment: str) -> Source:
    """Returns where an environment's images come from. Raises: Refused: it builds its own."""
    if environment not in SOURCES:
        raise Refused(f"nothing is promoted to {environment}; images are promoted to {', '.join(SOURCES)}")
    return SOURCES[environment]


def judge(environment: str, run: Mapping[str, Any], kept: Mapping[str, Any], repository: str) -> Origin:
    """Says which image a run of the workflow before has released.

    Args:
        run: the run, as GitHub's API has it.
        kept: its record, as ``deploy.release`` writes it.
        repository: OWNER/NAME of this repository.

    Raises:
        Refused: it is another workflow's, branch's or repository's run, it did not succeed, or its record is another's.
    """
    source = source_of(environment)
    found = {
        "workflow": str(run.get("path", "")).partition("@")[0],
        "branch": run.get("head_branch"),
        "repository": (run.get("repository") or {}).get("full_name"),
        "code": (run.get("head_repository") or {}).get("full_name"),
        "conclusion": run.get("conclusion"),
    }
    wanted = {
        "workflow": source.workflow,
        "branch": source.branch,
        "repository": repository,
        "code": repository,
        "conclusion": "success",
    }
    wrong = [f"{name} is {found[name]}, not {wanted[name]}" for name in wanted if found[name] != wanted[name]]
    if run.get("event") not in source.events:
        wrong.append(f"begun by {run.get('event')}, not by {' or '.join(source.events)}")
    if wrong:
        raise Refused(f"run {run.get('id')} is no release to {source.environment}: {'; '.join(wrong)}")
    return _released(source, kept, str(run.get("head_sha")))


def _released(source: Source, kept: Mapping[str, Any], commit: str) -> Origin:
    if kept.get("environment") != source.environment:
        raise Refused(f"the record is that of {kept.get('environment')}, not of {source.environment}")
    # Whatever came after the release counts: a digest that was taken back is not promoted.
    last = next((each for each in reversed(kept["runs"]) if each.get("command") in {"promote", "rollback"}), None)
    if last is None or last.get("command") != "promote" or last.get("outcome") != Outcome.DONE.name:
        said = "none" if last is None else f"{last.get('command')} {last.get('outcome')}"
        raise Refused(f"the record's last release to {source.environment} is not done: {said}")
    digest = str(last.get("digest"))
    if DIGEST.fullmatch(digest) is None:
        raise Refused(f"the record has no digest: {digest}")
    if last.get("commit") != commit:
        raise Refused(f"the record is of commit {last.get('commit')}, the run of {commit}")
    return Origin(digest, commit)


def take(run: Run, environment: str, run_id: str, repository: str) -> Origin:
    """Takes the image of a run of the workflow before, and sees that it is made of what this branch has.

    Raises:
        Refused: the run or its record is not what it must be, or the branch has other code than the image.
    """
    source = source_of(environment)
    if not run_id.isascii() or not run_id.isdigit():
        raise Refused(f"{run_id!r}: a run is a number, the last part of its address")
    found = asked(run, ["gh", "api", f"repos/{repository}/actions/runs/{run_id}"])
    with TemporaryDirectory() as directory:
        name = f"evidence-{source.environment}"
        must(run, ["gh", "run", "download", run_id, "--repo", repository, "--name", name, "--dir", directory])
        kept = read(Path(directory) / f"{source.environment}.json")
    origin = judge(environment, found, kept, repository)
    if run(["git", "merge-base", "--is-ancestor", origin.commit, "HEAD"], None).code:
        raise Refused(f"commit {origin.commit} is not in this branch: merge it first")
    if run(["git", "diff", "--quiet", origin.commit, "HEAD", "--", *BUILT_FROM], None).code:
        raise Refused(f"this branch has other code than the image of {origin.commit}: release that to dev first")
    return origin
