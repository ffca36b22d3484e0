"""Runs workflows from a checkout, one job after the other, on the stand-ins of this package."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.releasing.cloud import Cloud
from tests.e2e.releasing.machine import GitHub
from tests.support.workflow_expressions import Contexts, holds, substituted
from tests.support.workflow_runner import Action, JobRan, JobRunner, Machine
from tests.unit.workflows.reading import ROOT, Job, Workflow
from tests.unit.workflows.shell_steps import ACTIONS, LEFT_OUT, LEFT_OUT_JOBS

ACTOR = "deployer"
_CALLED = "./.github/workflows/"


def checkout(directory: Path) -> str:
    """Makes a checkout of the working tree as it is, with one commit more than its own; returns that commit.

    Environments are the tree's own: `make venv` finds everything installed, or the test ends before it could install.
    """
    stamps = [".venv/.project", ".venv-emulator/.requirements"]
    asked = subprocess.run(["make", "--question", *stamps], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert asked.returncode == 0, "what the project needs has changed: run `make setup` first"
    _git(ROOT, "clone", "--quiet", "--shared", "--no-checkout", str(ROOT), str(directory))
    for name in filter(None, _git(ROOT, "ls-files", "-z").split("\0")):
        if (ROOT / name).exists():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, directory / name)
    for environment in (".venv", ".venv-emulator"):
        (directory / environment).symlink_to(ROOT / environment)
    who = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    _git(directory, "add", "--all")
    _git(directory, *who, "commit", "--quiet", "--allow-empty", "--no-verify", "--message", "The next release")
    return _git(directory, "rev-parse", "HEAD").strip()


def _git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=directory, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass(slots=True)
class Runs:
    """Runs of workflows, each with its number.

    Attributes:
        variables: what every step is given: PATH and the network.
        ran: every job that was run, by workflow.
    """

    workspace: Path
    directory: Path
    commit: str
    variables: Mapping[str, str]
    secrets: Mapping[str, str]
    clouds: Mapping[str, Cloud]
    github: GitHub
    ran: list[tuple[str, JobRan]] = field(default_factory=list)

    def run(self, file: str, number: str, inputs: Mapping[str, str], *, must: bool = True) -> dict[str, JobRan]:
        """Runs a workflow's jobs in their order, but for those that are left out; ``must``: all of them succeed."""
        workflow = self._workflow(file)
        done: dict[str, JobRan] = {}
        for name, job in workflow.jobs.items():
            failed = any(done[each].result != "success" for each in job.needs if each in done)
            if (file, name) in LEFT_OUT_JOBS or not holds(job.facts.get("if"), Contexts({}, failed)):
                continue
            called = job.facts.get("uses")
            done[name] = self._called(called, number) if called else self.job(workflow, job, number, inputs, done)
            assert not must or done[name].result == "success", done[name].said
        return done

    def job(
        self, workflow: Workflow, job: Job, number: str, inputs: Mapping[str, str], before: Mapping[str, JobRan]
    ) -> JobRan:
        """Runs one job on a machine of its own."""
        for made in ("dist", "evidence"):
            shutil.rmtree(self.workspace / made, ignore_errors=True)
        contexts: dict[str, Any] = {
            "secrets": self.secrets,
            "inputs": inputs,
            "github": {"token": "a token of this run"},
            "needs": {e: {"result": before[e].result, "outputs": before[e].outputs} for e in job.needs if e in before},
        }
        machine = Machine(self.workspace, self._variables(number))
        left_out = {step for each, of, step in LEFT_OUT if (each, of) == (workflow.file, job.name)}
        runner = JobRunner(self._files(), self._actions(number), lambda *_: left_out)
        ran = runner.run(workflow, job.name, machine, contexts)
        self.ran.append((workflow.file, ran))
        return ran

    def of(self, file: str, name: str) -> tuple[Workflow, Job]:
        """Returns a job as it stands in the checkout."""
        workflow = self._workflow(file)
        return workflow, workflow.jobs[name]

    def _workflow(self, file: str) -> Workflow:
        path = self.workspace / ".github" / "workflows" / file
        return Workflow.of(file, path.read_text(encoding="utf-8"))

    def _called(self, path: str, number: str) -> JobRan:
        """Runs the workflow that a job calls, and gives what that one gives."""
        file = path.removeprefix(_CALLED)
        jobs = self.run(file, number, {})
        outputs = self._workflow(file).triggers["workflow_call"]["outputs"]
        given = {"jobs": {name: {"outputs": job.outputs} for name, job in jobs.items()}}
        return JobRan(file, [], {name: substituted(each["value"], Contexts(given)) for name, each in outputs.items()})

    def _variables(self, number: str) -> dict[str, str]:
        return dict(self.variables) | {
            "CI": "true",
            "HOME": str(self.directory),
            "GITHUB_ACTOR": ACTOR,
            "GITHUB_REPOSITORY": self.github.repository,
            "GITHUB_RUN_ID": number,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_SHA": self.commit,
        }

    def _files(self) -> Path:
        made = self.directory / f"job-{len(self.ran)}"
        made.mkdir()
        return made

    # Actions.

    def _actions(self, number: str) -> dict[str, Action]:
        known: dict[str, Action] = {
            "actions/upload-artifact": lambda machine, given: self._keep(number, machine, given),
            "actions/download-artifact": lambda machine, given: self._fetch(number, machine, given),
            "aws-actions/configure-aws-credentials": self._take_role,
        }
        return dict.fromkeys(ACTIONS, lambda *_: None) | known

    def _keep(self, number: str, machine: Machine, given: Mapping[str, str]) -> None:
        kept = self.directory / "artefacts" / number / given["name"]
        kept.mkdir(parents=True, exist_ok=True)
        lines = given["path"].split()
        for line in lines:
            path = machine.workspace / line
            if line.startswith("!"):
                continue
            if path.is_dir():
                # What all paths have in common is left away, as by the action.
                shutil.copytree(path, kept, dirs_exist_ok=True, copy_function=os.link)
            elif path.exists():
                (kept / path.name).unlink(missing_ok=True)
                (kept / path.name).hardlink_to(path)
        for line in lines:
            for path in kept.glob(Path(line[1:]).name) if line.startswith("!") else ():
                path.unlink()
        self.github.artefacts[number, given["name"]] = kept

    def _fetch(self, number: str, machine: Machine, given: Mapping[str, str]) -> None:
        kept = self.github.artefacts[number, given["name"]]
        shutil.copytree(kept, machine.workspace / given["path"], copy_function=os.link)

    def _take_role(self, machine: Machine, given: Mapping[str, str]) -> None:
        account = given["role-to-assume"].split(":")[4]
        (cloud,) = [each for each in self.clouds.values() if each.environment.account == account]
        machine.more |= dict(cloud.variables) | {"AWS_REGION": given["aws-region"]}
