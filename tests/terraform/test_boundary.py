"""No role of the tree can be more than the boundary that releases make roles under ([SEC-9])."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import cast

import pytest

from tests.iam.policy import Request, Statement, parse_policy
from tests.terraform.plans import ENVIRONMENTS, EnvironmentPlan

RELEASE_ROLE = "github-2-bbws-order-lambda-"
"""It was there before the tree, makes the boundary, and is bounded by its own refusals."""

MANAGED: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "AmazonECSInfrastructureRolePolicyForLoadBalancers": (
        "elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth", "elasticloadbalancing:ModifyListener",
        "elasticloadbalancing:ModifyRule", "elasticloadbalancing:RegisterTargets",
    ),
})  # fmt: skip
"""What AWS's own policies that we attach grant (AWS Managed Policy Reference Guide)."""


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def plan(request: pytest.FixtureRequest, planned: Callable[[str], EnvironmentPlan]) -> EnvironmentPlan:
    return planned(cast("str", request.param))


@pytest.fixture(scope="module")
def boundary(plan: EnvironmentPlan) -> tuple[Statement, ...]:
    return parse_policy(plan.one("aws_iam_policy", name=f"bbws-boundary-{plan.environment}")["policy"])


def test_every_role_has_the_boundary_and_our_name(plan: EnvironmentPlan) -> None:
    roles = [role for role in plan.all("aws_iam_role") if not role["name"].startswith(RELEASE_ROLE)]
    assert len(roles) >= 20
    wanted = f"policy/bbws-boundary-{plan.environment}"
    assert [
        role["name"]
        for role in roles
        if not role["name"].startswith("bbws-") or not (role["permissions_boundary"] or "").endswith(f":{wanted}")
    ] == []
    # IAM knows a role's name in the whole account, and takes 64 characters.
    names = [role["name"] for role in roles]
    assert len(set(names)) == len(names)
    assert [name for name in names if len(name) > 64] == []


def test_the_boundary_lets_every_role_do_what_it_is_granted(
    plan: EnvironmentPlan, boundary: tuple[Statement, ...]
) -> None:
    asked = list(_granted(plan))
    assert len(asked) > 100
    refused = {(owner, request.action, request.resource) for owner, request in asked if not _within(boundary, request)}
    assert sorted(refused) == []


def test_the_boundary_keeps_roles_from_what_none_of_them_needs(
    plan: EnvironmentPlan, boundary: tuple[Statement, ...]
) -> None:
    everything = {
        "iam:CreateRole": "arn:aws:iam::123456789012:role/bbws-more",
        "iam:PutRolePolicy": "arn:aws:iam::123456789012:role/bbws-more",
        "iam:DeleteRolePermissionsBoundary": "arn:aws:iam::123456789012:role/bbws-more",
        "iam:PassRole": "arn:aws:iam::123456789012:role/administrator",
        "kms:ScheduleKeyDeletion": "arn:aws:kms:eu-west-1:123456789012:key/1",
        "kms:PutKeyPolicy": "arn:aws:kms:eu-west-1:123456789012:key/1",
        "sts:AssumeRole": "arn:aws:iam::123456789012:role/administrator",
        "dynamodb:DeleteTable": "arn:aws:dynamodb:eu-west-1:123456789012:table/any",
        "s3:PutBucketPolicy": "arn:aws:s3:::any",
        "s3:PutObject": f"arn:aws:s3:::bbws-terraform-state-{plan.environment}/any",
        "s3:GetObject": f"arn:aws:s3:::bbws-terraform-state-{plan.environment}/any",
        "backup:DeleteRecoveryPoint": "arn:aws:backup:eu-west-1:123456789012:recovery-point:any",
    }
    allowed = [action for action, resource in everything.items() if _within(boundary, Request(action, resource))]
    assert allowed == []


def _granted(plan: EnvironmentPlan) -> Iterator[tuple[str, Request]]:
    """Each action on each resource that a policy of a role allows, with the role; a resource's wildcards stay."""
    for policy in plan.all("aws_iam_role_policy"):
        for statement in parse_policy(policy["policy"]):
            if statement.effect == "Allow":
                assert not statement.inverted_actions
                assert not statement.inverted_resources
                for action in statement.actions:
                    for resource in statement.resources:
                        yield policy["address"], Request(action, resource)
    for attached in plan.all("aws_iam_role_policy_attachment"):
        for action in MANAGED[attached["policy_arn"].rpartition("/")[2]]:
            yield attached["address"], Request(action, "*")


def _within(boundary: tuple[Statement, ...], request: Request) -> bool:
    assert all(not statement.conditions for statement in boundary)
    effects = {statement.effect for statement in boundary if _covers(statement, request)}
    return effects == {"Allow"}


def _covers(statement: Statement, request: Request) -> bool:
    return (statement.resources == ("*",) and statement.names(request.action)) or statement.applies(request)
