"""Terraform makes what tasks need before it makes or changes the services that start them.

Read from Terraform's own graph: most of it stands in no argument, and an apply to the stand-in would not miss it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TypeAlias

import pytest

from tests.terraform.plans import ENVIRONMENTS, REGIONS, EnvironmentPlan
from tests.terraform.terraform import terraform

Graph: TypeAlias = Mapping[str, set[str]]

EDGE = re.compile(r'^\s*"([^"]+)" -> "([^"]+)"', re.MULTILINE)
RESOURCE = re.compile(r"(?:\[root\] )?(.*?)(?: \(expand\))?")

SERVICE = "module.services.module.service.aws_ecs_service.this"
BEFORE = (
    "module.monitoring.aws_cloudwatch_metric_alarm.release",
    "module.network.aws_route.nat",
    "module.network.aws_route_table_association.private",
    "module.network.aws_vpc_endpoint.gateway",
    "module.network.aws_vpc_endpoint.interface",
    "module.services.aws_ecs_cluster_capacity_providers.this",
    "module.services.aws_s3_object.log_router",
    "module.services.aws_ssm_parameter.order_senders",
    "module.services.aws_vpc_security_group_egress_rule.tls",
    "module.services.aws_vpc_security_group_ingress_rule.api",
    "module.services.module.roles.aws_iam_role_policy.execution",
    "module.services.module.roles.aws_iam_role_policy.task",
    "module.services.module.roles.aws_iam_role_policy_attachment.load_balancers",
)
"""What a service waits for, below the module of its region."""


def graph_of(plan: EnvironmentPlan) -> Graph:
    """Returns what each resource, variable and output depends on, in an environment."""
    found = defaultdict(set)
    for left, right in EDGE.findall(terraform(plan.directory, "graph", "-type=plan")):
        found[_address(left)].add(_address(right))
    return found


def _address(node: str) -> str:
    found = RESOURCE.fullmatch(node)
    assert found is not None
    return found[1]


def reached(graph: Graph, start: str) -> set[str]:
    """Returns all that a resource waits for."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph.get(waiting.pop(), set()) - seen
        seen |= new
        waiting.extend(new)
    return seen


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_services_come_after_all_that_their_tasks_need(
    planned: Callable[[str], EnvironmentPlan], environment: str
) -> None:
    graph = graph_of(planned(environment))
    for region in REGIONS[environment]:
        needed = {f"module.{region}.{each}" for each in BEFORE}
        assert needed - reached(graph, f"module.{region}.{SERVICE}") == set()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_only_the_alarm_that_adds_tasks_comes_after_the_service(
    planned: Callable[[str], EnvironmentPlan], environment: str
) -> None:
    """Release alarms that waited would look at the old revision throughout a release."""
    graph = graph_of(planned(environment))
    for region in REGIONS[environment]:
        alarms = f"module.{region}.module.monitoring.aws_cloudwatch_metric_alarm"
        service = f"module.{region}.{SERVICE}"
        after = {name for name in ("this", "release", "scales_out") if service in reached(graph, f"{alarms}.{name}")}
        assert after == {"scales_out"}
