"""What AWS and operators change after an apply is not taken back by the next one.

ECS moves weights of listener rules, autoscaling counts tasks, `orders dr` writes the control table. The state is edited
as a refresh would find it then: the next plan has nothing to change, unless an ``ignore_changes`` is missing.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pytest

from tests.terraform.plans import EnvironmentPlan, copy_of, in_state
from tests.terraform.terraform import GIVEN, SOURCE, command, terraform

Attributes: TypeAlias = dict[str, Any]
Planned: TypeAlias = Callable[[str], EnvironmentPlan]

IGNORES = re.compile(r"\n *ignore_changes = \[[^]]*\]")
LOAD_BALANCERS = "module.load_balancer"
PROD = ("module.control_table", f"module.region.{LOAD_BALANCERS}", f"module.failover.{LOAD_BALANCERS}")
"""What is applied of production: what only production has, and what each region has of its own."""

pytestmark = pytest.mark.timeout(900)  # applies take long beside other processes


class Drift(NamedTuple):
    """Something that changes without Terraform.

    Attributes:
        module: whose resource it is.
        kind: type of the resource.
        change: makes the change to what the state has of a resource.
        where: the environment that is changed here.
    """

    module: str
    kind: str
    change: Callable[[Attributes], None]
    where: str = "dev"


def swap_weights(rule: Attributes) -> None:
    """ECS has moved all requests to the other target group."""
    for group in rule["action"][0]["forward"][0]["target_group"]:
        group["weight"] = 1 - group["weight"]


def add_tasks(service: Attributes) -> None:
    """Autoscaling has added tasks."""
    service["desired_count"] += 3


def take_over(item: Attributes) -> None:
    """The other region has taken over: `orders dr`."""
    written = json.loads(item["item"])
    written |= {"epoch": {"N": "2"}, "writer": {"S": "eu-west-1"}, "by": {"S": "operator"}}
    item["item"] = json.dumps(written)


def learn_services(settings: Attributes) -> None:
    """AWS Backup knows another service, and names it among the account's settings."""
    settings["resource_type_opt_in_preference"] |= {"Timestream": True}
    settings["resource_type_management_preference"] = {"DynamoDB": True, "EFS": True}


DRIFTS = (
    Drift("load_balancer", "aws_lb_listener_rule", swap_weights),
    Drift("ecs_service", "aws_ecs_service", add_tasks),
    Drift("backup", "aws_backup_region_settings", learn_services),
    Drift("control_table", "aws_dynamodb_table_item", take_over, where="prod"),
)


def drift(root: Path, where: str) -> dict[str, list[str]]:
    """Edits the state as if everything had happened; returns addresses of what changed, by module."""
    file = root / "terraform.tfstate"
    state = json.loads(file.read_text())
    changed: dict[str, list[str]] = {}
    for each in DRIFTS:
        for address, attributes in in_state(state, each.kind):
            if each.where in (where, "dev"):
                before = json.dumps(attributes)
                each.change(attributes)
                assert json.dumps(attributes) != before
                changed.setdefault(each.module, []).append(address)
    file.write_text(json.dumps(state))
    return changed


def planned_again(root: Path, where: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Plans again: exit code 0 for nothing to change, 2 for changes."""
    given = f"-var-file={GIVEN / where}.tfvars"
    return command(root, "plan", "-no-color", "-detailed-exitcode", "-out=again.tfplan", given, *arguments)


class Applied(NamedTuple):
    """An environment that was applied, and then changed by others: what was, by module, and how to plan it."""

    root: Path
    changed: dict[str, list[str]]
    arguments: tuple[str, ...]


@pytest.fixture(scope="module")
def applied(planned: Planned, applied_dev: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Applied]:
    dev = copy_of(EnvironmentPlan("dev", applied_dev, {}), tmp_path_factory.mktemp("applied") / "dev")
    prod = copy_of(planned("prod"), tmp_path_factory.mktemp("applied") / "prod")
    only = tuple(f"-target={each}" for each in PROD)
    terraform(prod, "apply", "-no-color", "-auto-approve", f"-var-file={GIVEN / 'prod.tfvars'}", *only)
    return {"dev": Applied(dev, drift(dev, "dev"), ()), "prod": Applied(prod, drift(prod, "prod"), only)}


def test_every_ignored_attribute_is_changed_here() -> None:
    ignoring = {file.parent.name for file in (SOURCE / "modules").rglob("*.tf") if IGNORES.search(file.read_text())}
    assert ignoring == {each.module for each in DRIFTS}


@pytest.mark.parametrize("where", ["dev", "prod"])
def test_nothing_is_to_change_after_what_others_have_changed(applied: dict[str, Applied], where: str) -> None:
    root, changed, arguments = applied[where]
    # Both rules, every service; in production the rules of both regions, and who writes.
    counts = {module: len(addresses) for module, addresses in changed.items()}
    assert counts == (
        {"load_balancer": 2, "ecs_service": 8, "backup": 1}
        if where == "dev"
        else {"load_balancer": 4, "control_table": 1}
    )
    again = planned_again(root, where, *arguments)
    assert again.returncode == 0, again.stdout + again.stderr


@pytest.mark.parametrize("each", DRIFTS, ids=[each.module for each in DRIFTS])
def test_without_ignoring_it_would_be_taken_back(applied: dict[str, Applied], tmp_path: Path, each: Drift) -> None:
    root, changed, _ = applied[each.where]
    tree = root.parents[3]
    shutil.copytree(tree, tmp_path / "copy", symlinks=True)
    copy = tmp_path / "copy" / root.relative_to(tree)
    removed = 0
    for file in (copy.parents[1] / "modules" / each.module).glob("*.tf"):
        text, found = IGNORES.subn("", file.read_text())
        file.write_text(text)
        removed += found
    assert removed == 1

    addresses = changed[each.module]
    targets = (f"-target={address}" for address in addresses)
    again = planned_again(copy, each.where, "-refresh=false", *targets)
    assert again.returncode == 2, again.stdout + again.stderr
    plan = json.loads(terraform(copy, "show", "-json", "again.tfplan"))
    taken_back = {one["address"] for one in plan["resource_changes"] if one["change"]["actions"] == ["update"]}
    assert taken_back == set(addresses)
