"""Plans: a release's, and those that do more. `tests/terraform/test_release_plan.py` judges Terraform's own."""

import json
from typing import Any

import pytest

from deploy.release.plan import judge
from tests.unit.release.world import NEW, OLD

TASK = 'module.region.module.services.module.task["api"].aws_ecs_task_definition.this'
SERVICE = 'module.region.module.services.module.service["api"].aws_ecs_service.this'
RELEASE_ALARM = 'module.region.module.monitoring.aws_cloudwatch_metric_alarm.release["error rate"]'
OTHER_ALARM = 'module.region.module.monitoring.aws_cloudwatch_metric_alarm.this["error rate"]'


def change(address: str, *actions: str, digest: str = NEW) -> dict[str, Any]:
    kind = address.split(".")[-2] if not address.endswith("]") else "aws_cloudwatch_metric_alarm"
    containers = [
        {"name": "log-router", "image": "fluent-bit:3"},
        {"name": "orders", "image": f"registry/bbws-orders@{digest}"},
    ]
    after = {"container_definitions": json.dumps(containers)}
    return {"address": address, "type": kind, "change": {"actions": list(actions), "after": after}}


def plan(*changes: dict[str, Any], digest: str = NEW) -> dict[str, Any]:
    return {"variables": {"image_digest": {"value": digest}}, "resource_changes": list(changes)}


def test_definitions_services_and_alarms_of_the_revision_are_a_release() -> None:
    judged = judge(
        plan(change(TASK, "create", "delete"), change(SERVICE, "update"), change(RELEASE_ALARM, "update")), NEW
    )
    assert judged.faults == ()
    assert judged.changes == {TASK: "replace", SERVICE: "update", RELEASE_ALARM: "update"}


def test_what_is_only_read_or_left_alone_is_no_change() -> None:
    assert judge(plan(change(SERVICE, "no-op"), change("module.region.aws_vpc.this", "read")), NEW).empty


@pytest.mark.parametrize(
    "more",
    [
        change(SERVICE, "delete", "create"),
        change(SERVICE, "delete"),
        change(SERVICE, "create"),
        change(TASK, "delete"),
        change(OTHER_ALARM, "update"),
        change(RELEASE_ALARM, "delete"),
        change("module.region.aws_dynamodb_table.this", "update"),
        change("module.region.aws_sqs_queue.this", "create"),
        change("module.region.aws_iam_role.this", "forget"),
    ],
)
def test_anything_else_is_refused_and_named(more: dict[str, Any]) -> None:
    (fault,) = judge(plan(change(TASK, "create", "delete"), more), NEW).faults
    assert more["address"] in fault


def test_a_plan_of_another_image_is_refused() -> None:
    (fault,) = judge(plan(digest=OLD), NEW).faults
    assert fault == f"the plan is of image_digest {OLD}, not {NEW}"


def test_a_definition_that_would_run_another_image_is_refused() -> None:
    (fault,) = judge(plan(change(TASK, "create", "delete", digest=OLD)), NEW).faults
    assert fault == f"{TASK} would not run {NEW}"


def test_a_plan_that_ended_with_an_error_is_refused() -> None:
    assert judge(plan() | {"errored": True}, NEW).faults == ("the plan ended with an error",)
