"""Each role may do what the service was recorded to do, and nothing that it never does ([SEC-9]).

The calls come from the end-to-end suite on planned resources and from the contract suites: `make planned`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import cast

import pytest

from tests.iam.callers import calls_of_roles
from tests.iam.grants import Grants, grants_of, principals, unknown_policies
from tests.iam.policy import Request, Statement, is_allowed
from tests.iam.recording import CONTRACT, Call, recorded_calls
from tests.planned.applied_plan import ResourcePlan, known
from tests.terraform.plans import ENVIRONMENTS, EnvironmentPlan

ECS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide"
KMS = "https://docs.aws.amazon.com/kms/latest/developerguide"

NOT_RECORDED: Mapping[str, str] = MappingProxyType({
    "DeliverLogs": f"the log router, a sidecar, delivers to CloudWatch: {ECS}/using_firelens.html",
    "ReadSidecarConfiguration": f"the log router reads its configuration from a bucket: {ECS}/firelens-taskdef.html",
    "LocateSidecarConfiguration": f"the same; it asks in which region the bucket is: {ECS}/firelens-taskdef.html",
    "SendTraces": f"the collector, a sidecar, sends traces: {ECS}/trace-data.html",
    "UseTableKey": f"DynamoDB uses the key in the caller's name: {KMS}/services-dynamodb.html",
    "UseBucketsKey": f"S3 uses the key in the caller's name: {KMS}/services-s3.html",
    "UseOtherBucketsKey": f"the same in the other region: {KMS}/services-s3.html",
    "UseSecretsKey": f"Secrets Manager uses the key in the caller's name: {KMS}/services-secrets-manager.html",
    "ReadWritersLease": "production's control table: whoever may write, see tests/contract/test_control_table.py",
})  # fmt: skip
"""Statements that no recorded call needs, and who does."""

NOT_OURS: Mapping[str, str] = MappingProxyType({
    "reader": "people who look at logs and figures in the console",
    "region-switch": "people who run `orders dr` on the control table",
})  # fmt: skip
"""Roles with a task's policy that no process of the suites runs in, and whose they are."""

WITHOUT_RESOURCES = frozenset({
    "cloudwatch:GetMetricData", "ecr:GetAuthorizationToken", "ses:GetSendQuota", "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
})  # fmt: skip
"""Actions that know no resources (Service Authorization Reference): ``*`` is all that can be written."""

DATA_ACTIONS = (
    "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem",
    "dynamodb:GetRecords", "dynamodb:PartiQLDelete", "dynamodb:PartiQLInsert", "dynamodb:PartiQLSelect",
    "dynamodb:PartiQLUpdate", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem",
    "events:PutEvents", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom",
    "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject",
    "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "ses:SendEmail", "ses:SendRawEmail",
    "sns:Publish", "sqs:DeleteMessage", "sqs:PurgeQueue", "sqs:ReceiveMessage", "sqs:SendMessage",
)  # fmt: skip
"""Actions that read, write or move what customers and shops gave: each is granted by its name."""

DELETIONS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "aws_dynamodb_table": (
        "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:DeleteTable", "dynamodb:PartiQLDelete",
    ),
    "aws_s3_bucket": ("s3:DeleteBucket", "s3:DeleteObject", "s3:DeleteObjectVersion"),
})  # fmt: skip
DATA_BUCKETS = ("bbws-orders-prod", "bbws-email-templates-prod")

_OF_ONE_ORDER = re.compile(r"(?<=bbws-orders-)(\w+)/.*")

pytestmark = pytest.mark.recorded


Plans = Callable[[str], ResourcePlan]


@pytest.fixture(scope="module")
def plans(planned: Callable[[str], EnvironmentPlan]) -> Plans:
    return lambda name: known(planned(name).raw)


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def plan(request: pytest.FixtureRequest, plans: Plans) -> ResourcePlan:
    return plans(cast("str", request.param))


@pytest.fixture(scope="module")
def grants(plan: ResourcePlan) -> list[Grants]:
    found = grants_of(plan)
    assert found, "the plan has no task roles"
    return found


@pytest.fixture(scope="module")
def calls(request: pytest.FixtureRequest) -> tuple[Call, ...]:
    found = tuple(recorded_calls(Path(request.config.getoption("--recorded"))))
    assert {CONTRACT, "operator"} < {call.role for call in found}, "`make planned` records them"
    return found


