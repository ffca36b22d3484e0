"""What planned task definitions run each role with."""

import json
import re
from typing import Any

from tests.planned.applied_plan import ResourcePlan

PROCESS = "orders"
"""The name of a task's container that is ours; the others are sidecars."""

_FAMILY = re.compile(r"bbws-orders-([a-z-]+)-(?:dev|sit|prod)")
_ROLE = re.compile(r"bbws-orders-(?P<environment>dev|sit|prod)-(?P<role>[a-z-]+?)-(?P<region>[a-z]{2}-[a-z]+-\d)")


def named_role(name: str) -> tuple[str, str, str] | None:
    """Returns environment, role and region of an IAM role's name; ``None`` of one that isn't a task's."""
    named = _ROLE.fullmatch(name)
    return None if named is None else (named["environment"], named["role"], named["region"])


def planned_settings(plan: ResourcePlan) -> dict[str, dict[str, str]]:
    """Returns the environment variables of each role's process; of a region's resources, where a plan has two."""
    found = {}
    for each in plan.of_kind("aws_ecs_task_definition"):
        role = _FAMILY.fullmatch(each.values["family"])
        if role is not None:
            containers: list[dict[str, Any]] = json.loads(each.values["container_definitions"])
            (own,) = [container for container in containers if container["name"] == PROCESS]
            found[role[1]] = {variable["name"]: variable["value"] for variable in own.get("environment") or ()}
    return found
