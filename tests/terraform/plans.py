"""The plans of the environments, each made once for all tests and processes that look at it."""

import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from tests.terraform.terraform import copied, plan

Values: TypeAlias = Mapping[str, Any]

ENVIRONMENTS = ("dev", "sit", "prod")
REGIONS: Mapping[str, Mapping[str, str]] = {
    "dev": {"region": "eu-west-1"},
    "sit": {"region": "eu-west-1"},
    "prod": {"region": "af-south-1", "failover": "eu-west-1"},
}
"""What has a region's stack in each environment's root, and the region it is in."""


@dataclass(frozen=True, slots=True)
class EnvironmentPlan:
    """What is planned for an environment, where nothing is yet.

    Attributes:
        environment: its name.
        directory: copy of its root, initialised, with the plan's file.
        raw: the plan as ``terraform show -json`` has it.
    """

    environment: str
    directory: Path
    raw: Mapping[str, Any]

    def all(self, kind: str, within: str = "") -> list[Values]:
        """Returns planned values of all resources of a type below a module, each with its ``address``."""
        prefix = f"module.{within}." if within else ""
        return [
            {**each["values"], "address": each["address"]}
            for each in resources(self.raw["planned_values"]["root_module"])
            if each["type"] == kind and each["address"].startswith(prefix)
        ]

    def one(self, kind: str, within: str = "", **wanted: Any) -> Values:
        """Returns the one resource of a type whose attributes are these. Raises: AssertionError: none, or several."""
        found = [each for each in self.all(kind, within) if wanted.items() <= each.items()]
        assert len(found) == 1, f"{len(found)} of {kind} in {self.environment} {within} with {wanted}"
        return found[0]

    def by(self, kind: str, attribute: str, within: str = "") -> dict[str, Values]:
        """Returns the resources of a type by one of their attributes."""
        return {each[attribute]: each for each in self.all(kind, within)}

    @property
    def places(self) -> tuple[str, ...]:
        """Modules that have what a region has."""
        return tuple(REGIONS[self.environment])


def resources(module: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the managed resources of a module and those beneath it."""
    for each in module.get("resources", []):
        if each["mode"] == "managed":
            yield each
    for child in module.get("child_modules", []):
        yield from resources(child)


def planned_once(shared: Path, environment: str) -> EnvironmentPlan:
    """Plans an environment, unless another process of this run has: they share a directory."""
    shared.mkdir(parents=True, exist_ok=True)
    with (shared / f"{environment}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        copy = shared / environment
        directory = copy / "deploy" / "terraform" / "environments" / environment
        known = copy / "plan.json"
        if not known.exists():
            copied(copy)
            known.write_text(json.dumps(plan(directory)))
        return EnvironmentPlan(environment, directory, json.loads(known.read_text()))


def in_state(state: Mapping[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields addresses and attributes of a type's resources in a state file."""
    for resource in state["resources"]:
        if resource["mode"] == "managed" and resource["type"] == kind:
            for instance in resource["instances"]:
                key = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
                yield f"{resource['module']}.{kind}.{resource['name']}{key}", instance["attributes"]


def copy_of(plan: EnvironmentPlan, target: Path) -> Path:
    """Copies a planned environment with its tree; returns its root in the copy."""
    tree = plan.directory.parents[3]
    shutil.copytree(tree, target, symlinks=True)
    return target / plan.directory.relative_to(tree)
