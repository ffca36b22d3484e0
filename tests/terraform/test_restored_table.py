"""A table that was restored takes the place of the declared one in the state, as docs/runbooks/restore.md does it.

`terraform import` asks AWS: here the state is edited as it would be after it, with a table that lacks what a restore
does not bring along.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.plans import EnvironmentPlan, copy_of
from tests.terraform.terraform import GIVEN, terraform

OLD = "bbws-customer-portal-orders-prod"
NEW = f"{OLD}-restored-202611300210"
TABLE = "module.table.aws_dynamodb_table.this"
GIVEN_TO_PROD = f"-var-file={GIVEN / 'prod.tfvars'}"
RESTORED = f"-var=restored_table={NEW}"
ONLY_TABLE = "-target=module.table"

pytestmark = pytest.mark.timeout(900)  # applies take long beside other processes


def adopt(root: Path) -> None:
    """Edits the state as `state rm module.table` and `import` leave it."""
    terraform(root, "state", "rm", "module.table")
    backups = sorted(root.glob("terraform.tfstate.*.backup"))
    before, file = json.loads(backups[-1].read_text()), root / "terraform.tfstate"
    table = next(
        each
        for each in before["resources"]
        if each.get("module") == "module.table" and each["type"] == "aws_dynamodb_table"
    )
    attributes = table["instances"][0]["attributes"]
    attributes |= {
        "name": NEW, "id": NEW, "arn": attributes["arn"].replace(OLD, NEW), "ttl": [], "replica": [], "tags": {},
        "tags_all": {}, "stream_enabled": False, "stream_view_type": "", "deletion_protection_enabled": False,
        "point_in_time_recovery": [{"enabled": False, "recovery_period_in_days": 0}],
    }  # fmt: skip
    state = json.loads(file.read_text())
    state["resources"].append(table)
    file.write_text(json.dumps(state))


@pytest.fixture(scope="module")
def adopted(planned: Callable[[str], EnvironmentPlan], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = copy_of(planned("prod"), tmp_path_factory.mktemp("adopted") / "prod")
    terraform(root, "apply", "-no-color", "-auto-approve", GIVEN_TO_PROD, ONLY_TABLE)
    adopt(root)
    terraform(root, "plan", "-no-color", "-out=adopted.tfplan", GIVEN_TO_PROD, RESTORED, ONLY_TABLE)
    plan: dict[str, Any] = json.loads(terraform(root, "show", "-json", "adopted.tfplan"))
    return plan


def test_it_is_changed_in_place_and_nothing_is_destroyed(adopted: dict[str, Any]) -> None:
    actions = {each["address"]: each["change"]["actions"] for each in adopted["resource_changes"]}
    assert actions[TABLE] == ["update"]
    assert [address for address, done in actions.items() if "delete" in done] == []
    made = {address.split(".")[2].split("[")[0] for address, done in actions.items() if done == ["create"]}
    assert made == {"aws_dynamodb_resource_policy", "aws_dynamodb_contributor_insights"}


def test_it_gets_what_a_restore_does_not_bring(adopted: dict[str, Any]) -> None:
    table = next(each["change"]["after"] for each in adopted["resource_changes"] if each["address"] == TABLE)
    assert table["name"] == NEW
    assert (table["ttl"][0]["attribute_name"], table["ttl"][0]["enabled"]) == ("expiresAt", True)
    assert table["stream_view_type"] == "NEW_AND_OLD_IMAGES"
    assert table["deletion_protection_enabled"] is True
    assert table["point_in_time_recovery"][0] == {"enabled": True, "recovery_period_in_days": 35}
    assert [each["region_name"] for each in table["replica"]] == ["eu-west-1"]
    assert table["tags_all"]


def test_every_task_is_told_its_name(planned: Callable[[str], EnvironmentPlan], tmp_path: Path) -> None:
    root = copy_of(planned("prod"), tmp_path / "prod")
    terraform(root, "plan", "-no-color", "-out=named.tfplan", GIVEN_TO_PROD, RESTORED)
    plan = json.loads(terraform(root, "show", "-json", "named.tfplan"))
    tasks = [each["change"]["after"] for each in plan["resource_changes"] if each["type"] == "aws_ecs_task_definition"]
    told = {
        setting["value"]
        for task in tasks
        for container in json.loads(task["container_definitions"])
        for setting in container.get("environment", ())
        if setting["name"] == "ORDERS_TABLE"
    }
    assert (len(tasks) > 10, told) == (True, {NEW})
