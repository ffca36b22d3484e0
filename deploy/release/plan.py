"""Whether a plan is a release's: another image, and nothing else. Pure: reads ``terraform show -json``.

https://developer.hashicorp.com/terraform/internals/json-format
"""

import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from deploy.release.model import Judgement

Actions: TypeAlias = set[tuple[str, ...]]

CONTAINER = "orders"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

_REPLACED: Actions = {("delete", "create"), ("create", "delete")}
_NOTHING: Actions = {("no-op",), ("read",)}
# A definition is created alone where an earlier apply was broken off between removing the old one and making the new.
_ALLOWED: Mapping[str, Actions] = {
    "aws_ecs_task_definition": _REPLACED | {("update",), ("create",)},
    "aws_ecs_service": {("update",)},
    "aws_cloudwatch_metric_alarm": {("update",)},
}
_OF_REVISION = re.compile(r"\.aws_cloudwatch_metric_alarm\.release\[")


def judge(document: Mapping[str, Any], digest: str) -> Judgement:
    """Returns what a plan changes, and what of that no release may.

    Args:
        document: the plan, as ``terraform show -json`` has it.
        digest: of the image that it must bring.
    """
    faults = []
    changes = {}
    planned = document.get("variables", {}).get("image_digest", {}).get("value")
    if planned != digest:
        faults.append(f"the plan is of image_digest {planned}, not {digest}")
    if document.get("errored"):
        faults.append("the plan ended with an error")
    for each in document.get("resource_changes", []):
        actions = tuple(each["change"]["actions"])
        if actions in _NOTHING:
            continue
        address = each["address"]
        changes[address] = "replace" if actions in _REPLACED else "+".join(actions)
        if not _is_releases(each["type"], address, actions):
            faults.append(f"{changes[address]} {address}")
        elif each["type"] == "aws_ecs_task_definition" and not _names(each["change"].get("after"), digest):
            faults.append(f"{address} would not run {digest}")
    return Judgement(changes, tuple(faults))


def _is_releases(kind: str, address: str, actions: tuple[str, ...]) -> bool:
    if kind == "aws_cloudwatch_metric_alarm" and _OF_REVISION.search(address) is None:
        return False
    return actions in _ALLOWED.get(kind, set())


def _names(after: Mapping[str, Any] | None, digest: str) -> bool:
    """Tells whether a task definition's main container runs this image."""
    try:
        containers = json.loads((after or {})["container_definitions"])
        return [each["image"].partition("@")[2] for each in containers if each["name"] == CONTAINER] == [digest]
    except (KeyError, TypeError, ValueError):
        return False
