"""Plans shared by all tests of Terraform, and how many resources each has."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.plans import EnvironmentPlan, copy_of, planned_once, resources
from tests.terraform.terraform import terraform

COUNTS: dict[str, dict[str, int]] = {}
"""Planned resources by type, of each environment that a test has looked at."""


@pytest.fixture(scope="session")
def planned(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], EnvironmentPlan]]:
    """Plans an environment once in a run of tests, however many processes it has."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "plans"

    @cache
    def of(environment: str) -> EnvironmentPlan:
        plan = planned_once(Path(shared), environment)
        found = resources(plan.raw["planned_values"]["root_module"])
        COUNTS[environment] = dict(Counter(each["type"] for each in found))
        return plan

    yield of
    output: dict[str, Any] | None = getattr(request.config, "workeroutput", None)
    if output is not None:
        output["planned"] = COUNTS


class _Counts:
    """Collects what the processes of a parallel run have planned."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes over the counts of a process that has ended."""
        COUNTS.update(getattr(node, "workeroutput", {}).get("planned", {}))


def pytest_configure(config: pytest.Config) -> None:
    """Listens for the ends of processes."""
    config.pluginmanager.register(_Counts())


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints how much is planned."""
    for environment, counts in sorted(COUNTS.items()):
        most = ", ".join(f"{number} {kind}" for kind, number in Counter(counts).most_common(5))
        terminalreporter.write_line(f"planned for {environment}: {sum(counts.values())} resources ({most}, ...)")


@pytest.fixture(scope="session")
def applied_dev(planned: Callable[[str], EnvironmentPlan], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Applies the plan of dev to the stand-in provider; returns the root, with its state beside it."""
    root = copy_of(planned("dev"), tmp_path_factory.mktemp("applied") / "tree")
    terraform(root, "apply", "-no-color", "plan.tfplan")
    return root
