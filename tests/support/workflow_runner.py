"""Runs the shell steps of a workflow's job as GitHub's runner does: the very text, by bash, with the step's variables.

Actions (``uses``) are no shell steps: each is stood in for by a function, by the action's name. What a step or job has
that is not known here is an error, so that nothing of a workflow is passed over without a word.
"""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.workflow_expressions import Contexts, holds, substituted
from tests.unit.workflows.reading import Job, Workflow

SHELLS = {"bash": ("bash", "--noprofile", "--norc", "-eo", "pipefail")}
"""https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell"""
_STEP = {"name", "id", "if", "env", "run", "uses", "with"}
_WITHIN_SECONDS = 240


@dataclass(frozen=True, slots=True)
class StepRan:
    """A step, and what became of it.

    Attributes:
        outcome: ``success``, ``failure`` or ``skipped``, as GitHub calls them; ``left out`` where the test says so.
        said: its standard output and error.
    """

    name: str
    outcome: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class JobRan:
    """A job that has ended."""

    name: str
    steps: Sequence[StepRan]
    outputs: Mapping[str, str]
    summary: str = ""

    @property
    def result(self) -> str:
        """As ``needs`` has it."""
        return "failure" if any(each.outcome == "failure" for each in self.steps) else "success"

    def step(self, name: str) -> StepRan:
        """Returns a step by its name."""
        (found,) = [each for each in self.steps if each.name == name]
        return found

    @property
    def said(self) -> str:
        """What its steps have printed, for whoever reads why it failed."""
        return "\n".join(f"== {self.name}: {each.name}: {each.outcome}\n{each.said}" for each in self.steps)


@dataclass(slots=True)
class Machine:
    """The machine that a job is run on: a new one for each.

    Attributes:
        workspace: directory of the checkout, which all machines share here.
        variables: what every step is given.
        more: variables that actions have set for the steps after them.
    """

    workspace: Path
    variables: Mapping[str, str]
    more: dict[str, str] = field(default_factory=dict)


Action = Callable[[Machine, Mapping[str, str]], None]
"""Stands in for an action; the second argument is its ``with``."""


def name_of(step: Mapping[str, Any]) -> str:
    """Returns a step's name; that of its action where it has none."""
    return str(step.get("name") or action_of(step))


def action_of(step: Mapping[str, Any]) -> str:
    """Returns the action of a step, without its commit."""
    return str(step["uses"]).partition("@")[0]


class JobRunner:
    """Runs jobs.

    Args:
        directory: for the files that steps write for the runner.
        actions: stand-ins by action.
        left_out: names of steps that are not run, by workflow and job; whoever gives them says why.
    """

    def __init__(
        self, directory: Path, actions: Mapping[str, Action], left_out: Callable[[str, str], set[str]]
    ) -> None:
        self._directory = directory
        self._actions = actions
        self._left_out = left_out
        self._jobs = 0

    def run(self, workflow: Workflow, name: str, machine: Machine, contexts: Mapping[str, Any]) -> JobRan:
        """Runs one job to its end. Raises: NotUnderstood, AssertionError: it has what is not known here."""
        job, self._jobs = workflow.jobs[name], self._jobs + 1
        files = {each: self._directory / f"{self._jobs}-{name}-{each}" for each in ("OUTPUT", "STEP_SUMMARY", "ENV")}
        for path in files.values():
            path.touch()
        machine.more.update({f"GITHUB_{each}": str(path) for each, path in files.items()})
        known: dict[str, Any] = {"steps": {}} | dict(contexts)
        ran: list[StepRan] = []
        for step in job.steps:
            failed = any(each.outcome == "failure" for each in ran)
            done = self._step(workflow, job, step, machine, Contexts(known, failed))
            ran.append(done)
            if "id" in step:
                known["steps"][step["id"]] = {"outcome": done.outcome, "outputs": _outputs(files["OUTPUT"])}
            files["OUTPUT"].write_text("")
        assert files["ENV"].read_text() == "", "variables for later steps are not known here"
        # What a job gives is what its steps have given: those that were not reached have given nothing.
        outputs = {} if any(each.outcome == "failure" for each in ran) else job.facts.get("outputs", {})
        given = {key: substituted(text, Contexts(known)) for key, text in outputs.items()}
        return JobRan(name, ran, given, files["STEP_SUMMARY"].read_text(encoding="utf-8"))

    def _step(
        self, workflow: Workflow, job: Job, step: Mapping[str, Any], machine: Machine, contexts: Contexts
    ) -> StepRan:
        name = name_of(step)
        assert step.keys() <= _STEP, f"{job.name}, {name}: {sorted(step.keys() - _STEP)} is not known here"
        if not holds(step.get("if"), contexts):
            return StepRan(name, "skipped")
        if "uses" in step:
            given = {key: substituted(str(value), contexts) for key, value in step.get("with", {}).items()}
            self._actions[action_of(step)](machine, given)
            return StepRan(name, "success")
        variables = {key: substituted(str(value), contexts) for key, value in step.get("env", {}).items()}
        script = substituted(step["run"], contexts)
        if name in self._left_out(workflow.file, job.name):
            return StepRan(name, "left out")
        return _ran(name, script, shell_of(workflow, job), machine, variables)


def shell_of(workflow: Workflow, job: Job) -> Sequence[str]:
    """Returns the shell of a job's steps, as the workflow names it. Raises: AssertionError: it names none we know."""
    assert "defaults" not in job.facts
    said = workflow.facts.get("defaults", {}).get("run", {})
    assert said.keys() == {"shell"}, f"{workflow.file} names no shell for its steps"
    return SHELLS[said["shell"]]


def _ran(name: str, script: str, shell: Sequence[str], machine: Machine, variables: Mapping[str, str]) -> StepRan:
    file = Path(machine.more["GITHUB_OUTPUT"]).with_suffix(".sh")
    file.write_text(script, encoding="utf-8")
    done = subprocess.run(
        [*shell, str(file)], cwd=machine.workspace, env=dict(machine.variables) | machine.more | dict(variables),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=_WITHIN_SECONDS, check=False,
    )  # fmt: skip
    return StepRan(name, "failure" if done.returncode else "success", done.stdout)


def _outputs(file: Path) -> dict[str, str]:
    """Reads what a step has written to ``GITHUB_OUTPUT``: names and values on a line each."""
    lines = file.read_text(encoding="utf-8").splitlines()
    assert all("=" in line and "<<" not in line for line in lines), "outputs of several lines are not known here"
    return dict(line.partition("=")[::2] for line in lines)
