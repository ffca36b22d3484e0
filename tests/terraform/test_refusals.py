"""What tables and buckets refuse to everybody, administrators too, is refused in every region ([SEC-9])."""

import json
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from orders.bootstrap.resources.topology_file import packaged_topology
from tests.terraform.plans import ENVIRONMENTS, REGIONS, EnvironmentPlan

DELETES = {"dynamodb:DeleteItem", "dynamodb:DeleteTable", "dynamodb:DeleteTableReplica", "dynamodb:PartiQLDelete"}
BATCHES = {"dynamodb:BatchWriteItem"}
STATEMENTS = {"dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"}
WRITES = BATCHES | STATEMENTS | {"dynamodb:PutItem", "dynamodb:UpdateItem"}
REFUSED = {"dev": set[str](), "sit": DELETES, "prod": DELETES | BATCHES}
COPYING = "role/aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication"


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def plan(request: pytest.FixtureRequest, planned: Callable[[str], EnvironmentPlan]) -> EnvironmentPlan:
    return planned(cast("str", request.param))


@pytest.mark.parametrize("key", ["orders", "erasure_ledger"])
def test_every_copy_of_a_table_refuses_what_the_service_never_does(plan: EnvironmentPlan, key: str) -> None:
    name = packaged_topology().table_name(plan.environment, key)
    policies = _of_table(plan, name)
    # Events are settled by statements, erasures entered without.
    also = STATEMENTS if (plan.environment, key) == ("prod", "erasure_ledger") else set[str]()
    refused = REFUSED[plan.environment] | also
    assert policies.keys() == (set(REGIONS[plan.environment].values()) if refused else set())
    for region, statements in policies.items():
        (statement,) = statements
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert set(statement["Action"]) == refused
        assert statement["Resource"].endswith(f":{region}:{_account(statement)}:table/{name}")
        # Who denies DynamoDB its copying turns the copies into tables of their own after 20 hours.
        assert _excepted(statement, "ArnNotEquals") == [COPYING]


def test_only_the_region_switch_writes_which_region_writes(planned: Callable[[str], EnvironmentPlan]) -> None:
    plan = planned("prod")
    control = packaged_topology().table_of("control")
    policies = _of_table(plan, packaged_topology().table_name("prod", "control"))
    assert len(policies) == 2
    roles = {role["name"] for role in plan.all("aws_iam_role")}
    for statements in policies.values():
        writing, deleting = sorted(statements, key=lambda each: "PutItem" not in str(each["Action"]))
        assert set(writing["Action"]) == WRITES
        assert set(deleting["Action"]) == DELETES
        switch, copying = sorted(_excepted(writing, "ArnNotLike"), reverse=True)
        assert copying == COPYING
        assert switch == "role/bbws-orders-prod-region-switch-*"
        assert any(role.startswith(switch.removeprefix("role/").rstrip("*")) for role in roles)
        assert _excepted(deleting, "ArnNotEquals") == [COPYING]
    assert control.name in str(policies)


def test_production_s_objects_are_deleted_by_the_erasing_role_alone(plan: EnvironmentPlan) -> None:
    for module, region in REGIONS[plan.environment].items():
        refusals = {
            policy["address"].rpartition("[")[2].strip('"]'): statement
            for policy in plan.all("aws_s3_bucket_policy", module)
            for statement in json.loads(policy["policy"])["Statement"]
            if "s3:DeleteObject" in statement["Action"]
        }
        assert refusals.keys() == ({"orders", "templates"} if plan.environment == "prod" else set())
        for key, statement in refusals.items():
            assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
            assert set(statement["Action"]) == {"s3:DeleteObject", "s3:DeleteObjectVersion"}
            if key == "orders":
                excepted = set(_excepted(statement, "ArnNotEquals"))
                plan.one("aws_iam_role", module, name=f"bbws-orders-prod-event-processor-{region}")
                # Erasure reaches both regions' copies from either.
                assert excepted == {
                    f"role/bbws-orders-prod-event-processor-{each}" for each in REGIONS["prod"].values()
                }
            else:
                assert "Condition" not in statement


def test_a_release_can_t_lift_what_is_refused(plan: EnvironmentPlan) -> None:
    never = plan.one("aws_iam_policy", name=f"bbws-release-never-{plan.environment}")["policy"]
    denied = {action for statement in json.loads(never)["Statement"] for action in statement["Action"]}
    assert ("dynamodb:DeleteResourcePolicy" in denied) is bool(REFUSED[plan.environment])


def _of_table(plan: EnvironmentPlan, name: str) -> dict[str, list[dict[str, Any]]]:
    return {
        policy["region"]: json.loads(policy["policy"])["Statement"]
        for policy in plan.all("aws_dynamodb_resource_policy")
        if policy["resource_arn"].endswith(f":table/{name}")
    }


def _excepted(statement: dict[str, Any], operator: str) -> list[str]:
    assert statement["Condition"].keys() == {operator}
    return list(_resources(statement["Condition"][operator]["aws:PrincipalArn"]))


def _resources(arns: str | list[str]) -> Iterator[str]:
    for arn in [arns] if isinstance(arns, str) else arns:
        yield arn.split(":", 5)[5]


def _account(statement: dict[str, Any]) -> str:
    return str(statement["Resource"].split(":")[4])
