"""Settings of the repository on GitHub, as ``deploy/github/environments.json`` has them: shown, or applied by gh.

https://docs.github.com/en/rest/deployments/environments, https://docs.github.com/en/rest/repos/rules
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.release.figures import ROOT
from deploy.release.model import Refused
from deploy.workflows.commands import Run, asked, must

FILE = ROOT / "deploy" / "github" / "environments.json"


@dataclass(frozen=True, slots=True)
class Change:
    """One call of GitHub's API."""

    method: str
    path: str
    body: Any

    @property
    def words(self) -> str:
        """The call, for people."""
        return f"{self.method} {self.path} {json.dumps(self.body)}"


def read(path: Path = FILE) -> dict[str, Any]:
    """Returns the settings."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def approver_environments(name: str, path: Path = FILE) -> list[str]:
    """Returns the environments on GitHub that an environment's approvers approve in, in their order."""
    entries = read(path)["environments"]
    return [each for each, entry in entries.items() if entry["environment"] == name and entry["approves"]]


def changes(settings: Any, run: Run) -> Iterator[Change]:
    """Yields what to send, in order; asks for teams' ids and what rules there are. Raises: Refused."""
    repository = settings["repository"]["name"]
    owner = repository.partition("/")[0]
    base = f"repos/{repository}"
    yield Change("PATCH", base, {"default_branch": settings["repository"]["default_branch"]})
    for name, entry in settings["environments"].items():
        yield Change("PUT", f"{base}/environments/{name}", _environment(entry, owner, run))
        policies = f"{base}/environments/{name}/deployment-branch-policies"
        # Right after it was made there is none; one that is there already is answered by an error.
        there = {each["name"] for each in _policies(run, policies)}
        for branch in entry["branches"]:
            if branch not in there:
                yield Change("POST", policies, {"name": branch, "type": "branch"})
    known = {each["name"]: each["id"] for each in asked(run, ["gh", "api", f"{base}/rulesets"])}
    for ruleset in settings["rulesets"]:
        number = known.get(ruleset["name"])
        where = f"{base}/rulesets" if number is None else f"{base}/rulesets/{number}"
        yield Change("POST" if number is None else "PUT", where, ruleset)


def apply(settings: Any, run: Run, *, really: bool) -> list[str]:
    """Returns the calls; makes each before the next is asked for, if it is really to be done. Raises: Refused."""
    made = []
    for change in changes(settings, run):
        if really:
            must(run, ["gh", "api", "--method", change.method, change.path, "--input", "-"], json.dumps(change.body))
        made.append(change.words)
    return made


def _environment(entry: Any, owner: str, run: Run) -> dict[str, Any]:
    return {
        "wait_timer": entry["wait_minutes"],
        "prevent_self_review": entry["prevent_self_review"],
        "reviewers": [{"type": "Team", "id": _team(run, owner, team)} for team in entry["reviewers"]] or None,
        "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
    }


def _team(run: Run, owner: str, slug: str) -> int:
    found = asked(run, ["gh", "api", f"orgs/{owner}/teams/{slug}"])
    if not isinstance(found.get("id"), int):
        raise Refused(f"there is no team {slug} in {owner}")
    return int(found["id"])


def _policies(run: Run, path: str) -> Sequence[Any]:
    done = run(["gh", "api", path], None)
    return [] if done.code else list(json.loads(done.out)["branch_policies"])
