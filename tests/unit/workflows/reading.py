"""Reads workflows as GitHub does: jobs, steps, and what each job needs, however far back."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
DIRECTORY = ROOT / ".github" / "workflows"
ROLE = re.compile(r"arn:aws:iam::(\d{12}):role/[\w+=,.@-]+")


@dataclass(frozen=True, slots=True)
class Job:
    """A job of a workflow."""

    name: str
    facts: Mapping[str, Any]

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Its steps; none where it calls another workflow."""
        return list(self.facts.get("steps", []))

    @property
    def needs(self) -> list[str]:
        """Jobs that it names."""
        said = self.facts.get("needs", [])
        return [said] if isinstance(said, str) else list(said)

    @property
    def environment(self) -> str | None:
        """The environment on GitHub that it enters."""
        said = self.facts.get("environment")
        return str(said["name"]) if isinstance(said, dict) else said

    @property
    def permissions(self) -> Mapping[str, str] | None:
        """What its token may do; ``None`` where it does not say."""
        found: Mapping[str, str] | None = self.facts.get("permissions")
        return found

    @property
    def text(self) -> str:
        """All of it, as YAML."""
        return yaml.safe_dump(dict(self.facts), width=10_000, sort_keys=False)

    def runs(self) -> Iterator[str]:
        """Yields what its steps run, on one line each."""
        return (" ".join(step["run"].replace("\\\n", " ").split()) for step in self.steps if "run" in step)

    def index(self, part: str) -> int | None:
        """Returns which step first runs or uses something that has this part."""
        found = (
            number
            for number, step in enumerate(self.steps)
            if part in " ".join(str(step.get("run", "")).split()) or part in str(step.get("uses", ""))
        )
        return next(found, None)


@dataclass(frozen=True, slots=True)
class Workflow:
    """A file of ``.github/workflows``."""

    file: str
    facts: Mapping[str, Any]

    @classmethod
    def of(cls, file: str, text: str) -> "Workflow":
        """Reads one. YAML 1.1 takes the key ``on`` for true."""
        found = yaml.safe_load(text)
        return cls(file, {("on" if key is True else key): value for key, value in found.items()})

    @property
    def triggers(self) -> Mapping[str, Any]:
        """What begins it."""
        said = self.facts["on"]
        return {name: None for name in [said] if name} if isinstance(said, str) else dict(said)

    @property
    def jobs(self) -> dict[str, Job]:
        """Its jobs by name."""
        return {name: Job(name, facts) for name, facts in self.facts["jobs"].items()}

    def before(self, job: str) -> set[str]:
        """Returns every job that must have succeeded before this one begins."""
        found: set[str] = set()
        ahead = list(self.jobs[job].needs)
        while ahead:
            name = ahead.pop()
            if name not in found:
                found.add(name)
                ahead += self.jobs[name].needs
        return found


def texts() -> dict[str, str]:
    """Every workflow's text by its file."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(DIRECTORY.glob("*.y*ml"))}


def workflows() -> list[Workflow]:
    """Every workflow."""
    return [Workflow.of(file, text) for file, text in texts().items()]