@pytest.fixture(scope="module")
def requests(grants: list[Grants], calls: tuple[Call, ...]) -> list[tuple[Grants, dict[str, list[Request]]]]:
    """For each region, what each role asks for there."""
    return [(each, each.requests(calls_of_roles(iter(calls), each.place.secrets))) for each in grants]


Requests = list[tuple[Grants, dict[str, list[Request]]]]


def test_everything_that_was_recorded_is_allowed(requests: Requests) -> None:
    refused = {
        (role, asked.action, _OF_ONE_ORDER.sub(r"\1/*", asked.resource))
        for grants, each in requests
        for role, asked in grants.refused(each)
    }
    assert sorted(refused) == []


def test_every_statement_action_and_resource_is_needed_by_a_recorded_call(requests: Requests) -> None:
    idle = {
        (role, sid, part)
        for grants, each in requests
        for role, sid, part in grants.idle(each)
        if role not in NOT_OURS and sid not in NOT_RECORDED
    }
    assert sorted(idle) == []


def test_what_is_listed_as_not_recorded_is_granted_and_no_call_needs_it(plans: Plans, calls: tuple[Call, ...]) -> None:
    granted: set[str] = set()
    idle: set[str] = set()
    roles: set[str] = set()
    for grants in (each for name in ENVIRONMENTS for each in grants_of(plans(name))):
        roles |= grants.policies.keys()
        granted |= {statement.sid for statements in grants.policies.values() for statement in statements}
        needed = grants.requests(calls_of_roles(iter(calls), grants.place.secrets))
        idle |= {sid for _, sid, part in grants.idle(needed) if not part}
    assert sorted(NOT_RECORDED.keys() - (granted & idle)) == []
    assert sorted(NOT_OURS.keys() - roles) == []


def test_no_action_on_data_has_a_wildcard_and_no_resource_of_a_role_is_everything(plan: ResourcePlan) -> None:
    broad = {
        (owner, statement.sid, pattern)
        for owner, statements in principals(plan).items()
        for statement in statements
        if statement.effect == "Allow"
        for pattern in statement.actions
        if statement.inverted_actions or ("*" in pattern and _names_data(pattern))
    }
    assert sorted(broad) == []
    everything = {
        (role, statement.sid, action)
        for grants in grants_of(plan)
        for role, statements in grants.policies.items()
        for statement in statements
        for action in statement.actions
        if role not in NOT_OURS and "*" in statement.resources and action not in WITHOUT_RESOURCES
    }
    assert sorted(everything) == []


def _names_data(pattern: str) -> bool:
    return any(Statement("", "Allow", (pattern,), ("*",)).names(action) for action in DATA_ACTIONS)


def test_a_plan_knows_every_policy(plan: ResourcePlan) -> None:
    assert unknown_policies(plan) == set()


def test_in_production_only_the_erasing_role_deletes_and_only_versions_of_documents(plans: Plans) -> None:
    production = plans("prod")
    granting = {
        (owner, asked.action)
        for owner, statements in principals(production).items()
        for asked in _deletions(production)
        if is_allowed(statements, asked)
    }
    erasing = {
        (f"bbws-orders-prod-event-processor-{grants.place.region}", "s3:DeleteObjectVersion")
        for grants in grants_of(production)
    }
    assert granting == erasing


def _deletions(plan: ResourcePlan) -> Iterator[Request]:
    """Every way to delete a table, an item, a bucket or an object of the service."""
    for grants in grants_of(plan):
        place = grants.place
        for planned in plan.of_kind("aws_dynamodb_table"):
            for action in DELETIONS[planned.kind]:
                key = ("TENANT#t#ORDER#o",)
                table = place.arn("dynamodb", f"table/{planned.values['name']}")
                yield place.request(action, table, dynamodb__LeadingKeys=key)
        for planned in plan.of_kind("aws_s3_bucket"):
            for action in DELETIONS[planned.kind]:
                arn = f"arn:aws:s3:::{planned.values['bucket']}"
                if planned.values["bucket"].startswith(DATA_BUCKETS):
                    yield place.request(action, arn if action == "s3:DeleteBucket" else f"{arn}/orders/o/1.pdf")
